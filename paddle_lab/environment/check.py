"""The check: in a process of its own, import, train one step and infer once on every device."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddle_lab.environment.engine import explain
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.redact import clean
from paddle_lab.i18n import T, Text

TIMEOUT_SECONDS = 240.0
SCRIPT = Path(__file__).resolve().parent / "check_script.py"
# Of Windows, where a crash is an exit code: access violation, illegal instruction, stack overrun.
_WINDOWS_CRASHES = {0xC0000005: "SIGSEGV", 0xC000001D: "SIGILL", 0xC0000409: "SIGABRT"}


def run_check(python: str | Path | None = None, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Run the check in a subprocess; the result is the section ``check`` of a fact sheet.

    ``ok``: everything worked. ``ended``: "normally", "by signal" (with ``signal``) or "timeout".
    ``phases``: name, ok, seconds. ``text``: the error text of the first phase that failed. Never
    raises for what the stack does; a crash is a result.
    """
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONFAULTHANDLER": "1"}
    started = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            # Not with -I: it would hide a paddle.py in the working folder, which is a fault.
            process = subprocess.Popen(
                [str(python or sys.executable), "-c", _launcher(SCRIPT)],
                stdout=output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            return {"ok": False, "ended": "not started", "phases": [], "text": clean(str(error))}
        try:
            code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        said, complaint = _read(output), _read(errors)
    result = _result(said, complaint, code)
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def _launcher(script: Path) -> str:
    """Run the script as if typed in the working folder, so that what stands there counts."""
    return (
        f"exec(compile(open({str(script)!r}, encoding='utf-8').read(), 'check_script.py', 'exec'))"
    )


def _read(file: Any) -> str:
    file.seek(0)
    content: bytes = file.read()
    return content[-200_000:].decode("utf-8", "replace")


def _result(said: str, complaint: str, code: int | None) -> dict[str, Any]:
    phases: list[dict[str, Any]] = []
    text = ""
    begun: str | None = None
    for line in said.split("\n"):  # splitlines() would also cut at the record separator
        if not line.startswith("\x1e"):
            continue
        event = json.loads(line[1:])
        if "begin" in event:
            begun = event["begin"]
            continue
        name = event.pop("done", None)
        if name is not None:
            phases.append({"name": name, "ok": True, **event})
        else:
            phases.append({"name": event["failed"], "ok": False})
            text = text or event["text"]
        begun = None
    result: dict[str, Any] = {"ok": code == 0, "ended": "normally", "phases": phases}
    if begun is not None:
        phases.append({"name": begun, "ok": False})
        result["ended"] = "timeout" if code is None else "by signal"
        result["signal"] = _signal(code)
        text = text or complaint
    elif not phases:
        result["ended"] = "timeout" if code is None else "early"
        text = complaint
    result["text"] = clean(text[-8000:])[-4000:] if result["ok"] is False else ""
    return result


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


def check_findings(check: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Finding]:
    """What a failed check means: explained as an error text, with this machine's facts."""
    if check.get("ok"):
        return []
    where = next(
        (str(p.get("name")) for p in check.get("phases", []) if not p.get("ok")), "the start"
    )
    text = str(check.get("text") or "")
    crash = str(check.get("signal") or "")
    if check.get("ended") == "timeout":
        return [_hang(where)]
    words = {
        "SIGILL": "Illegal instruction",
        "SIGSEGV": "Segmentation fault",
        "SIGKILL": "Killed, exit code 137",
    }
    if crash:
        text = f"{words.get(crash, crash)} ({crash}) during {where}\n{text}"
    known = list(explain(text, facts, from_here=True).findings)
    return known or [_unknown(where, crash, text)]


def _hang(where: str) -> Finding:
    return Finding(
        id="check-hangs",
        family="native",
        severity="error",
        certainty="proven",
        title=T("It hangs during: {where}", "卡在：{where}", where=where),
        cause=T(
            "The process did not answer within the time-out: a driver that hangs, a download "
            "that waits for the network, or a GPU build compiling kernels for a card it was not "
            "made for.",
            "进程在时限内没有响应：驱动挂起、下载等待网络，或 GPU 版正为不支持的显卡即时编译算子。",
        ),
        fix=T(
            "Try it without the GPU; then check nvidia-smi and that the wheel fits the card "
            "(the plan tells).",
            "先不使用 GPU 运行；再检查 nvidia-smi 以及 wheel 是否匹配显卡（见修复计划）。",
        ),
        commands=(
            "CUDA_VISIBLE_DEVICES= paddle-lab env --check",
            "nvidia-smi",
            "paddle-lab env --plan",
        ),
        sources=("this machine",),
    )


def _unknown(where: str, crash: str, text: str) -> Finding:
    last = next((line for line in reversed(text.strip().splitlines()) if line.strip()), crash)
    return Finding(
        id="check-failed",
        family="native",
        severity="error",
        certainty="proven",
        title=T("It fails during: {where}", "失败于：{where}", where=where),
        cause=Text("{last}", "{last}", {"last": last[:300]}),
        fix=T(
            "No rule knows this error. The known-good set in a fresh environment is the surest "
            "way: see the plan.",
            "没有规则认识该错误。最稳妥的办法是在全新环境安装验证过的整套版本：见修复计划。",
        ),
        commands=("paddle-lab env --plan",),
        sources=("this machine",),
    )
