"""What stands in the lessons, in English and Chinese; ``tools/make_notebooks.py`` makes notebooks of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """A cell of text."""

    en: str
    zh: str


@dataclass(frozen=True)
class Code:
    """A cell of code; in both languages the same where there is no ``zh``."""

    en: str
    zh: str | None = None


Cell = Prose | Code
