"""Two texts in, one of the labels out: similarity, inference, query and title."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.pair.task import Pair

TASK: Final = Pair()

__all__ = ["TASK", "Pair"]
