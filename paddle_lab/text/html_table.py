"""The one table of every page that Python makes: thin lines, figures at the right.

Styles stand at the elements: a saved notebook, its export and one that nobody trusts look alike.
Colours are JupyterLab's, with one that is readable on light and dark behind them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from paddle_lab.text.html import escape, isolated

QUIET: Final = "color:var(--jp-ui-font-color2,#757575)"
_TABLE: Final = (
    "width:auto;margin:4px 0 8px;border:0;border-collapse:collapse;table-layout:auto;"
    "font-size:13px;font-variant-numeric:tabular-nums"
)
_ROW: Final = "background:none;border-top:1px solid var(--jp-border-color2,rgba(128,128,128,.35))"
_PADDING: Final = "border:0;padding:3px 20px 3px 0;vertical-align:baseline"
_SIDES: Final = {False: "text-align:left", True: "text-align:right;white-space:nowrap"}
# A figure, with what may stand behind it: a unit, another figure, a remark in brackets.
_FIGURE: Final = re.compile(
    r"[-+−±<≤]?\d[\d.,]*(e[-+]?\d+)?( ?(%|[a-zA-Zµ]{1,3}|/ ?[\d.,]+|小时|[分秒年天]|[\d.,]+))*"
    r"( ?[(（].*[)）])?"
)
_NONE: Final = ("", "–", "—")


@runtime_checkable
class Drawn(Protocol):
    """A cell with a form of its own in a page; ``str()`` is it as text."""

    def html(self) -> str:
        """The cell as markup, what comes from outside escaped."""


@dataclass(frozen=True)
class Code:
    """A command: its words are not broken in the middle."""

    text: str

    def __str__(self) -> str:
        """The command alone."""
        return self.text

    def html(self) -> str:
        """In the type of code."""
        style = "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word"
        words = " ".join(
            f"<span style='white-space:nowrap'>{escape(word)}</span>"
            for word in self.text.split(" ")
        )
        return f"<code style='{style}'>{words}</code>"


@dataclass(frozen=True)
class Unbroken:
    """A name that stays on one line."""

    text: str

    def __str__(self) -> str:
        """The name alone."""
        return self.text

    def html(self) -> str:
        """On one line, however narrow the table is."""
        return f"<span style='white-space:nowrap'>{escape(self.text)}</span>"


def html_table(
    head: Sequence[Any], rows: Sequence[Sequence[Any]], *, right: Sequence[bool] | None = None
) -> str:
    """A table under ``head``, which is left out where it is empty; every cell is text or `Drawn`.

    ``right`` says of each column whether it reads to the right; without it, those do in which
    figures stand and nothing else.
    """
    sides = list(right) if right is not None else figure_columns(rows)
    top = ""
    if any(str(cell) for cell in head):
        cells = "".join(
            _cell("th", cell, at_right, f"font-weight:400;white-space:nowrap;{QUIET}")
            for cell, at_right in zip(head, sides, strict=True)
        )
        top = f"<thead><tr style='background:none'>{cells}</tr></thead>"
    body = "".join(
        f"<tr style='{_ROW}'>"
        + "".join(_cell("td", cell, at_right) for cell, at_right in zip(row, sides, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table style='{_TABLE}'>{top}<tbody>{body}</tbody></table>"


def named_values(pairs: Sequence[tuple[Any, Any]]) -> str:
    """Names at the left in a quiet colour, values beside them: a table without a head."""
    body = "".join(
        f"<tr style='{_ROW}'>"
        + _cell("th", name, False, f"font-weight:400;white-space:nowrap;{QUIET}")
        + _cell("td", value, False)
        + "</tr>"
        for name, value in pairs
    )
    return f"<table style='{_TABLE}'><tbody>{body}</tbody></table>"


def figure_columns(rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Of each column, whether figures stand in it and nothing else."""
    return [
        any(str(cell) not in _NONE for cell in column)
        and all(str(cell) in _NONE or _FIGURE.fullmatch(str(cell)) for cell in column)
        for column in zip(*rows, strict=True)
    ]


def _cell(tag: str, cell: Any, at_right: bool, more: str = "") -> str:
    inside = cell.html() if isinstance(cell, Drawn) else isolated("" if cell is None else cell)
    style = f"{_PADDING};{_SIDES[at_right]}" + (f";{more}" if more else "")
    return f"<{tag} style='{style}'>{inside}</{tag}>"
