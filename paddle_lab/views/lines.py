"""Lines of text for a terminal: columns, widths, shortening."""

from __future__ import annotations

import unicodedata


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as columns; Chinese letters count twice, as terminals draw them."""
    columns = range(len(rows[0]))
    widths = [max(width(row[place]) for row in rows) for place in columns]
    lines = []
    for row in rows:
        cells = [
            row[place] + " " * (widths[place] - width(row[place]))
            if place == 0
            else " " * (widths[place] - width(row[place])) + row[place]
            for place in columns
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``, on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain(line: str) -> str:
    """``line`` without control and direction marks: a label must not drive a terminal."""
    return "".join(letter for letter in line if unicodedata.category(letter) not in ("Cc", "Cf"))
