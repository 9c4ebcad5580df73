"""Text classification: one text in, one of the labels out."""

from __future__ import annotations

from paddle_lab.tasks.classify.task import Classify

__all__ = ["Classify"]
