"""Question answering: a question and a context in, the span of the context that answers it out."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.answer.task import Answers

TASK: Final = Answers()

__all__ = ["TASK", "Answers"]
