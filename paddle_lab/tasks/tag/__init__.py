"""Tagging: one text in, spans of it out; named entities, arguments of events, words."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.tag.task import Tag

TASK: Final = Tag()

__all__ = ["TASK", "Tag"]
