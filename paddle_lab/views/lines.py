"""Lines of text for a terminal."""

from __future__ import annotations

import unicodedata


def plain(line: str) -> str:
    """``line`` without control and direction marks: a label must not drive a terminal."""
    return "".join(letter for letter in line if unicodedata.category(letter) not in ("Cc", "Cf"))
