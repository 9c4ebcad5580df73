"""What separates the labels of one cell: told by what makes labels repeat.

A comma may separate labels or belong to one ("走私、贩卖毒品"), and which of the two it does cannot
be seen in a cell alone. Where it separates, its pieces are found again in other cells, in other
company; where it belongs to a label, they are not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from paddle_lab.tasks.levels import LEVEL

#: Sets of signs that may separate, the likeliest first; the signs of a set are one separator.
CANDIDATES: Final = (
    ",", "，", ",，", ";", "；", ";；", "|", "｜", "|｜", "、", "/", " ", " \u3000", "#"
)  # fmt: skip
#: The share of split cells whose pieces must all stand in other cells as well.
CERTAIN: Final = 0.8
LIKELY: Final = 0.5
_FEW: Final = 3
_LONGEST: Final = 5_000  # characters of a cell that is looked at

_WORDS: Final = {
    "comma": ",，", "semicolon": ";；", "pipe": "|｜", "tab": "\t", "space": " \u3000", "none": ""
}  # fmt: skip


@dataclass(frozen=True)
class Separator:
    """Signs that separate labels, or one sign of several characters (``text``).

    ``support`` is the share of ``split`` rows whose pieces are met again in other cells.
    """

    signs: str
    text: bool = False
    support: float = 1.0
    split: int = 0

    @property
    def certain(self) -> bool:
        """Whether enough rows say so."""
        return self.support >= CERTAIN and self.split >= _FEW

    @property
    def shown(self) -> str:
        """For messages, and as ``--set separator=`` takes it."""
        names = {signs: word for word, signs in _WORDS.items() if word != "none"}
        return names.get(self.signs, {"\t": "tab", " ": "space"}.get(self.signs, self.signs))

    def pieces(self, cell: str) -> list[str]:
        """The labels of a cell, without white space around them; empty ones are left out."""
        if not self.signs:
            return [cell.strip()] if cell.strip() else []
        if self.text:
            parts = cell.split(self.signs)
        else:
            for sign in self.signs[1:]:
                cell = cell.replace(sign, self.signs[0])
            parts = cell.split(self.signs[0])
        return [part.strip() for part in parts if part.strip()]


WHOLE: Final = Separator("")


def named(text: str) -> Separator:
    """The separator that a person named: a word (comma, semicolon, pipe, tab, space, none), or
    any text.
    """
    signs = _WORDS.get(text.strip().lower())
    if signs is not None:
        return Separator(signs)
    return Separator(text, text=len(text) > 1)


def find_separator(cells: Sequence[str]) -> Separator | None:
    """The separator that these cells are most likely written with; None where none splits a cell.

    One of little :attr:`~Separator.support` is given as well: it is the best there is.
    """
    counts = Counter(cell.strip()[:_LONGEST] for cell in cells if cell.strip())
    tried = [_tried(signs, counts) for signs in CANDIDATES]
    found = [one for one in tried if one.split]
    if not found:
        return None
    # max takes the first of equals: a single sign goes before the set that holds it.
    return max(found, key=lambda one: (round(one.support, 2), one.split))


def unlike(cells: Sequence[str], separator: Separator) -> int:
    """How many cells hold another sign that might separate: they may be written otherwise."""
    own = set(separator.signs)
    others = [sign for sign in ",，;；|｜" if sign not in own]
    return sum(any(sign in cell for sign in others) for cell in cells)


def _tried(signs: str, counts: Counter[str]) -> Separator:
    separator = Separator(signs)
    if signs in LEVEL and any(LEVEL in cell for cell in counts):
        return Separator(signs, split=0)  # it parts levels
    pieces = {cell: separator.pieces(cell) for cell in counts}
    split = [cell for cell, found in pieces.items() if len(set(found)) > 1]
    if len(signs) > 1 and not all(any(sign in cell for cell in split) for sign in signs):
        return Separator(signs, split=0)  # the same as one of its signs
    rows_of: dict[str, set[int]] = defaultdict(set)
    for number, found in enumerate(pieces.values()):
        for piece in found:
            rows_of[piece].add(number)
    rows = sum(counts[cell] for cell in split)
    good = sum(counts[cell] for cell in split if _apart(pieces[cell], rows_of, " " in signs))
    return Separator(signs, support=good / rows if rows else 0.0, split=rows)


def _apart(pieces: Sequence[str], rows_of: dict[str, set[int]], spaces: bool) -> bool:
    """Whether all pieces stand in other cells too, and no neighbours in the very same cells.

    What always stands side by side is most likely one label; a label and the one above it may.
    """
    if any(len(rows_of[piece]) < 2 for piece in pieces):
        return False
    if spaces and any(piece.isascii() and not piece.isdecimal() for piece in pieces):
        return False  # "very good" is one label
    return all(
        len(rows_of[first]) != len(rows_of[second])
        or second.startswith(first + LEVEL)
        or rows_of[first] != rows_of[second]
        for first, second in pairwise(pieces)
        if first != second
    )
