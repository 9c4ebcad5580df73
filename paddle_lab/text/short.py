"""Long text on one short line."""

from __future__ import annotations


def cut(text: str, most: int) -> str:
    """At most ``most`` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def shortened(text: str, most: int) -> str:
    """`cut`, on one line: white space of any kind and length becomes one space."""
    return cut(" ".join(text.split()), most)
