"""Text classification: one text in, one of the labels out."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.classify.task import Classify

TASK: Final = Classify()

__all__ = ["TASK", "Classify"]
