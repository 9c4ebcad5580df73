"""Which task rows are for, told by the rows themselves."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.read import head_of_source, records_for
from paddle_lab.data.records import Records
from paddle_lab.data.samples import sample_task
from paddle_lab.data.schema import Recognition, RowSchema, columns_by_role
from paddle_lab.errors import DataError, EnvError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import TASKS

if TYPE_CHECKING:
    from paddle_lab.tasks.api import Task

#: What rows are taken for when nothing says otherwise: the error then names their columns.
DEFAULT_TASK: Final = "classify"
_ASKING: Final = contextvars.ContextVar("asking", default=False)


def choose_task(
    source: Any,
    *,
    names: Mapping[str, Any] | None = None,
    text: str | None = None,
    label: str | None = None,
    column: Mapping[str, Any] | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> str:
    """The name of the one task that ``source`` is certainly for, else of the likely one.

    ``text``, ``label`` and ``column`` are those that the person named, as options have them. A
    source that cannot be read counts as the default's: reading it says what is wrong. Raises
    DataError when several tasks are equally certain of the rows.
    """
    if isinstance(source, str) and source not in (names or {}):
        task = sample_task(source)
        if task is not None:
            return task

    try:
        head = head_of_source(source, names=names, encoding=encoding, sheet=sheet)
    except DataError:
        return DEFAULT_TASK

    def records_of(task: RowSchema) -> Records:
        return records_for(task, head, columns_by_role(task, text, label, column), sep)

    found = dict(_recognised(records_of))
    certain = [name for name, how in found.items() if how == "certain"]
    if len(certain) > 1:
        raise _undecided(str(source) if isinstance(source, str) else "data", certain)
    if certain:
        return certain[0]
    return DEFAULT_TASK if DEFAULT_TASK in found or not found else next(iter(found))


def tasks_of(records: Records, but: str) -> list[str]:
    """Names of the tasks that are certain of the records, without ``but``."""
    if _ASKING.get():  # a task that refuses what another one recognises, while they are asked
        return []
    found = _recognised(lambda task: records)
    return [name for name, how in found if how == "certain" and name != but]


def advice_of(records: Records, but: str) -> Text | None:
    """``For these rows: --task pair`` with the tasks that are certain of them; None for none."""
    names = tasks_of(records, but)
    if not names:
        return None
    return T("For these rows: {tasks}.", "这些数据请使用：{tasks}。",
             tasks=", ".join(f"--task {name}" for name in names))  # fmt: skip


def other_form(records: Records, name: str, task: str) -> DataError:
    """The error for records whose form ``task`` does not take."""
    names = tasks_of(records, task) or [
        one.name for one in _tasks() if records.form in one.forms and one.name != task
    ]
    return DataError(
        T("{name} is not data for the task {task}.", "{name} 不是任务 {task} 的数据。",
          name=excerpt(name, 120), task=task),
        T("It is {title}.", "它是{title}。", title=records.title),
        T("Use {tasks}, or leave --task out.", "请使用 {tasks}，或省略 --task。",
          tasks=" / ".join(f"--task {one}" for one in names))
        if names else T("Give a table with the task's columns.", "请提供包含所需列的表格。"),
        code="data.other_task",
    )  # fmt: skip


def _tasks() -> Iterator[Task]:
    for name in TASKS.names():
        # One that cannot be loaded says so when it is asked for.
        with contextlib.suppress(EnvError):
            yield TASKS.get(name)


def _recognised(
    records_for: Callable[[RowSchema], Records],
) -> list[tuple[str, Recognition]]:
    """Tasks with what they think of the records, those that refuse left out."""
    found: list[tuple[str, Recognition]] = []
    asking = _ASKING.set(True)
    try:
        for task in list(_tasks()):
            with contextlib.suppress(DataError):
                records = records_for(task)
                fits = records.form in task.forms and records.cells
                how = task.recognise(records) if fits else None
                if how is not None:
                    found.append((task.name, how))
    finally:
        _ASKING.reset(asking)
    return found


def _undecided(source: str, names: list[str]) -> DataError:
    return DataError(
        T("{source} may be data of several tasks.", "{source} 可能属于多个任务。",
          source=excerpt(source, 120)),
        T("Its rows fit {names}.", "其数据行符合：{names}。", names=", ".join(names)),
        T("Say which: --task {name}", "请指定：--task {name}", name=names[0]),
        code="data.undecided_task",
    )  # fmt: skip
