"""A small table, as aligned text and as safe HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.i18n import Text
from paddle_lab.text.html import isolated
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import visible
from paddle_lab.text.width import width


class Table:
    """Rows under headings; every cell is shown as text."""

    def __init__(self, headings: Sequence[Text]) -> None:
        self.headings = [str(heading) for heading in headings]
        self.rows: list[list[str]] = []

    def add(self, cells: Sequence[Any]) -> None:
        """One more row, as long as the headings; what would drive a terminal is written out."""
        self.rows.append(["" if cell is None else visible(str(cell)) for cell in cells])

    def text(self) -> str:
        """Columns aligned for a terminal; Chinese characters count as two."""
        columns = zip(self.headings, *self.rows, strict=True)
        rule = ["-" * max(map(width, column)) for column in columns]
        return "\n".join(aligned([self.headings, rule, *self.rows]))

    def html(self) -> str:
        """A table without script or style of its own."""

        def line(tag: str, cells: Sequence[str]) -> str:
            opening = f"<{tag} style='text-align:left'>"
            return "".join(f"{opening}{isolated(cell)}</{tag}>" for cell in cells)

        head = line("th", self.headings)
        body = "".join(f"<tr>{line('td', row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
