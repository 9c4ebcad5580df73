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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.redact import clean

# Of Windows, where a crash is an exit code: access violation, illegal instruction, stack overrun.
_WINDOWS_CRASHES: Final = {0xC0000005: "SIGSEGV", 0xC000001D: "SIGILL", 0xC0000409: "SIGABRT"}
#: The last bytes that are read of what the script and its libraries print.
_LARGEST_OUTPUT: Final = 4 << 20
_LARGEST_COMPLAINT: Final = 200_000
_LONGEST_TEXT: Final = 4000
_MOST_TOLD: Final = 400
_POLL_SECONDS: Final = 0.1


def run_phases(
    script: Path,
    arguments: Sequence[str] = (),
    *,
    python: str | Path | None = None,
    timeout: float,
    environ: Mapping[str, str] | None = None,
    where: Path | None = None,
    flags: Sequence[str] = (),
    before: str = "",
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run ``script`` with ``python`` in the working folder (or ``where``), ``timeout`` at most.

    ``flags`` are the interpreter's, ``before`` is Python code that runs before the script, and
    ``progress`` hears the name of each phase that begins. An interrupt ends the script and all that
    it started.

    ``ok``: it ended with 0. ``ended``: "normally", "by signal" (with ``signal``), "timeout",
    "early" or "not started". ``phases``: name, ok, seconds and what each told. ``text``: the error
    text of the first that failed. ``told``: what the code before it said, as lists of words.
    ``seconds``: all of it. Never raises for what the script does.
    """
    environment = {**(os.environ if environ is None else environ)}
    environment.update(PYTHONIOENCODING="utf-8", PYTHONFAULTHANDLER="1")
    program = str(python or sys.executable)
    # It ends by itself, too: whoever waits for it may be gone.
    end = f"import faulthandler\nfaulthandler.dump_traceback_later({timeout + 10}, exit=True)"
    code = f"{end}\n{before}\n{execution(script)}"
    started = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            # Not with -I: it would hide a paddle.py in the working folder, which is a fault.
            process = subprocess.Popen(
                [program, *flags, "-c", code, *arguments],
                stdout=output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=where,
                start_new_session=True,  # so that its own children end with it
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            return {"ok": False, "ended": "not started", "phases": [], "text": clean(str(error))}
        try:
            ended = _wait(process, timeout, output, progress)
        finally:
            _end(process)
        said, complaint = _read(output, _LARGEST_OUTPUT), _read(errors, _LARGEST_COMPLAINT)
    result = _result(said, complaint, ended)
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _wait(
    process: subprocess.Popen[bytes],
    timeout: float,
    output: Any,
    progress: Callable[[str], None] | None,
) -> int | None:
    """The exit code, or None when the time was over."""
    ends = time.monotonic() + timeout
    heard = 0
    while True:
        left = ends - time.monotonic()
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):  # told by the result
            code = process.wait(max(0.0, left if progress is None else min(left, _POLL_SECONDS)))
        if progress is not None:
            begun = [event["begin"] for event in _events(_peek(output)) if "begin" in event]
            for name in begun[heard:]:
                progress(str(name))
            heard = max(heard, len(begun))
        if code is not None or time.monotonic() >= ends:
            return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the script where it still runs, and whatever it started."""
    if process.poll() is not None:  # its number may be another's by now
        return
    with contextlib.suppress(OSError):  # it ended at this moment
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _peek(file: Any) -> str:
    """The beginning of what was written so far; the script goes on where it was."""
    if not hasattr(os, "pread"):  # there the place in the file is shared with the script
        return ""
    return os.pread(file.fileno(), _LARGEST_COMPLAINT, 0).decode("utf-8", "replace")


def execution(script: Path) -> str:
    """Code that runs a script as if typed in the working folder: what stands there counts."""
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
    told = [line[1:].split("\t") for line in complaint.split("\n") if line.startswith("\x1f")]
    if told:
        result["told"] = told[-_MOST_TOLD:]
        complaint = "\n".join(line for line in complaint.split("\n") if line[:1] != "\x1f")
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
        result["ok"] = False  # also of a library that ended the process with 0
        phases.append({"name": begun, "ok": False})
        result["ended"] = "timeout" if code is None else "by signal"
        result["signal"] = _signal(code)
        text = text or complaint
    elif not phases:
        result["ended"] = "timeout" if code is None else "early"
        text = complaint
    elif code is None and all(phase["ok"] for phase in phases):  # between two phases
        result["ended"] = "timeout"
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
