"""Messages that stay on one screen, whatever was typed, read or held by a variable."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.i18n import Text

LONGEST_VALUE: Final = 300  # characters of one value in a message
LONGEST_PART: Final = 700  # characters of one part of a message
MOST_LINES: Final = 7  # lines of one part


def brief(text: Text) -> Text:
    """``text`` with its values cut to a length that a person reads; nested texts too."""
    return Text(text.en, text.zh, {name: _value(value) for name, value in text.values.items()})


def brief_line(text: str, limit: int = LONGEST_PART) -> str:
    """``text`` within ``limit`` characters and some lines, its middle left out."""
    lines = text.split("\n", MOST_LINES)
    if len(lines) > MOST_LINES:
        text = "\n".join([*lines[:MOST_LINES], "…"])
    if len(text) <= limit:
        return text
    return f"{text[: limit * 3 // 4]} … {text[-limit // 5 :]}"


def _value(value: Any) -> Any:
    if isinstance(value, Text):
        return brief(value)
    if value is None or type(value) in (bool, int, float):
        return value
    if type(value) is str:
        return brief_line(value, LONGEST_VALUE)
    return Shown(value)


class Shown:
    """An object of a stranger in a message: its texts are cut, and never raise."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __str__(self) -> str:
        return self._tried(str)

    def __repr__(self) -> str:
        return self._tried(repr)

    def __format__(self, form: str) -> str:
        return self._tried(lambda value: format(value, form)) if form else str(self)

    def _tried(self, show: Any) -> str:
        try:
            return brief_line(str(show(self._value)), LONGEST_VALUE)
        except Exception as problem:  # also a RecursionError of a list that holds itself
            return f"<{type(self._value).__name__}: {type(problem).__name__}>"
