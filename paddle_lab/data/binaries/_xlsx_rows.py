"""The rows of one sheet of a workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from paddle_lab.data.binaries._xlsx_values import Value, value_of
from paddle_lab.data.binaries._xml_zip import Enough, TooMuch, XmlZip

_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
#: Cells of all rows, empty ones among them, and characters of all their texts.
_MOST_CELLS: Final = 50_000_000
_MOST_CHARACTERS: Final = 1 << 30


@dataclass
class Sheet:
    """Cells by column (from 0) of each row that has some, with the row's own number.

    ``without_value`` counts formulas whose result was never written; ``filled`` the cells that
    were empty since they are merged with the one above.
    """

    rows: list[dict[int, Value]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    without_value: int = 0
    filled: int = 0

    def columns(self) -> list[int]:
        """The columns that hold something. Raises TooMuch for more cells than fit."""
        used = sorted({column for row in self.rows for column in row})
        if len(used) * len(self.rows) > _MOST_CELLS:
            raise TooMuch(f"{len(self.rows)} rows of {len(used)} columns")
        return used


def read_sheet(
    archive: XmlZip,
    name: str,
    texts: Sequence[str],
    dates: frozenset[str],
    from_1904: bool,
    rows: int | None,
) -> Sheet:
    """A sheet's rows, the first ``rows`` of them where that is given. Raises `BROKEN`."""
    handler = _Handler(texts, dates, from_1904, rows)
    archive.parse(name, handler.start, handler.end, handler.text)
    _fill(handler.sheet, handler.merged)
    return handler.sheet


class _Handler:
    """Events of a sheet's XML to its rows."""

    def __init__(
        self, texts: Sequence[str], dates: frozenset[str], from_1904: bool, rows: int | None
    ) -> None:
        self.sheet = Sheet()
        self.merged: list[tuple[int, int, int]] = []  # column, first and last row
        self._texts, self._dates, self._from_1904, self._most = texts, dates, from_1904, rows
        self._row: dict[int, Value] = {}
        self._number = 0
        self._column = -1
        self._kind, self._style = "n", ""
        self._pieces: list[str] = []
        self._reading = self._formula = self._aid = False
        self._has_value = False
        self._characters = 0
        self._indices: dict[str, int] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "c":
            self._column = self._column_of(attributes.get("r"))
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces.clear()
            self._formula = self._has_value = False
        elif tag in ("v", "t"):
            self._reading = not self._aid
            self._has_value = True
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._aid = True
        elif tag == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._row, self._column = {}, -1
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._reading = False
        elif tag == "c":
            self._end_cell()
        elif tag == "rPh":
            self._aid = False
        elif tag == "row" and any(map(_is_something, self._row.values())):
            self.sheet.rows.append(self._row)
            self.sheet.numbers.append(self._number)
            if self._most is not None and len(self.sheet.rows) >= self._most:
                raise Enough

    def text(self, characters: str) -> None:
        if self._reading:
            self._pieces.append(characters)

    def _end_cell(self) -> None:
        self.sheet.without_value += self._formula and not self._has_value
        if not self._has_value:
            return
        raw = "".join(self._pieces)
        is_date = self._style in self._dates
        value = value_of(self._kind, raw, self._texts, is_date, self._from_1904)
        self._characters += len(value) if isinstance(value, str) else 1
        if self._characters > _MOST_CHARACTERS:
            raise TooMuch("the texts are too long")
        if value is not None:
            self._row[self._column] = value

    def _column_of(self, reference: str | None) -> int:
        if reference is None:
            return self._column + 1
        found = _CELL.fullmatch(reference)
        if found is None:
            raise ValueError(f"a cell is called {reference[:20]!r}")
        return self._index(found[1])

    def _index(self, letters: str) -> int:
        if letters not in self._indices:
            index = 0
            for letter in letters:
                index = 26 * index + ord(letter) - ord("A") + 1
            self._indices[letters] = index - 1
        return self._indices[letters]

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        begin, end = _CELL.fullmatch(first), _CELL.fullmatch(last)
        if begin is not None and end is not None and begin[1] == end[1]:
            self.merged.append((self._index(begin[1]), int(begin[2]), int(end[2])))


def _fill(sheet: Sheet, merged: Sequence[tuple[int, int, int]]) -> None:
    """Give cells that are merged with the one above its value: a class written once for many rows.

    Cells merged sideways are those of titles, and stay.
    """
    at = {number: index for index, number in enumerate(sheet.numbers)}
    steps = 0
    for column, first, last in merged:
        value = sheet.rows[at[first]].get(column) if first in at else None
        if value is None:
            continue
        steps += last - first
        if steps > _MOST_CELLS:
            raise TooMuch("too many merged cells")
        for number in range(first + 1, last + 1):
            if number in at and column not in sheet.rows[at[number]]:
                sheet.rows[at[number]][column] = value
                sheet.filled += 1


def _is_something(value: Value) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))
