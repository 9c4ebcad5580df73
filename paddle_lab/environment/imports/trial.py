"""Really import paddle and paddlenlp, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.check import SCRIPT, run_check
from paddle_lab.environment.closer import look_closer
from paddle_lab.environment.imports import state
from paddle_lab.environment.imports.cache import remember
from paddle_lab.environment.phases import run_phases
from paddle_lab.environment.redact import clean

TIMEOUT_SECONDS: Final = 120.0
#: With the lowest priority on a busy machine, an import of seconds takes minutes.
LOW_TIMEOUT_SECONDS: Final = 600.0
_PREFIX: Final = "import "
_LONGEST_ERROR: Final = 300


def try_imports(
    python: str | Path | None = None,
    timeout: float | None = None,
    *,
    low: bool = False,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Import paddle, then paddlenlp with all that Paddle Lab takes from it, with ``python``.

    The section ``imports`` of a fact sheet: ``key`` (the state of the environment, None where it
    could not be told), ``made`` (seconds since 1970) and ``results``, one a module that was begun:
    ``name``, ``ok``, ``seconds``, ``version``, ``text`` (the traceback, cleaned), ``error`` (its
    failing line), ``where`` (the file and line that raised it), ``ended`` ("normally", "by signal",
    "timeout", "early", "not started") and ``signal``. ``low`` gives way to all other processes.
    ``environ`` replaces the environment variables; such a result is not remembered. Never raises
    for what the stack does.
    """
    limit = timeout or (LOW_TIMEOUT_SECONDS if low else TIMEOUT_SECONDS)
    key = None if environ is not None else key_of(python)
    words = ["imports", "low"] if low else ["imports"]
    done = run_phases(SCRIPT, words, python=python, timeout=limit, environ=environ)
    return _kept(done, key, python)


def check_and_imports(
    python: str | Path | None = None, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """The sections ``check`` and ``imports`` of a fact sheet, out of one check.

    ``progress`` hears the name of each phase that begins.
    """
    key = key_of(python)
    check = run_check(python, progress=progress)
    imports = _kept(check, key, python)
    return {"imports": imports, "check": {k: v for k, v in check.items() if k != "seen"}}


def _kept(done: Mapping[str, Any], key: str | None, python: str | Path | None) -> dict[str, Any]:
    """The section ``imports``, remembered when it tells of the environment.

    An import that only ran out of time may do better on a calmer machine. When one failed, the
    installed files are read whole: ``contents``.
    """
    imports = imports_of(done, key)
    if not all(result["ok"] for result in imports["results"]):
        imports["contents"] = look_closer(python, str(done.get("text") or ""))
    if imports["results"][-1]["ended"] in ("normally", "by signal", "early"):
        remember(imports, done.get("seen") or {})
    return imports


def key_of(python: str | Path | None = None) -> str | None:
    """The state key of this interpreter or of another; None when that one does not tell it."""
    if python is None or str(python) == sys.executable:
        return state.state_key()
    try:
        done = subprocess.run(
            [str(python), state.__file__],
            capture_output=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):  # the trial will say why
        return None
    key = done.stdout.strip()
    return key if done.returncode == 0 and key.isalnum() else None


def imports_of(done: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
    """The section ``imports`` out of what :func:`run_phases` or a check gave."""
    results = [
        _result(phase, done)
        for phase in done.get("phases", [])
        if str(phase.get("name")).startswith(_PREFIX)
    ]
    if not results:  # it ended before its first word
        results = [_result({"name": f"{_PREFIX}paddle", "ok": False}, done)]
    return {"key": key, "made": round(time.time(), 3), "results": results}


def _result(phase: Mapping[str, Any], done: Mapping[str, Any]) -> dict[str, Any]:
    ok = phase.get("ok") is True
    text = "" if ok else str(done.get("text") or "")
    ended = "normally" if ok else str(done.get("ended"))
    seconds = phase.get("seconds", done.get("seconds"))
    return {
        "name": str(phase.get("name")).removeprefix(_PREFIX),
        "ok": ok,
        "seconds": seconds if isinstance(seconds, (int, float)) else 0.0,
        "version": str(phase["version"])[:80] if "version" in phase else None,
        "text": text,
        "error": "" if ok else _error(phase, done, text),
        "where": "" if ok else _where(phase.get("where")),
        "ended": ended,
        "signal": None if ok else done.get("signal"),
    }


def _error(phase: Mapping[str, Any], done: Mapping[str, Any], text: str) -> str:
    """The line that a person would search for."""
    told = str(phase.get("error") or "").strip()
    if told:
        return clean(told.splitlines()[0])[:_LONGEST_ERROR]
    if done.get("signal"):
        return str(done["signal"])
    if done.get("ended") == "timeout":
        return f"no end after {done.get('seconds')} s"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_LONGEST_ERROR] if lines else str(done.get("ended"))


def _where(place: Any) -> str:
    """``file:line: source`` of what raised the error."""
    if not isinstance(place, Mapping):
        return ""
    line = f"{place.get('file')}:{place.get('line')}"
    source = str(place.get("source") or "").strip()
    return clean(f"{line}: {source}" if source else line)[:_LONGEST_ERROR]
