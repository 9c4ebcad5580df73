"""Spans as cells of records: what readers of form ``spans`` put there, and how rows are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.cells import whole
from paddle_lab.data.excerpt import excerpt, has_letters_to_see
from paddle_lab.data.offsets import Repairs, located, outside
from paddle_lab.data.records import Records
from paddle_lab.i18n import T, Text

HEADER: Final = ("text", "spans")
NO_TEXT: Final = T("the text is empty", "文本为空")


@dataclass(frozen=True)
class Marked:
    """A span as a file has it; ``mention`` None where the file does not carry it."""

    start: int
    end: int
    label: str
    mention: str | None = None


def span_records(format_name: str) -> Records:
    """Empty records of form ``spans``."""
    return Records(header=list(HEADER), form="spans", layout={"format": format_name})


def add_row(
    records: Records, line: int, text: Any, spans: Sequence[Marked], repairs: Repairs
) -> None:
    """Add a row with its spans at their offsets, or say why it cannot be used."""
    if not isinstance(text, str):
        records.bad.append((line, _no_text(text)))
        return
    if not has_letters_to_see(text):
        records.bad.append((line, NO_TEXT))
        return
    cells: list[dict[str, Any]] = []
    for span in spans:
        offsets: tuple[int, int] | Text
        if span.mention is None:
            offsets = outside(text, span.start, span.end) or (span.start, span.end)
        else:
            offsets = located(text, span.start, span.end, whole(span.mention), repairs)
        if isinstance(offsets, Text):
            records.bad.append((line, offsets))
            return
        cells.append(cell(*offsets, span.label, span.mention))
    records.add(line, [text, cells])


def cell(start: int, end: int, label: str, mention: str | None = None) -> dict[str, Any]:
    """One span as a cell holds it."""
    return {"start": start, "end": end, "label": label, "text": mention}


def as_offset(value: Any) -> int | None:
    """A whole number, also one written 3.0; None for what is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def no_offsets(value: Any) -> Text:
    """The reason for a span without usable offsets or label."""
    return T(
        "a span needs start, end and label; found: {value}",
        "片段需要起点、终点和标签；实际为：{value}",
        value=excerpt(str(value)[:200], 80),
    )


def _no_text(value: Any) -> Text:
    return T("the text is a {kind}", "文本的类型是 {kind}", kind=type(value).__name__)
