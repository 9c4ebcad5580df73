"""A share as a bar beside its figure, in a page and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from paddle_lab.text.html import isolated
from paddle_lab.text.numbers import percent

_PIXELS: Final = 96
_BAR: Final = "display:inline-block;height:.7em;background:var(--jp-brand-color1,#2196f3)"


@dataclass(frozen=True)
class Bar:
    """``text`` with a bar in front of it whose full length is a ``share`` of 1.

    ``name`` is what it is the figure of, between both; empty for nothing.
    """

    text: str
    share: float
    pixels: int = _PIXELS
    name: str = ""

    def __str__(self) -> str:
        """The figure, and what it is of."""
        return f"{self.name} {self.text}" if self.name else self.text

    def html(self) -> str:
        """The bar is no word of the page: its figure stands beside it."""
        # Apart from each other: a name that is written from right to left turns no figure around.
        said = " ".join(isolated(part) for part in (self.name, self.text) if part)
        wide = max(1, round(self.pixels * min(1.0, self.share))) if self.share > 0 else 0
        return (
            f"<span aria-hidden='true' style='display:inline-block;width:{self.pixels}px;"
            f"margin-right:8px;text-align:left'><span style='{_BAR};width:{wide}px'></span></span>"
            f"{said}"
        )


def share_bar(share: float, name: str = "") -> Bar:
    """``93.2%``, or ``negative 93.2%``, with its bar."""
    return Bar(percent(share), share, name=name)


@dataclass(frozen=True)
class Lines:
    """Several pieces in one cell: one under the other in a page, one after the other in a line."""

    pieces: Sequence[object]

    def __str__(self) -> str:
        """Two spaces between."""
        return "  ".join(map(str, self.pieces))

    def html(self) -> str:
        """Each on a line that does not break."""
        return "<br>".join(
            f"<span style='white-space:nowrap'>"
            f"{piece.html() if isinstance(piece, Bar) else isolated(piece)}</span>"
            for piece in self.pieces
        )
