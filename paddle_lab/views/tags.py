"""Pieces of a page: everything that comes from the user is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.text.html import escape


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; every cell is escaped."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
