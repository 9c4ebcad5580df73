"""How wide text is on a screen of equal columns: Chinese characters take two."""

from __future__ import annotations

import re
from typing import Final

#: Latin text, of which each character takes one column.
_NARROW: Final = re.compile(r"[ -~\xa0-\xac\xae-\u02ff]*")
# A line may end at each wide character, elsewhere at a space alone; no line begins with what closes
# or ends with what opens.
_WIDE: Final = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60"
_OPENING, _CLOSING = "（《【“‘", "，。、；：！？）》】”’"
_PIECES: Final = re.compile(rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*")


def width(text: str) -> int:
    """Columns that ``text`` takes."""
    if _NARROW.fullmatch(text):
        return len(text)
    from wcwidth import wcswidth, wcwidth  # its tables take long to read

    columns = wcswidth(text)
    # Control characters have no width: their neighbours still do.
    return columns if columns >= 0 else sum(max(0, wcwidth(char)) for char in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """``text`` with spaces behind it up to ``columns``; with ``right``, before it."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def wrapped(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most ``columns``; a longer word has a line of its own."""
    lines = [""]
    for piece in _PIECES.findall(text):
        fits = width(lines[-1] + piece.rstrip()) <= columns
        if fits or not lines[-1]:
            lines[-1] += piece
        else:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece.lstrip())
    return [line.rstrip() for line in lines]
