"""Rows of cells to a table: title rows above it, its header, and columns at the end that are empty.

What the readers of delimited texts and of workbooks share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from paddle_lab.data.columns import shown
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.header import Row, header_of, odd_first_row, taken_as_header
from paddle_lab.data.names import folded
from paddle_lab.data.records import Records
from paddle_lab.i18n import T, Text

_HEAD: Final = 1000  # rows that are enough to tell the usual width
_MOST_TITLES: Final = 10


@dataclass(frozen=True)
class TableShape:
    """The rows below the header, their ``width``, and what to tell of how it was found."""

    rows: Sequence[Row]
    header: list[str] | None
    width: int
    notices: list[Text] = field(default_factory=list)


def shape_of(
    rows: Sequence[Row], asked: Sequence[str], known: frozenset[str], sep: str = ","
) -> TableShape:
    """The shape of numbered rows; ``asked`` and ``known`` are names of columns, ``sep`` is told."""
    rows = without_empty_columns(_evened(rows))
    notices: list[Text] = []
    header = header_of(rows, asked, known)
    titles = 0 if header is not None else _titles(rows, known)
    if titles and (header := header_of(rows[titles:], asked, known)) is not None:
        notices.append(_left_out(rows[:titles], header))
        rows = rows[titles:]
    if header is None and (header := odd_first_row(rows)) is not None:
        notices.append(taken_as_header(header, sep))
    width = len(header) if header else usual_width(rows)
    return TableShape(rows[1:] if header else rows, header, width, notices)


def with_shape(records: Records, asked: Sequence[str], known: frozenset[str]) -> Records:
    """Records without header as a table: the first row that names columns is taken as header.

    Those with a header are given back as they are.
    """
    if records.header is not None:
        return records
    rows: list[Row] = [
        (line, [shown(cell).strip() for cell in row])
        for line, row in zip(records.lines, records.cells, strict=True)
    ]
    shape = shape_of(rows, asked, known)
    above = len(rows) - len(shape.rows)
    return replace(
        records,
        header=shape.header,
        cells=[row[: shape.width] for row in records.cells[above:]],
        lines=records.lines[above:],
        notices=[*records.notices, *shape.notices],
    )


def without_empty_columns(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without columns at the end that are empty throughout, which Excel leaves."""
    usual = usual_width(rows)
    if any(isinstance(cells, list) and len(cells) == usual and cells[-1].strip()
           for _, cells in rows[:_HEAD]):  # fmt: skip
        return rows
    wide = [cells for _, cells in rows if isinstance(cells, list) and len(cells) == usual]
    kept = usual
    while kept > 2 and wide and not any(cells[kept - 1].strip() for cells in wide):
        kept -= 1
    if kept == usual:
        return rows
    return [
        (line, cells[:kept] if isinstance(cells, list) and len(cells) == usual else cells)
        for line, cells in rows
    ]


def _evened(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows, all as wide as most are, where only empty cells tell them apart.

    Programs for tables leave cells out at the end of a row that are empty, or write more of them.
    """
    usual = usual_width(rows)
    uneven = [cells for _, cells in rows if isinstance(cells, list) and len(cells) != usual]
    if not uneven or usual < 2:
        return rows
    even = [cells for _, cells in rows if isinstance(cells, list) and len(cells) == usual]
    filled = [sum(bool(row[index].strip()) for row in even) for index in range(usual)]
    # Columns at the end that most rows leave empty, but never the first two.
    needed = usual
    while needed > 2 and 2 * filled[needed - 1] < len(even):
        needed -= 1
    return [(line, _of_width(cells, usual, needed)) for line, cells in rows]


def _of_width(cells: list[str] | Text, usual: int, needed: int) -> list[str] | Text:
    if isinstance(cells, Text) or len(cells) == usual:
        return cells
    if len(cells) > usual:
        return cells if any(map(str.strip, cells[usual:])) else cells[:usual]
    return cells + [""] * (usual - len(cells)) if len(cells) >= needed else cells


def usual_width(rows: Sequence[Row]) -> int:
    """The number of columns of most of the first rows."""
    counts = Counter(len(cells) for _, cells in rows[:_HEAD] if isinstance(cells, list))
    return max(counts, key=lambda width: (counts[width], width)) if counts else 0


def _titles(rows: Sequence[Row], known: frozenset[str]) -> int:
    """How many rows stand above one that may be a header: of a title, of what was exported when."""
    width = usual_width(rows)
    if width < 2:
        return 0
    head = [cells for _, cells in rows[: _MOST_TITLES + 1] if isinstance(cells, list)]
    if len(head) < min(len(rows), _MOST_TITLES + 1):
        return 0
    named = (n for n, row in enumerate(head) if sum(folded(cell) in known for cell in row) > 1)
    filled = (n for n, row in enumerate(head) if 2 * sum(map(bool, map(str.strip, row))) > width)
    return next(named, next(filled, 0))


def _left_out(rows: Sequence[Row], header: Sequence[str]) -> Text:
    line, first = rows[0]
    said = "" if isinstance(first, Text) else " ".join(cell for cell in first if cell.strip())
    return (
        T(
            "Line {line} is left out as a title above the header ({names}): {said}",
            "第 {line} 行是表头（{names}）上方的标题，已略去：{said}",
            line=line,
            names=excerpt(", ".join(header), 80),
            said=excerpt(said, 60),
        )
        if len(rows) == 1
        else T(
            "{n} rows above the header ({names}) are left out as titles; the first: {said}",
            "表头（{names}）上方的 {n} 行是标题，已略去；第一行：{said}",
            n=len(rows),
            names=excerpt(", ".join(header), 80),
            said=excerpt(said, 60),
        )
    )
