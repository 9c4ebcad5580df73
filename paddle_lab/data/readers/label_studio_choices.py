"""Label Studio's exports JSON and JSON_MIN of classified texts: columns ``text`` and ``label``.

A label is a list of the choices; a project with one choice a text has lists of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

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
from paddle_lab.i18n import T


class LabelStudioChoices:
    """Choices of Label Studio."""

    title: Final = T("Label Studio's JSON of choices", "Label Studio 的分类 JSON")
    form: Final = "table"
    order: Final = 140

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether these are tasks, and the first ones have choices and no spans."""
        return kinds(text) == {"choices"}

    def read(self, text: str, how: TextReading) -> Records:
        """Every labelled task; what is not used is told. Raises DataError when there is none."""
        records = Records(header=["text", "label"], layout={"format": "Label Studio"})
        passed = PassedOver()
        for task in labelled_tasks(text, how.name, records, passed):
            records.add(task.line, [text_of_task(task, passed), _choices(task.results)])
        refuse_unlabelled(how.name, records, passed)
        records.notices += passed.notices()
        return records


READER: Final = LabelStudioChoices()


def _choices(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The choices of a task, each once, in their order."""
    chosen = (
        str(choice)
        for result in results
        if kind_of(result) == "choices"
        for choice in result["value"]["choices"]
    )
    return list(dict.fromkeys(chosen))
