"""Make a fact sheet: of this interpreter, or of another one on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.imports.cache import known_sections
from paddle_lab.environment.probes import gather
from paddle_lab.environment.renaming import renaming
from paddle_lab.errors import EnvError
from paddle_lab.i18n import T

Facts = dict[str, Any]

# Gives the probes their own package names without putting our folder on the path of the
# interpreter that is diagnosed: that would show it packages that it does not have.
_BOOTSTRAP = """
import json, sys, types
for name, folder in (("paddle_lab", sys.argv[1]), ("paddle_lab.environment", sys.argv[2])):
    module = types.ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module
if sys.path and sys.path[0] == "":
    sys.path.pop(0)
from paddle_lab.environment.probes import gather
print("\\x1e" + json.dumps(gather()))
"""


def collect() -> Facts:
    """The fact sheet of this process: plain JSON values, no secrets. Takes about a second.

    The section ``imports`` is in it when the imports were tried in this state of the environment,
    and ``trials`` when experiments looked for the cause of their failure.
    """
    return _with_imports(gather())


def _with_imports(sheet: Facts) -> Facts:
    key = lookup(sheet, "state.key")
    return {**sheet, **(known_sections(key) if isinstance(key, str) else {})}


def collect_from(python: str | Path, timeout: float = 60.0) -> Facts:
    """The fact sheet of another interpreter, gathered by running the probes in it.

    Raises EnvError when ``python`` cannot be run or gives no sheet.
    """
    here = Path(__file__).resolve().parent
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            [str(python), "-c", _BOOTSTRAP, str(here.parent), str(here)],
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # a NUL in the name
        raise EnvError(
            T(
                "The Python at {path} could not be run: {error}.",
                "无法运行 {path} 处的 Python:{error}。",
                path=str(python),
                error=str(error)[:200],
            ),
            fix=T(
                "Give the path of a Python interpreter, e.g. .venv/bin/python.",
                "请给出 Python 解释器的路径，例如 .venv/bin/python。",
            ),
            code="env.python_not_run",
        ) from error
    output = done.stdout.decode("utf-8", "replace").rpartition("\x1e")[2]
    try:
        sheet: Facts = json.loads(output)
    except ValueError as error:
        tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no output"]
        _refuse_what_ends_it(python, error)
        raise EnvError(
            T(
                "The Python at {path} gave no fact sheet: {tail}.",
                "{path} 处的 Python 未能给出信息表：{tail}。",
                path=str(python),
                tail=tail[0][:200],
            ),
            fix=T("Python 3.9 or newer is needed.", "需要 Python 3.9 或更高版本。"),
            code="env.python_no_facts",
        ) from error
    return _with_imports(sheet)


def _refuse_what_ends_it(python: str | Path, error: Exception) -> None:
    """Raise EnvError when a file that runs at the start of ``python`` is proven to end it."""
    from paddle_lab.environment.experiments.starting import ended_by

    file = ended_by(python)
    if file is None:
        return
    raise EnvError(
        T(
            "The Python at {path} does not start: {file} ends it.",
            "{path} 处的 Python 无法启动：{file} 使其退出。",
            path=str(python),
            file=file,
        ),
        T(
            "Proven by trying: it starts when this file, which runs at every start, is left out.",
            "已经试验证实：不执行这个每次启动都会运行的文件时，可以启动。",
        ),
        T("Give it another name: {command}", "请将其改名：{command}",
          command=renaming({}, file, f"{Path(file).name}.off")),
        code="env.python_no_facts",
    ) from error  # fmt: skip
