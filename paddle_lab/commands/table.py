"""A small table, as aligned text and as safe HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from paddle_lab.i18n import Text
from paddle_lab.text.visible import visible
from paddle_lab.text.width import padded, width


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
        lines = [self.headings, *self.rows]
        widths = [max(width(line[i]) for line in lines) for i in range(len(self.headings))]
        rule = ["-" * size for size in widths]
        return "\n".join(
            "  ".join(padded(cell, size) for cell, size in zip(line, widths, strict=True)).rstrip()
            for line in [self.headings, rule, *self.rows]
        )

    def html(self) -> str:
        """A table without script or style of its own."""
        head = "".join(f"<th style='text-align:left'>{_safe(cell)}</th>" for cell in self.headings)
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{_safe(c)}</td>" for c in row) + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _safe(cell: str) -> str:
    return f"<bdi>{html.escape(cell)}</bdi>"
