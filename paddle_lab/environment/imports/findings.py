"""What a trial of the imports means: whether they work, and the finding where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.crashes import with_crash
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T, Text

FAILS = "import-fails"
HANGS = "import-hangs"
_NEEDED = {"paddle", "paddlenlp"}
_TAIL_LINES = 6


def imports_work(facts: Mapping[str, Any]) -> bool | None:
    """True when both were imported, False when one failed, None when it was not tried."""
    results = _results(facts)
    if any(result.get("ok") is not True for result in results):
        return False
    return True if {result.get("name") for result in results} >= _NEEDED else None


def import_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """The import that failed, as it failed; its cause is for others to name."""
    return [_finding(result) for result in _results(facts) if result.get("ok") is not True]


def failed_text(facts: Mapping[str, Any]) -> str:
    """The error text of the import that failed, to be explained; nothing where none did."""
    for result in _results(facts):
        if result.get("ok") is not True and result.get("ended") != "timeout":
            text, crash = str(result.get("text") or ""), str(result.get("signal") or "")
            return with_crash(text, crash, f"import {result.get('name')}")
    return ""


def _results(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    imports = facts.get("imports")
    results = imports.get("results") if isinstance(imports, Mapping) else None
    return [result for result in results or [] if isinstance(result, Mapping)]


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
        "Its cause stands below where one was found. Otherwise look closer: the check repeats the "
        "import and says more.",
        "如已找到原因，见下文。否则请进一步检查：--check 会重复导入并给出更多信息。",
    )


def _tail(text: str) -> list[str]:
    """The last lines of the traceback, as they stand."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return [line[:300] for line in lines[-_TAIL_LINES:]]
