"""A text with marked spans, in a terminal and in a page, shortened between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.text.html import escape
from paddle_lab.text.visible import visible

if TYPE_CHECKING:
    from paddle_lab.tasks.blocks import Mark

#: Characters shown on each side of a mark; longer stretches without one are cut.
_AROUND: Final = 24
_STYLE: Final = (
    "background:var(--jp-warn-color3,#ffe9b3);color:inherit;border-radius:3px;"
    "padding:0 2px;margin:0 1px"
)


@dataclass(frozen=True)
class MarkedText:
    """``text`` with ``marks``; of marks that overlap, the first and longest is shown."""

    text: str
    marks: Sequence[Mark]

    def __str__(self) -> str:
        """``在[北京](LOC)工作``."""
        return "".join(
            piece if mark is None else f"[{piece}]({mark.label})" if mark.label else f"[{piece}]"
            for piece, mark in self._pieces()
        )

    def html(self) -> str:
        """Spans as ``<mark>``, with their label behind; everything escaped."""
        shown = []
        for piece, mark in self._pieces():
            inside = escape(visible(piece))
            if mark is not None:
                label = f" <small>{escape(visible(mark.label))}</small>" if mark.label else ""
                inside = f"<mark style='{_STYLE}'>{inside}{label}</mark>"
            shown.append(inside)
        return f"<bdi>{''.join(shown)}</bdi>"

    def _pieces(self) -> Iterator[tuple[str, Mark | None]]:
        done = 0
        for mark in sorted(self.marks, key=lambda mark: (mark.start, -mark.end)):
            if not done <= mark.start < mark.end <= len(self.text):
                continue
            yield self._between(done, mark.start), None
            yield " ".join(self.text[mark.start : mark.end].split()), mark
            done = mark.end
        yield self._between(done, len(self.text)), None

    def _between(self, start: int, end: int) -> str:
        """The text between two marks on one line, its middle cut where it is long."""
        before = _AROUND if start else 0
        behind = _AROUND if end < len(self.text) else 0
        if end - start > before + behind + _AROUND:
            first, last = self.text[start : start + before], self.text[end - behind : end]
            return self._line(first) + "…" + self._line(last if behind else "")
        return self._line(self.text[start:end])

    @staticmethod
    def _line(text: str) -> str:
        return "".join(" " if char.isspace() else char for char in text)
