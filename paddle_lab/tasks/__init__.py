"""Tasks: what is learnt. Each is one package behind the registry :data:`TASKS`."""

from __future__ import annotations

import contextlib
from typing import Final

from paddle_lab.errors import EnvError
from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins
from paddle_lab.tasks.api import Evaluation, Task

TASKS: Final = Plugins[Task](
    "paddle_lab.tasks", "paddle_lab.tasks", "TASK", T("task", "任务"), packages=True
)

__all__ = ["TASKS", "Evaluation", "Task", "get_task", "metric_names", "task_names"]


def get_task(name: str) -> Task:
    """The task called ``name``. Raises UsageError, with the closest name, when there is none."""
    return TASKS.get(name)


def task_names() -> list[str]:
    """What ``--task`` may be."""
    return TASKS.names()


def metric_names() -> list[str]:
    """What ``--metric`` may be with one task or another."""
    tasks = []
    for name in TASKS.names():
        # One that cannot be loaded says so when it is asked for.
        with contextlib.suppress(EnvError):
            tasks.append(get_task(name))
    return list(dict.fromkeys(metric.name for task in tasks for metric in task.metrics))
