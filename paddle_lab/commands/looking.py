"""What the page "Fine-tune a file" is told of a file: run by the server in a process of its own.

``python -m paddle_lab.commands.looking`` takes one JSON object on standard input, ``{"file",
"options"}``, and writes one on standard output: the first rows as they stand in the file, the plan
that ``%ernie_finetune FILE --dry-run --json`` makes, or the error that it ends with. ``options``
are those of :data:`OPTIONS` by name.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.errors import PaddleLabError

#: What a person chooses on the page; nothing else of the command can be asked for from there.
OPTIONS: Final = ("task", "text", "label", "column", "sheet", "model", "epochs", "limit", "max_len")
_MEMORY: Final = 6 << 30


def main() -> int:
    """Answer the one request; 0 also when the answer is an error."""
    _bound()
    request = json.loads(sys.stdin.buffer.read())
    json.dump(look(request["file"], request["options"]), sys.stdout, default=str)
    return 0


def look(file: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """``{"table", "task", "tasks", "roles", "plan", "error"}``, each of which may be None.

    ``roles`` are what the task reads of a row, the target last: name, title, and ``column``, the
    one that was read.
    """
    plan, error = _plan(file, options)
    task = _task(file, options, plan)
    table = None
    with contextlib.suppress(PaddleLabError):  # the plan's error says what is wrong
        table = _table(task, file, options)
    return {
        "table": table,
        "task": task.name,
        "tasks": _tasks(),
        "roles": _roles(task, plan),
        "plan": plan,
        "error": error,
    }


def _plan(file: str, options: Mapping[str, Any]) -> tuple[Any, Any]:
    from paddle_lab.commands import finetune

    words = [file, "--dry-run"]
    for name in OPTIONS:
        value = options.get(name)
        flag = "--" + name.replace("_", "-")
        if isinstance(value, Mapping):
            words += [f"{flag}={role}={column}" for role, column in value.items()]
        elif value is not None:
            words.append(f"{flag}={value}")
    try:
        args = finetune.build_parser().parse_args(words)
        return finetune.execute(args, Context(notebook=True)).json, None
    except PaddleLabError as error:
        return None, error.to_json()


def _task(file: str, options: Mapping[str, Any], plan: Any) -> Any:
    from paddle_lab.tasks import get_task, task_names
    from paddle_lab.tasks.recognition import DEFAULT_TASK, choose_task

    name = plan["spec"]["task"] if plan else options.get("task")
    if name not in task_names():
        asked = {role: options.get(role) for role in ("text", "label", "column", "sheet")}
        try:
            name = choose_task(file, **asked)
        except PaddleLabError:  # several fit: the plan's error says so
            name = DEFAULT_TASK
    return get_task(name)


def _table(task: Any, file: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from paddle_lab.data.preview import preview_of
    from paddle_lab.data.schema import columns_by_role

    asked = columns_by_role(task, options.get("text"), options.get("label"), options.get("column"))
    roles = {role.name for role in (*task.roles, task.target)}
    known = {role: column for role, column in asked.items() if role in roles}
    return preview_of(task, file, known, sheet=options.get("sheet")).to_json()


def _tasks() -> list[dict[str, Any]]:
    from paddle_lab.tasks import get_task, task_names

    found = []
    for name in task_names():
        with contextlib.suppress(PaddleLabError):  # one of another package that cannot be loaded
            found.append({"name": name, "title": get_task(name).title.to_json()})
    return found


def _roles(task: Any, plan: Any) -> list[dict[str, Any]]:
    """What the task reads; the option that names its column is that of the parser."""
    read: Mapping[str, str] = {}
    if plan is not None:
        read = plan["report"]["parts"]["train"]["provenance"].get("columns") or {}
    roles = (*task.roles, task.target)
    options = {task.roles[0].name: "text", task.target.name: "label"}
    return [
        {
            "name": role.name,
            "title": role.title.to_json(),
            "option": options.get(role.name, "column"),
            "optional": role.optional,
            "column": read.get(role.name),
        }
        for role in roles
    ]


def _bound() -> None:
    """A file that is small and unpacks to much must not take the server's memory."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    sys.exit(main())
