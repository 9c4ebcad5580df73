"""Tasks: what is learnt. Each is one package behind the registry :data:`TASKS`."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins
from paddle_lab.tasks.api import Evaluation, Task

TASKS: Final = Plugins[Task](
    "paddle_lab.tasks", "paddle_lab.tasks", "TASK", T("task", "任务"), packages=True
)

__all__ = ["TASKS", "Evaluation", "Task", "get_task"]


def get_task(name: str) -> Task:
    """The task called ``name``. Raises UsageProblem, with the closest name, when there is none."""
    return TASKS.get(name)
