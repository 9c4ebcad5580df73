"""Compiled files in ``__pycache__`` that Python would use and cannot read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import python, shell_word
from paddle_lab.i18n import T


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for all of them: they are made anew from their sources by one command."""
    rows = lookup(facts, "imports.contents.bytecode")
    if not isinstance(rows, list) or not rows:
        return []
    sources = " ".join(shell_word(facts, str(row["source"])) for row in rows)
    return [
        Finding(
            id="damaged-bytecode",
            family="install",
            severity="error",
            certainty="confirmed",
            title=T(
                "A compiled file is damaged: {file}{more}",
                "编译缓存文件已损坏：{file}{more}",
                file=_short(str(rows[0]["compiled"])),
                more=f" (+{len(rows) - 1})" if len(rows) > 1 else "",
            ),
            cause=T(
                "Python uses it in place of the source, because it names that source's time and "
                "size, and cannot read it: {reason}. A full disk or a crash while it was written "
                "leaves that behind.",
                "它记录的时间和大小与源文件一致，因此 Python 会使用它，但无法读取：{reason}。"
                "写入时磁盘已满或程序崩溃会造成这种情况。",
                reason=rows[0]["reason"],
            ),
            fix=T("Compile the source again.", "重新编译源文件。"),
            commands=(f"{python(facts)} -m compileall -q -f {sources}",),
            evidence=tuple(f"{row['compiled']}: {row['reason']}" for row in rows),
            about=tuple(str(row["compiled"]) for row in rows),
        )
    ]


def _short(path: str) -> str:
    """The path below site-packages."""
    return path.replace("\\", "/").rpartition("-packages/")[2]
