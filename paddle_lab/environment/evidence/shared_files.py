"""Two distributions that brought the same files: the one installed last overwrote the other's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import named, unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import reinstall, uninstall
from paddle_lab.environment.probes.requires import ROOTS
from paddle_lab.environment.requirements import installed, stack
from paddle_lab.i18n import T


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each group of distributions that share files.

    The two builds of Paddle are left out: which of them is wanted is a question of the machine, and
    is answered with it.
    """
    overlaps = lookup(facts, "files.overlaps")
    needed = set(stack(facts))
    return [
        _overlap(facts, entry, needed)
        for entry in (overlaps if isinstance(overlaps, list) else [])
        if not set(entry["names"]) <= set(ROOTS)
    ]


def _overlap(facts: Mapping[str, Any], entry: Mapping[str, Any], needed: set[str]) -> Finding:
    names = [str(name) for name in entry["names"]]
    versions = installed(facts)
    lost = sorted({name for file in entry["files"] for name in set(names) - set(file["from"])})
    hurt = [name for name in lost if name in needed]
    return Finding(
        id="shared-files",
        family="install",
        severity=unless_imported(facts) if hurt else "note",
        certainty="confirmed",
        title=T(
            "{packages} own the same {count} files",
            "{packages} 拥有相同的 {count} 个文件",
            packages=named(f"{name} {versions.get(name, '')}".rstrip() for name in names),
            count=entry["count"],
        ),
        cause=T(
            "Both brought them with different contents: what was installed last overwrote those of "
            "{lost}, and removing either removes files of both.",
            "两者都带有这些文件但内容不同：后安装的覆盖了 {lost} 的文件，卸载其一会删掉双方的。",
            lost=", ".join(lost) or named(names),
        ),
        fix=T(
            "Remove what Paddle does not need, and install what it needs again.",
            "卸载飞桨不需要的那个，再重新安装需要的那个。",
        )
        if hurt
        else T("Nothing, as long as both work for you.", "只要两者都能正常使用就无需处理。"),
        commands=_commands(facts, names, needed) if hurt else (),
        evidence=tuple(
            f"{file['path']}: {', '.join(map(str, file['from'])) or '-'}" for file in entry["files"]
        ),
        about=tuple(names),
    )


def _commands(facts: Mapping[str, Any], names: list[str], needed: set[str]) -> tuple[str, ...]:
    kept = [name for name in names if name in needed]
    others = [name for name in names if name not in needed]
    return (*([uninstall(facts, *others)] if others else []), reinstall(facts, *kept))
