"""CLUENER's JSON lines: ``{"text": ..., "label": {type: {mention: [[start, end]]}}}``.

The end is the last character of the mention, not the one behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from paddle_lab.data.offsets import Repairs
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._json_values import head_objects, json_values
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import Marked, add_row, as_offset, no_offsets, span_records
from paddle_lab.i18n import T, Text

_UNLABELLED: Final = T("the row has no label: it is from a test part", "该行没有标签：来自测试集")


class Cluener:
    """Mentions by type, as CLUE's data sets have them."""

    title: Final = T("CLUENER's JSON lines", "CLUENER 的 JSON lines")
    form: Final = "spans"
    order: Final = 110

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether the first row that has labels has mentions by type."""
        for row in head_objects(text):
            label = row.get("label")
            if not isinstance(row.get("text"), str) or not isinstance(label, dict):
                return False
            if label:
                return all(
                    isinstance(mentions, dict) and all(map(_are_pairs, mentions.values()))
                    for mentions in label.values()
                )
        return False

    def read(self, text: str, how: TextReading) -> Records:
        """Rows with their spans, the end behind the last character."""
        records, repairs = span_records("CLUENER"), Repairs()
        for line, value in json_values(text, how.name, records):
            label = value.get("label") if isinstance(value, dict) else None
            if not isinstance(label, dict):
                records.bad.append((line, _UNLABELLED))
                continue
            spans = list(_spans(label))
            wrong = next((span for span in spans if isinstance(span, Text)), None)
            if wrong is not None:
                records.bad.append((line, wrong))
                continue
            marked = [span for span in spans if isinstance(span, Marked)]
            add_row(records, line, value.get("text"), marked, repairs)
        records.notices += repairs.notices()
        return records


READER: Final = Cluener()


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in value
    )


def _spans(label: dict[str, Any]) -> Iterator[Marked | Text]:
    for kind, mentions in label.items():
        if not isinstance(mentions, dict) or not kind.strip():
            yield no_offsets({kind: mentions})
            continue
        for mention, pairs in mentions.items():
            for pair in pairs if _are_pairs(pairs) else [pairs]:
                offsets = [as_offset(value) for value in pair] if _are_pairs([pair]) else [None]
                if None in offsets or not offsets:
                    yield no_offsets({mention: pair})
                else:
                    start, last = offsets
                    yield Marked(int(start or 0), int(last or 0) + 1, kind.strip(), mention)
