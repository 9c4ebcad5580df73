"""A task's own options, given as ``--set NAME=VALUE`` beside fields of TrainingArguments."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.i18n import T
from paddle_lab.options import find_option, options_of
from paddle_lab.options.paddlenlp import training_argument_names
from paddle_lab.options.paddlenlp_fields import ELSEWHERE, refuse
from paddle_lab.options.values import as_kind, check
from paddle_lab.tasks import TASKS
from paddle_lab.tasks.api import Task
from paddle_lab.text.close_names import did_you_mean


def setting_names() -> tuple[str, ...]:
    """All names that ``--set`` may have, or that it answers with a reason why not."""
    own: list[str] = []
    for name in TASKS.names():
        # One that cannot be loaded says so when it is asked for.
        with contextlib.suppress(EnvError):
            own += own_names(TASKS.get(name))
    return (*dict.fromkeys(own), *training_argument_names(), *ELSEWHERE)


def own_options(task: Task, given: Mapping[str, Any]) -> Any:
    """The task's options with those of ``given`` that are its own; None where it has none.

    Raises UsageError for a value that an option cannot have.
    """
    if task.options is None:
        return None
    values: dict[str, Any] = {}
    for name in own_names(task):
        if name in given:
            option = find_option(task.options, name)
            value = as_kind(option, given[name])
            if value is not None:
                check(option, value)
                values[name] = value
    return task.options(**values)


def native_settings(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``given`` that are PaddleNLP's. Raises UsageError for another task's option."""
    own = own_names(task)
    native = training_argument_names()
    rest = {name: value for name, value in given.items() if name not in own}
    for name in rest:
        if native and name not in native:
            if name in ELSEWHERE:
                refuse(name)
            raise UsageError(
                T("--set {name} does nothing for the task {task}.",
                  "--set {name} 对任务 {task} 不起作用。", name=name, task=task.name),
                T("Its own options: {names}.", "它自己的选项：{names}。",
                  names=", ".join(own) or "-"),
                did_you_mean(name, [*own, *native], cutoff=0.6)
                or T("Leave it out.", "请去掉该选项。"),
                code="usage.unknown_name",
            )  # fmt: skip
    return rest


def own_names(task: Task) -> list[str]:
    """The options that the task brings itself."""
    return [] if task.options is None else [option.name for option in options_of(task.options)]
