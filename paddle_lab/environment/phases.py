"""Run a script of phases in a process of its own: what it did, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.redact import clean

# Of Windows, where a crash is an exit code: access violation, illegal instruction, stack overrun.
_WINDOWS_CRASHES: Final = {0xC0000005: "SIGSEGV", 0xC000001D: "SIGILL", 0xC0000409: "SIGABRT"}
#: The last bytes that are read of what the script and its libraries print.
_LARGEST_OUTPUT: Final = 4 << 20
_LARGEST_COMPLAINT: Final = 200_000
_LONGEST_TEXT: Final = 4000


def run_phases(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    python: str | Path | None = None,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    where: Path | None = None,
) -> dict[str, Any]:
    """Run ``script`` with ``python`` in the working folder (or ``where``), ``timeout`` at most.

    ``ok``: it ended with 0. ``ended``: "normally", "by signal" (with ``signal``), "timeout",
    "early" or "not started". ``phases``: name, ok, seconds and what each told. ``text``: the error
    text of the first that failed. ``seconds``: all of it. Never raises for what the script does.
    """
    environment = {**(os.environ if environ is None else environ)}
    environment.update(PYTHONIOENCODING="utf-8", PYTHONFAULTHANDLER="1")
    started = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            # Not with -I: it would hide a paddle.py in the working folder, which is a fault.
            process = subprocess.Popen(
                [str(python or sys.executable), "-c", _launcher(script), *arguments],
                stdout=output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=where,
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            return {"ok": False, "ended": "not started", "phases": [], "text": clean(str(error))}
        code: int | None = None
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass  # told by the result
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said, complaint = _read(output, _LARGEST_OUTPUT), _read(errors, _LARGEST_COMPLAINT)
    result = _result(said, complaint, code)
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _launcher(script: Path) -> str:
    """Run the script as if typed in the working folder, so that what stands there counts."""
    name = repr(str(script))
    return f"exec(compile(open({name}, encoding='utf-8').read(), {name}, 'exec'))"


def _read(file: Any, limit: int) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - limit))
    content: bytes = file.read()
    return content.decode("utf-8", "replace")


def _result(said: str, complaint: str, code: int | None) -> dict[str, Any]:
    phases: list[dict[str, Any]] = []
    result: dict[str, Any] = {"ok": code == 0, "ended": "normally", "phases": phases}
    text = ""
    begun: str | None = None
    for event in _events(said):
        if "begin" in event:
            begun = event["begin"]
        elif "done" in event:
            phases.append({"name": event.pop("done"), "ok": True, **event})
            begun = None
        elif "failed" in event:
            text = text or event.pop("text")
            event.pop("text", None)
            phases.append({"name": event.pop("failed"), "ok": False, **event})
            begun = None
        elif "seen" in event:
            result["seen"] = event["seen"]
    if begun is not None:
        phases.append({"name": begun, "ok": False})
        result["ended"] = "timeout" if code is None else "by signal"
        result["signal"] = _signal(code)
        text = text or complaint
    elif not phases:
        result["ended"] = "timeout" if code is None else "early"
        text = complaint
    result["text"] = "" if result["ok"] else clean(_end_of(text))
    return result


def _events(said: str) -> Iterator[dict[str, Any]]:
    """What the script told; a line that its end cut short tells nothing."""
    for line in said.split("\n"):  # splitlines() would also cut at the record separator
        if line.startswith("\x1e"):
            with contextlib.suppress(ValueError):
                event = json.loads(line[1:])
                if isinstance(event, dict):
                    yield event


def _end_of(text: str) -> str:
    """The last whole lines, for the error stands at the end."""
    return text if len(text) <= _LONGEST_TEXT else text[-_LONGEST_TEXT:].partition("\n")[2]


def _signal(code: int | None) -> str | None:
    if code is None:
        return None
    if code & 0xFFFFFFFF in _WINDOWS_CRASHES:
        return _WINDOWS_CRASHES[code & 0xFFFFFFFF]
    number = -code if code < 0 else code - 128
    try:
        return signal.Signals(number).name
    except ValueError:  # ended by sys.exit inside an import, not by a signal
        return f"exit code {code}"
