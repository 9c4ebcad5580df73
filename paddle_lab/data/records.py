"""Records: what every kind of source is turned into before a task takes its rows from it.

They have one of three forms:

* ``table``: columns of cells, named or not; a cell may be a list;
* ``spans``: columns ``text`` and ``spans``, a list of ``{"start", "end", "label", "text"}`` in
  characters of the text, the end exclusive, ``text`` the mention or None;
* ``questions``: columns ``id``, ``question``, ``context``, ``answers`` (a list of ``{"text",
  "start"}``) and ``document``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddle_lab.data.column_cells import ColumnCells
from paddle_lab.data.dataset import Unit
from paddle_lab.i18n import T, Text


@dataclass
class Records:
    """Rows of cells, all as wide as ``header`` (or as each other), with their 1-based lines.

    ``header`` is None when the source names no columns. ``bad`` are the rows that have no such
    shape: line and reason. ``layout`` says how the source was read, for the report. ``notices``
    tell what was repaired in reading; ``title`` is the format's, for messages. ``folder`` is where
    the file lies, None where there is none. ``files`` are the files of several, in their order:
    the line behind which each begins, and its name.
    """

    header: list[str] | None
    cells: list[Sequence[Any]] | ColumnCells = field(default_factory=list)
    lines: list[int] | Sequence[int] = field(default_factory=list)
    bad: list[tuple[int, Text]] = field(default_factory=list)
    unit: Unit = "line"
    layout: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    files: list[tuple[int, str]] = field(default_factory=list)
    form: str = "table"
    notices: list[Text] = field(default_factory=list)
    title: Text = field(default_factory=lambda: T("a table", "表格"))

    @property
    def width(self) -> int:
        """Number of columns."""
        if self.header is not None:
            return len(self.header)
        return len(self.cells[0]) if self.cells else 0

    def column_names(self) -> list[str]:
        """The columns as a person may name them: by header, else by number from 0."""
        return self.header if self.header is not None else [str(n) for n in range(self.width)]

    def add(self, line: int, cells: Sequence[Any]) -> None:
        """One more row."""
        if not (isinstance(self.cells, list) and isinstance(self.lines, list)):
            raise TypeError("rows that are kept as columns are whole")
        self.cells.append(cells)
        self.lines.append(line)

    def column(self, index: int) -> list[Any]:
        """The cells of one column."""
        if isinstance(self.cells, ColumnCells):
            return self.cells.columns[index]
        return [row[index] for row in self.cells]

    def add_objects(self, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Rows with named values; the header becomes all names, in order of appearance."""
        names: dict[str, None] = {}
        for _, row in rows:
            names.update(dict.fromkeys(row))
        self.header = [str(name) for name in names]
        for line, row in rows:
            self.add(line, [row.get(name) for name in names])
