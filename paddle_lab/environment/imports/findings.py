"""The import that failed in a trial, as a finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paddle_lab.environment.crashes import with_crash
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.verdict import results_of
from paddle_lab.i18n import T, Text

if TYPE_CHECKING:
    from paddle_lab.environment.blame.structure import Frame

FAILS = "import-fails"
HANGS = "import-hangs"
_TAIL_LINES = 4


def import_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """The import that failed, as it failed; its cause is for others to name."""
    return [_finding(result) for result in results_of(facts) if result.get("ok") is not True]


def failed_text(facts: Mapping[str, Any]) -> str:
    """The error text of the import that failed, to be explained; nothing where none did."""
    for result in results_of(facts):
        if result.get("ok") is not True and result.get("ended") != "timeout":
            text, crash = str(result.get("text") or ""), str(result.get("signal") or "")
            return with_crash(text, crash, f"import {result.get('name')}")
    return ""


def _finding(result: Mapping[str, Any]) -> Finding:
    name, error = str(result.get("name")), str(result.get("error") or "")
    hangs = result.get("ended") == "timeout"
    return Finding(
        id=HANGS if hangs else FAILS,
        family="native" if hangs or result.get("signal") else "packages",
        severity="error",
        certainty="proven",
        title=T("import {name} fails: {error}", "import {name} 失败：{error}",
                name=name, error=error),
        cause=_cause(name, result, hangs=hangs),
        fix=_fix(hangs=hangs),
        commands=("paddle-lab env --check",),
        sources=("this machine",),
        evidence=tuple(_tail(str(result.get("text") or ""))),
    )  # fmt: skip


def _cause(name: str, result: Mapping[str, Any], *, hangs: bool) -> Text:
    if hangs:
        return T(
            "The import was tried in a process of its own and did not end in {seconds} s: a disk "
            "or a driver that does not answer, or a machine that is very busy.",
            "已在独立进程中试导入，{seconds} 秒内未结束：磁盘或驱动没有响应，或机器过于繁忙。",
            seconds=result.get("seconds"),
        )
    if result.get("signal"):
        return T(
            "The import was tried in a process of its own, which ended by {signal}: a crash inside "
            "a compiled library, not an error of Python.",
            "已在独立进程中试导入，该进程以 {signal} 结束：编译库内部崩溃，不是 Python 错误。",
            signal=result.get("signal"),
        )
    where = str(result.get("where") or "")
    if where:
        return T(
            "It was tried in a process of its own. Raised at {where}",
            "已在独立进程中试导入。出错位置：{where}",
            where=where,
        )
    return T("It was tried in a process of its own.", "已在独立进程中试导入。")


def _fix(*, hangs: bool) -> Text:
    if hangs:
        return T("Try it again when the machine is calmer.", "请在机器空闲时再试。")
    return T(
        "Mend the other findings first. Where none helps, the check repeats what failed with one "
        "change at a time.",
        "请先处理其他问题。如果都不能解决，--check 会逐项改变条件重复失败的步骤。",
    )


def _tail(text: str) -> list[str]:
    """The end of the traceback: its last frames, one a line, and the error where it began."""
    from paddle_lab.environment.blame.reading import read

    trace = read(text)
    if trace is None or not trace.cause.frames:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return [line[:300] for line in lines[-_TAIL_LINES:]]
    frames = trace.cause.frames[1 - _TAIL_LINES :]
    return [*(f"{_place(frame)}: {frame.code}"[:300] for frame in frames), trace.cause.line[:300]]


def _place(frame: Frame) -> str:
    """Where a frame stands, from the folder of installed packages on where it is in one."""
    path = frame.file.removeprefix(frame.site).lstrip("/\\") if frame.site else frame.file
    return f"{path}:{frame.line}"
