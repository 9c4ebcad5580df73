"""Packages of the stack that are built for another Python, system or processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import reinstall
from paddle_lab.environment.requirements import stack
from paddle_lab.i18n import T


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each package that Paddle needs and that no wheel of this Python brought."""
    unfit = lookup(facts, "builds.unfit")
    if not isinstance(unfit, Mapping):
        return []
    needed = set(stack(facts))
    return [_unfit(facts, str(name), of) for name, of in unfit.items() if name in needed]


def _unfit(facts: Mapping[str, Any], name: str, of: Mapping[str, Any]) -> Finding:
    tags = [str(tag) for tag in of["tags"]]
    package = f"{name} {of['version']}"
    takes = str(lookup(facts, "builds.takes"))
    return Finding(
        id="built-for-another-python",
        family="install",
        severity=unless_imported(facts),
        certainty="confirmed",
        title=T(
            "{package} is a build for another Python or system: {tag}",
            "{package} 是为其他 Python 或系统构建的：{tag}",
            package=package,
            tag=tags[0],
        ),
        cause=T(
            "This is {takes}, which cannot load its compiled files. A folder of packages was "
            "copied from another installation, or installed for it with --target.",
            "当前为 {takes}，无法加载其编译文件。"
            "通常是从其他安装复制了包目录，或用 --target 装错了版本。",
            takes=takes,
        ),
        fix=T(
            "Install exactly this package again, in the build for this Python.",
            "重新安装这一个包，使用适合当前 Python 的构建。",
        ),
        commands=(reinstall(facts, name),),
        evidence=tuple(f"{package}: {tag} ({takes})" for tag in tags),
        about=(name,),
    )
