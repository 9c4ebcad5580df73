"""Ask the interpreter that is examined: its surroundings, its broken files, and who owns them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddle_lab.environment.phases import execution

SCRIPT = Path(__file__).resolve().parent / "inspect_script.py"
_TIMEOUT_S = 20.0
_LARGEST = 4_000_000


def ask(python: str, question: str, *paths: str, flags: Sequence[str] = ()) -> dict[str, Any]:
    """The answer to one question of ``inspect_script.py``; empty when there is none.

    Where reading a compiled file ends the interpreter, that file is the answer.
    """
    code = execution(SCRIPT)
    try:
        done = subprocess.run(
            [python, *flags, "-B", "-c", code, question, *paths],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    lines = done.stdout[-_LARGEST:].decode("utf-8", "replace").split("\x1e")
    last = lines[-1].strip()
    if last.startswith("looking ") and done.returncode != 0:
        compiled = last.partition(" ")[2]
        return {"found": [[_source_of(compiled), compiled, "ends the interpreter"]]}
    try:
        answer: dict[str, Any] = json.loads(last)
    except ValueError:  # the interpreter did not start, or something printed over it
        return {}
    return answer


def surroundings(python: str) -> dict[str, Any]:
    """What surrounds the installed packages, also where the interpreter does not start as it is."""
    return ask(python, "surroundings") or ask(python, "surroundings", flags=("-S", "-E"))


def _source_of(compiled: str) -> str:
    file = Path(compiled)
    return str(file.parent.parent / (file.name.split(".")[0] + ".py"))
