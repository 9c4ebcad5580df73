"""Answers as a person sees them: beside their rows, with the model that gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import Task, get_task
from paddle_lab.tasks.marked import MarkedText
from paddle_lab.text.html import escape
from paddle_lab.text.html_table import html_table
from paddle_lab.text.short import shortened

_SHOWN_CHARACTERS: Final = 60
_MOST_SHOWN: Final = 20
_NAME: Final = 80


def headings_of(task: Task, roles: Sequence[str], top_k: int = 1) -> list[Text]:
    """The columns of a table of answers: what was given, and the answer."""
    titles = {role.name: role.title for role in task.roles}
    return [*(titles.get(role, T("text", "文本")) for role in roles), *task.headings(top_k)]


def given_cells(task: Task, given: Mapping[str, Any], answer: Any) -> list[Any]:
    """What was given, by role, as cells: cut short, with what the answer marks in it."""
    marks = task.marks(answer) if answer is not None else {}
    return [
        MarkedText(str(text), marks[role])
        if marks.get(role)
        else shortened(str(text), _SHOWN_CHARACTERS)
        for role, text in given.items()
    ]


def answered_by(folder: Path, source: Mapping[str, Any], model: Mapping[str, Any]) -> Text:
    """Which model answers: the run that the bundle in ``folder`` is of, and what it began with."""
    run, name = source.get("run"), source.get("name")
    who = excerpt(f"{name}-{run}" if name and run else folder.name, _NAME)
    kind = excerpt(str(model.get("name") or ""), _NAME)
    if not kind:
        return T("Answered by {who}.", "由 {who} 给出。", who=who)
    return T("Answered by {who} ({model}).", "由 {who}（{model}）给出。", who=who, model=kind)


class ShownAnswers(list[Any]):
    """Answers in the order of their rows; a notebook shows them as a table.

    ``given`` is what was asked, by role, each as long as the answers; ``by`` names the model.
    """

    def __init__(
        self, answers: Sequence[Any], given: Mapping[str, Sequence[Any]], task: str, by: Text
    ) -> None:
        super().__init__(answers)
        self._given, self._task, self._by = given, task, by

    def _repr_html_(self) -> str:
        task = get_task(self._task)
        shown = list(self)[:_MOST_SHOWN]
        rows = [
            [
                *given_cells(
                    task, {role: values[index] for role, values in self._given.items()}, answer
                ),
                *(task.cells(answer, 1) if answer is not None else ["–"] * len(task.headings(1))),
            ]
            for index, answer in enumerate(shown)
        ]
        more = len(self) - len(shown)
        said = [T("… and {n} more", "……另有 {n} 个", n=more)] if more > 0 else []
        table = html_table([str(head) for head in headings_of(task, list(self._given))], rows)
        return table + "".join(f"<p>{escape(line)}</p>" for line in [*said, self._by])
