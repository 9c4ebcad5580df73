"""Label Studio's exports JSON and JSON_MIN of classified texts: columns ``text`` and ``label``.

A label is a list of the choices; a project with one choice a text has lists of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._label_studio import (
    PassedOver,
    choices_of,
    kind_of,
    kinds,
    labelled_tasks,
    refuse_unlabelled,
    text_of_task,
)
from paddle_lab.data.records import Records
from paddle_lab.i18n import T, Text


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
        tasks = list(labelled_tasks(text, how.name, records, passed))
        chosen = [_choices(task.results) for task in tasks]
        questions = list(dict.fromkeys(name for one in chosen for name in one))
        if len(questions) > 1:
            records.header = ["text", *questions]
            records.notices.append(_several(questions))
        for task, one in zip(tasks, chosen, strict=True):
            labels = [one.get(name, []) for name in questions or [""]]
            records.add(task.line, [text_of_task(task, passed), *labels])
        refuse_unlabelled(how.name, records, passed)
        records.notices += passed.notices()
        return records


READER: Final = LabelStudioChoices()


def _choices(results: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What was chosen in a task by what was asked, each once, in their order."""
    chosen: dict[str, dict[str, None]] = {}
    for result in results:
        if kind_of(result) == "choices":
            asked = str(result.get("from_name", "label"))
            chosen.setdefault(asked, {}).update(dict.fromkeys(choices_of(result["value"]) or []))
    return {asked: list(labels) for asked, labels in chosen.items()}


def _several(questions: Sequence[str]) -> Text:
    return T(
        "Several things were asked of each text; each is a column, and --label names one: {names}",
        "每条文本有多个标注项，各为一列，可用 --label 指定其中之一：{names}",
        names=excerpt(", ".join(questions), 200),
    )
