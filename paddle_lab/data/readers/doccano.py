"""doccano's exports of marked texts: JSON lines or an array, of every version.

Old: ``"labels": [[start, end, "type"], ...]`` or ``"label"``; with relations: ``"entities"``, a
list of objects. doccano writes no mentions, and counts in the units of the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.data.offsets import Repairs, in_unit, same_unit
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._json_values import head_objects, json_values
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import Marked, add_row, as_offset, no_offsets, span_records
from paddle_lab.i18n import T, Text

_TEXT_KEYS: Final = ("text", "data")
_SPAN_KEYS: Final = ("entities", "labels", "label")


class Doccano:
    """Spans of doccano."""

    title: Final = T("doccano's JSON of marked texts", "doccano 的文本标注 JSON")
    form: Final = "spans"
    order: Final = 120

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether the first row that has labels has spans."""
        for row in head_objects(text):
            spans = _spans_of(row)
            if spans is None or _text_of(row) is None:
                return False
            if spans:
                return _marked(spans[0]) is not None
        return False

    def read(self, text: str, how: TextReading) -> Records:
        """Rows with their spans; relations are passed over and told."""
        records, repairs = span_records("doccano"), Repairs()
        rows: list[tuple[int, Any, list[Marked]]] = []
        relations = 0
        for line, value in json_values(text, how.name, records):
            row = _row(value)
            if isinstance(row, Text):
                records.bad.append((line, row))
                continue
            rows.append((line, *row))
            relations += bool(value.get("relations"))
        offsets = [
            (content, [(span.start, span.end) for span in spans])
            for _, content, spans in rows
            if isinstance(content, str)
        ]
        unit = same_unit(offsets, repairs)
        for line, content, spans in rows:
            moved = [
                Marked(*in_unit(content, span.start, span.end, unit, repairs), span.label)
                for span in spans
                if isinstance(content, str)
            ]
            add_row(records, line, content, moved, repairs)
        records.notices += repairs.notices()
        if relations:
            records.notices.append(
                T(
                    "The relations of {n} rows are passed over: only spans are learnt.",
                    "忽略了 {n} 行中的关系：这里只学习片段。",
                    n=relations,
                )
            )
        return records


READER: Final = Doccano()


def _text_of(row: Mapping[str, Any]) -> Any:
    return next((row[key] for key in _TEXT_KEYS if key in row), None)


def _spans_of(row: Mapping[str, Any]) -> list[Any] | None:
    """The list of spans; of several lists the first that holds some."""
    lists = [row[key] for key in _SPAN_KEYS if isinstance(row.get(key), list)]
    return next((found for found in lists if found), lists[0] if lists else None)


def _row(value: Any) -> tuple[Any, list[Marked]] | Text:
    if not isinstance(value, dict):
        return T(
            "a JSON {kind} found, an object with a text and its spans expected",
            "这里是 JSON {kind}，应为包含文本及其片段的对象",
            kind=type(value).__name__,
        )
    listed = _spans_of(value)
    if listed is None:
        return T(
            "there is no list of spans (entities, labels or label)",
            "没有片段列表（entities、labels 或 label）",
        )
    spans = []
    for item in listed:
        span = _marked(item)
        if span is None:
            return no_offsets(item)
        spans.append(span)
    return _text_of(value), spans


def _marked(item: Any) -> Marked | None:
    """A span of either form; None for what is none."""
    if isinstance(item, dict):
        names = ("start_offset", "end_offset") if "start_offset" in item else ("start", "end")
        start, end = (as_offset(item.get(name)) for name in names)
        label = item.get("label")
    elif isinstance(item, list) and len(item) == 3:
        start, end, label = as_offset(item[0]), as_offset(item[1]), item[2]
    else:
        return None
    if start is None or end is None or not isinstance(label, str) or not label.strip():
        return None
    return Marked(start, end, label.strip())
