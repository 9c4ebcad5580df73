"""Cells of files that people open in a spreadsheet program, and save there."""

from __future__ import annotations

from typing import Final

# What spreadsheet programs take for the start of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A cell that no spreadsheet program runs as a formula; control characters are dropped."""
    cleaned = "".join(char for char in text if char in "\t\n\r" or char >= " ")
    return "'" + cleaned if is_formula(cleaned) else cleaned


def without_guard(text: str) -> str:
    """The cell without the mark that :func:`harmless` put before it."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program would run the cell."""
    return text.lstrip(" \n").startswith(_FORMULA)
