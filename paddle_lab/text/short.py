"""Long text on one short line."""

from __future__ import annotations


def cut(text: str, most: int) -> str:
    """At most ``most`` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def shortened(text: str, most: int) -> str:
    """`cut`, on one line: white space of any kind and length becomes one space."""
    return cut(" ".join(text.split()), most)


def first_line(error: BaseException, most: int = 300) -> str:
    """The first line of what an exception says; its kind where it says nothing."""
    return cut(next(iter(_lines(error)), type(error).__name__), most)


def last_line(error: BaseException, most: int = 300) -> str:
    """The last line of what an exception says, where Paddle names the cause; else its kind."""
    return cut(next(reversed(_lines(error)), type(error).__name__), most)


def _lines(error: BaseException) -> list[str]:
    return [line.strip() for line in str(error).splitlines() if line.strip()]
