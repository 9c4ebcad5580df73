"""Rows of texts with spans: from records of marked texts, or from a column of lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab.data.cells import text_of
from paddle_lab.data.columns import choose, column_names, named_columns
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import TEXT_NAMES
from paddle_lab.data.offsets import Repairs, located, outside
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.data.span_cells import as_offset, no_offsets
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.recognition import advice_of
from paddle_lab.tasks.tag.spans import Span, flat

ROLES: Final = (Role("text", T("text", "文本"), TEXT_NAMES),)
TARGET: Final = Role(
    "spans",
    T("spans", "片段"),
    ("spans", "entities", "entity", "labels", "label", "annotations", "实体", "片段", "标注"),
)
_HEAD: Final = 200
_START, _END = ("start", "start_offset", "start_idx"), ("end", "end_offset", "end_idx")
_LABEL, _MENTION = ("label", "type", "entity_type"), ("text", "entity", "mention")


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Texts with their spans, and the rows that cannot be used. Raises DataError."""
    columns = _columns(records, reading)
    read = RowsRead({"text": []}, columns=column_names(records, columns))
    repairs, overlaps = Repairs(), _Overlaps()
    broken = 0
    for line, cells in zip(records.lines, records.cells, strict=True):
        text = text_of(cells[columns["text"]])
        if isinstance(text, Text):
            read.bad.append((line, text))
            continue
        whole = _whole(text)
        broken += whole != text
        spans = _spans(cells[columns["spans"]], text, repairs)
        if isinstance(spans, Text):
            read.bad.append((line, spans))
            continue
        kept, dropped = flat(spans)
        overlaps.count(line, whole, kept, dropped)
        read.add(line, [whole], [list(span) for span in kept])
    read.notices += [*repairs.notices(), *overlaps.notices(records.unit == "line")]
    if broken:
        read.notices.append(
            T(
                "{n} rows held broken characters (lone surrogates); they are read as U+FFFD.",
                "有 {n} 行含有损坏的字符（单独的代理项），已替换为 U+FFFD。",
                n=broken,
            )
        )
    return read


def recognise(records: Records) -> Recognition | None:
    """Certain of marked texts, and of a column of lists of spans."""
    if records.form == "spans":
        return "certain"
    try:
        column = named_columns(records, Reading("data"), ROLES, TARGET).get("spans")
    except DataError:
        return None
    if column is None:
        return None
    cells = (row[column] for row in records.cells[:_HEAD])
    first = next((cell for cell in cells if isinstance(cell, (list, tuple)) and cell), None)
    return "certain" if first is not None and _parts(first[0]) is not None else None


def _columns(records: Records, reading: Reading) -> dict[str, int]:
    found = named_columns(records, reading, ROLES, TARGET)
    if len(found) == 2:
        return found
    raise DataError(
        T("{name} has no column of spans beside a text.", "{name} 中没有文本及其片段的列。",
          name=excerpt(reading.name, 120)),
        T("A row needs a text and a list of spans [start, end, type].",
          "每行需要一条文本和片段列表 [起点, 终点, 类型]。"),
        advice_of(records, "tag") or choose(ROLES, TARGET),
        code="data.columns",
    )  # fmt: skip


def _spans(cell: Any, text: str, repairs: Repairs) -> list[Span] | Text:
    """The spans of a cell at their offsets; why they cannot be used else."""
    if isinstance(cell, str) and cell.strip()[:1] == "[":
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return no_offsets(cell)
    if not isinstance(cell, (list, tuple)):
        return no_offsets(cell)
    spans: list[Span] = []
    for item in cell:
        parts = _parts(item)
        if parts is None:
            return no_offsets(item)
        start, end, label, mention = parts
        offsets: tuple[int, int] | Text = (start, end)
        if mention is not None and text[max(0, start) : end] != mention:
            offsets = located(text, start, end, mention, repairs)
        wrong = offsets if isinstance(offsets, Text) else outside(text, *offsets)
        if isinstance(offsets, Text) or wrong is not None:
            return wrong or no_offsets(item)
        spans.append(Span(*offsets, _whole(label)))
    return spans


def _parts(item: Any) -> tuple[int, int, str, str | None] | None:
    """Start, end, type and mention of ``[0, 2, "LOC"]`` or ``{"start": 0, ...}``; None for none."""
    if isinstance(item, dict):
        start, end, label, mention = (
            next((item[key] for key in keys if key in item), None)
            for keys in (_START, _END, _LABEL, _MENTION)
        )
    elif isinstance(item, (list, tuple)) and len(item) == 3:
        (start, end, label), mention = item, None
    else:
        return None
    first, last = as_offset(start), as_offset(end)
    if first is None or last is None or not isinstance(label, str) or not label.strip():
        return None
    return first, last, label.strip(), mention if isinstance(mention, str) else None


def _whole(text: str) -> str:
    """Without lone surrogates, each of which becomes U+FFFD: spans stay where they are."""
    return text.encode("utf-32-le", "surrogatepass").decode("utf-32-le", "replace")


class _Overlaps:
    """Spans that were dropped for others, told once with the first of them."""

    def __init__(self) -> None:
        self.spans = self.rows = 0
        self.first: tuple[int, str, Span, Span] | None = None

    def count(self, line: int, text: str, kept: Sequence[Span], dropped: Sequence[Span]) -> None:
        self.spans += len(dropped)
        self.rows += bool(dropped)
        if dropped and self.first is None:
            span = dropped[0]
            by = next(one for one in kept if one.start < span.end and span.start < one.end)
            self.first = line, text, span, by

    def notices(self, by_line: bool) -> list[Text]:
        if self.first is None:
            return []
        line, text, span, by = self.first
        return [
            T(
                "{n} spans in {rows} rows overlap a longer one and are dropped: a character has "
                'one tag. The first, in {where}: "{span}" ({label}) in "{by}" ({other}).',
                "{rows} 行中有 {n} 个片段与更长的片段重叠，已去掉：每个字符只有一个标签。"
                "第一处在{where}：“{span}”（{label}）与“{by}”（{other}）。",
                n=self.spans,
                rows=self.rows,
                where=T("line {n}", "第 {n} 行", n=line) if by_line else T(
                    "row {n}", "第 {n} 条", n=line),
                span=excerpt(text[span.start : span.end]),
                label=excerpt(span.label),
                by=excerpt(text[by.start : by.end]),
                other=excerpt(by.label),
            )
        ]  # fmt: skip
