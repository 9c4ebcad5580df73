"""Several labels, or none, for each text."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.multilabel.task import MultiLabel

TASK: Final = MultiLabel()

__all__ = ["TASK", "MultiLabel"]
