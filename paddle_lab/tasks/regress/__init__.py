"""A text, or two, in; a number out: similarity scores, stars."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.regress.task import Regress

TASK: Final = Regress()

__all__ = ["TASK", "Regress"]
