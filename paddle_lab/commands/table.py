"""A small table, as aligned text and as safe HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.i18n import Text
from paddle_lab.text.html_table import Drawn, figure_columns, html_table
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import visible
from paddle_lab.text.width import width


class Table:
    """Rows under headings; every cell is shown as text.

    Columns of figures end at the right; with ``beside`` all but the first do, whatever is in them.
    """

    def __init__(self, headings: Sequence[Text | str], *, beside: bool = False) -> None:
        self.headings = [str(heading) for heading in headings]
        self._beside = beside
        self.rows: list[list[Any]] = []

    def add(self, cells: Sequence[Any]) -> None:
        """One more row, as long as the headings; what would drive a terminal is written out.

        A cell with a form of its own shows it in a page.
        """
        self.rows.append([cell if isinstance(cell, Drawn) else _plain(cell) for cell in cells])

    def text(self) -> str:
        """Columns aligned for a terminal, figures at the right; Chinese characters count as two."""
        rows = [[_plain(cell) for cell in row] for row in self.rows]
        columns = zip(self.headings, *rows, strict=True)
        rule = ["-" * max(map(width, column)) for column in columns]
        return "\n".join(aligned([self.headings, rule, *rows], right=self._right()))

    def _right(self) -> list[bool]:
        if self._beside or not self.rows:
            return [self._beside and column > 0 for column in range(len(self.headings))]
        return figure_columns(self.rows)

    def html(self) -> str:
        """The table of every page."""
        return html_table(self.headings, self.rows, right=self._right())


def _plain(cell: Any) -> str:
    return "" if cell is None else visible(str(cell))
