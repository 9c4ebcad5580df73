"""The first rows of a source as they stand there, whatever they will be read as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from paddle_lab.data.read import head_of_source, records_for
from paddle_lab.data.schema import RowSchema
from paddle_lab.text.short import cut
from paddle_lab.text.visible import visible

ROWS: Final = 8
COLUMNS: Final = 30
_CHARACTERS: Final = 120


@dataclass(frozen=True)
class Preview:
    """``columns`` by the names that options take, ``rows`` of cells in words, cut short.

    ``named``: the source names its columns; otherwise they are numbers from 0. ``form`` is that of
    the records (``paddle_lab.data.records``): columns can be chosen in a table alone. ``more``
    columns are left out.
    """

    form: str
    named: bool
    columns: list[str]
    rows: list[list[str]]
    more: int

    def to_json(self) -> dict[str, Any]:
        """The preview for machines."""
        return asdict(self)


def preview_of(
    schema: RowSchema, source: Any, columns: Mapping[str, str], *, sheet: str | None = None
) -> Preview:
    """The beginning of ``source``, as :func:`paddle_lab.data.read` begins with it for ``schema``.

    ``columns`` are those asked for, by role. Raises DataError.
    """
    records = records_for(schema, head_of_source(source, sheet=sheet), columns)
    names = records.column_names()
    rows = [[_words(cell) for cell in row[:COLUMNS]] for row in _first(records.cells)]
    return Preview(
        records.form,
        records.header is not None,
        [cut(visible(name), _CHARACTERS) for name in names[:COLUMNS]],
        rows,
        max(0, len(names) - COLUMNS),
    )


def _first(cells: Any) -> list[list[Any]]:
    return [list(cells[row]) for row in range(min(ROWS, len(cells)))]


def _words(cell: Any) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        cell = json.dumps(cell, ensure_ascii=False, default=str)
    return cut(visible(cell), _CHARACTERS)
