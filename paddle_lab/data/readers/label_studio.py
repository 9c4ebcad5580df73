"""Label Studio's exports JSON and JSON_MIN of marked texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from paddle_lab.data.offsets import Repairs
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._label_studio import (
    PassedOver,
    kind_of,
    kinds,
    labelled_tasks,
    refuse_unlabelled,
    text_of_task,
)
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import Marked, add_row, as_offset, no_offsets, span_records
from paddle_lab.i18n import T, Text


class LabelStudio:
    """Spans of Label Studio."""

    title: Final = T("Label Studio's JSON of marked texts", "Label Studio 的文本标注 JSON")
    form: Final = "spans"
    order: Final = 130

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether these are tasks, and some of the first ones have spans."""
        return "spans" in kinds(text)

    def read(self, text: str, how: TextReading) -> Records:
        """Every labelled task; what is not used is told. Raises DataError when there is none."""
        records, repairs, passed = span_records("Label Studio"), Repairs(), PassedOver()
        for task in labelled_tasks(text, how.name, records, passed):
            spans: list[Marked] = []
            wrong: Text | None = None
            for value in (result["value"] for result in task.results if kind_of(result) == "spans"):
                found = list(_spans(value))
                spans += found
                wrong = wrong or (None if found else no_offsets(value))
            if wrong is not None:
                records.bad.append((task.line, wrong))
            else:
                add_row(records, task.line, text_of_task(task, passed), spans, repairs)
        refuse_unlabelled(how.name, records, passed)
        records.notices += [*passed.notices(), *repairs.notices()]
        return records


READER: Final = LabelStudio()


def _spans(value: Mapping[str, Any]) -> Iterator[Marked]:
    """A span for each of its labels; none where it is no span."""
    offsets = value.get("globalOffsets")  # of a text with markup, whose start and end are paths
    offsets = offsets if isinstance(offsets, dict) else value
    start, end = as_offset(offsets.get("start")), as_offset(offsets.get("end"))
    labels = value.get("labels") or value.get("hypertextlabels")
    mention = value.get("text")
    if start is None or end is None or not isinstance(labels, list):
        return
    for label in labels:
        if isinstance(label, str) and label.strip():
            yield Marked(start, end, label.strip(), mention if isinstance(mention, str) else None)
