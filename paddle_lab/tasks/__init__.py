"""Tasks: what is learnt. A task owns features, model head, metrics, report and answers."""

from __future__ import annotations

from typing import Final

from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T
from paddle_lab.tasks.api import Evaluation, Task
from paddle_lab.tasks.classify import Classify
from paddle_lab.text.close_names import did_you_mean

TASKS: Final[tuple[Task, ...]] = (Classify(),)

__all__ = ["TASKS", "Evaluation", "Task", "get_task"]


def get_task(name: str) -> Task:
    """The task called ``name``. Raises UsageProblem, with the closest name, when there is none."""
    for task in TASKS:
        if task.name == name:
            return task
    names = [task.name for task in TASKS]
    raise UsageProblem(
        T("There is no task '{name}'.", "没有名为“{name}”的任务。", name=name),
        T("Tasks: {names}.", "可用任务：{names}。", names=", ".join(names)),
        did_you_mean(name, names, cutoff=0.4),
    )
