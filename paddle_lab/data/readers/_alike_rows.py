"""Rows of a delimited text that all have the same columns, read block by block by C functions.

Most files are such: no cell over several lines, no wrong quotation mark. Any other text is left to
the reader that looks at every line; both give the same rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final, overload

from paddle_lab.data.header import Row

_BLOCK: Final = 1 << 18  # characters: a block's lines stay in the processor's cache
_REPEATING: Final = 0.5
_WIDEST: Final = 64  # columns; a row of more is made often, and dear


@dataclass(frozen=True)
class AlikeRows(Sequence[Row]):
    """Numbered rows as ``columns`` of one length and the ``lines`` on which they stand, from 1."""

    columns: Sequence[list[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> AlikeRows: ...
    def __getitem__(self, index: int | slice) -> Row | AlikeRows:
        if isinstance(index, slice):
            return AlikeRows([column[index] for column in self.columns], self.lines[index])
        return self.lines[index], [column[index] for column in self.columns]

    def __iter__(self) -> Iterator[Row]:
        return zip(self.lines, map(list, zip(*self.columns, strict=True)), strict=True)


def alike_rows(text: str, sep: str, quoted: bool) -> AlikeRows | None:
    """The rows of ``text``; None where one differs from the others, or may.

    ``quoted`` says that a quotation mark encloses a cell.
    """
    columns: list[list[str]] = []
    pools: list[dict[str, str]] = []
    numbers: list[int] = []
    first = 1
    for piece in _blocks(text):
        block = piece.replace("\r\n", "\n").removesuffix("\r") if "\r" in piece else piece
        lines = block.split("\n")
        count = len(lines)
        blank = not all(map(str.strip, lines))
        if blank:
            numbers += [n for n, line in enumerate(lines, start=first) if line.strip()]
            lines = [line for line in lines if line.strip()]
        else:
            numbers += range(first, first + count)
        first += count
        if not lines:
            continue
        found = _quoted(lines, block, sep) if quoted and '"' in block else _plain(lines, sep)
        if found is None or not 2 <= len(found) <= _WIDEST or len(columns) not in (0, len(found)):
            return None
        if quoted and _has_empty_row(found):
            return None
        columns = columns or [[] for _ in found]
        pools = pools or [{} for _ in found]
        for column, pool, cells in zip(columns, pools, found, strict=True):
            column.extend(_shared(cells, pool))
    if not columns:
        return None
    whole = len(numbers) == first - 1
    return AlikeRows(columns, range(1, first) if whole else numbers)


def _blocks(text: str) -> Iterator[str]:
    """The text in pieces of whole lines, without the line feed at the end of each."""
    start, end = 0, len(text)
    while end and text[end - 1] == "\n":
        end -= 1
    while start < end:
        cut = text.find("\n", min(start + _BLOCK, end), end)
        if cut < 0:
            cut = end
        yield text[start:cut]
        start = cut + 1


def _plain(lines: list[str], sep: str) -> list[list[str]] | None:
    """The columns of lines that ``sep`` alone divides."""
    counts = set(map(str.count, lines, repeat(sep)))
    if len(counts) != 1:
        return None
    width = counts.pop() + 1
    if len(sep) > 1:  # its last sign may end a cell as well
        return [list(column) for column in zip(*(line.split(sep) for line in lines), strict=True)]
    cells = sep.join(lines).split(sep)
    return [cells[index::width] for index in range(width)]


def _quoted(lines: list[str], block: str, sep: str) -> list[list[str]] | None:
    """The columns of lines that the csv module reads, each as one row."""
    if "\r" in block or "\0" in block:
        return None
    try:
        rows = list(csv.reader(lines, delimiter=sep, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(lines) or len(set(map(len, rows))) != 1:
        return None
    return [list(column) for column in zip(*rows, strict=True)]


def _has_empty_row(columns: Sequence[Sequence[str]]) -> bool:
    """Whether a row has nothing to see in any cell."""
    return not all(map(str.strip, columns[0])) and not all(
        any(map(str.strip, row)) for row in zip(*columns, strict=True)
    )


def _shared(cells: list[str], pool: dict[str, str]) -> list[str]:
    """The cells of a column, equal ones as one object where many are."""
    if len(set(cells)) > _REPEATING * len(cells):
        return cells
    return list(map(pool.setdefault, cells, cells))
