"""Run a probe in a process of its own: beside the others, and whatever it does to its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

TIMEOUT_SECONDS = 20.0  # the probes bound their own work; a busy machine takes longer

# With -I: no file of the working folder, nor of PYTHONPATH, can take the place of one of Python's.
_CODE = """
import importlib, json, sys, types
given = json.load(sys.stdin)
for name, folder in given["packages"]:
    sys.modules[name] = module = types.ModuleType(name)
    module.__path__ = [folder]
module = importlib.import_module(given["module"])
print("\\x1e" + json.dumps(getattr(module, given["function"])(given["path"])))
"""


class NoAnswer(RuntimeError):
    """The process ended without an answer, or did not end in time."""


def apart(
    module: str,
    function: str,
    timeout: float = TIMEOUT_SECONDS,
    python: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """What ``module.function(path)`` of this package returns, ``path`` being this ``sys.path``.

    With ``python`` it runs there, and looks through that interpreter's own path. ``timeout`` is in
    seconds. Raises NoAnswer when the process crashes, fails or hangs.
    """
    environment = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    given = {
        "packages": [
            ("paddle_lab", os.path.dirname(environment)),
            ("paddle_lab.environment", environment),
        ],
        "module": f"paddle_lab.environment.probes.{module}",
        "function": function,
        "path": sys.path if python is None else None,
    }
    program = [sys.executable, "-I", "-S"] if python is None else [os.fspath(python), "-I"]
    try:
        done = subprocess.run(
            [*program, "-c", _CODE],
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"{function}: no answer within {timeout:g} s") from None
    answer = done.stdout.decode("utf-8", "replace").rpartition("\x1e")[2]
    if done.returncode != 0 or not answer:
        tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NoAnswer(f"{function}: ended with {done.returncode}: {' '.join(tail)}")
    found: dict[str, Any] = json.loads(answer)
    return found
