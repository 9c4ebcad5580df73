"""A small table, as aligned text and as safe HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.commands.marked import MarkedText
from paddle_lab.i18n import Text
from paddle_lab.text.html import isolated
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import visible
from paddle_lab.text.width import width


class Table:
    """Rows under headings; every cell is shown as text."""

    def __init__(self, headings: Sequence[Text | str]) -> None:
        self.headings = [str(heading) for heading in headings]
        self.rows: list[list[Any]] = []

    def add(self, cells: Sequence[Any]) -> None:
        """One more row, as long as the headings; what would drive a terminal is written out.

        A text with marks shows them in its own way.
        """
        self.rows.append([cell if isinstance(cell, MarkedText) else _plain(cell) for cell in cells])

    def text(self) -> str:
        """Columns aligned for a terminal; Chinese characters count as two."""
        rows = [[_plain(cell) for cell in row] for row in self.rows]
        columns = zip(self.headings, *rows, strict=True)
        rule = ["-" * max(map(width, column)) for column in columns]
        return "\n".join(aligned([self.headings, rule, *rows]))

    def html(self) -> str:
        """A table without script or style of its own."""

        def line(tag: str, cells: Sequence[Any]) -> str:
            opening = f"<{tag} style='text-align:left'>"
            return "".join(f"{opening}{_markup(cell)}</{tag}>" for cell in cells)

        head = line("th", self.headings)
        body = "".join(f"<tr>{line('td', row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(cell: Any) -> str:
    return "" if cell is None else visible(str(cell))


def _markup(cell: Any) -> str:
    return cell.html() if isinstance(cell, MarkedText) else isolated(cell)
