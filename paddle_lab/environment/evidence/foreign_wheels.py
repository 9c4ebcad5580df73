"""Packages that were built for another Python or another machine than this one."""

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
    """One finding for each distribution whose wheel does not fit this interpreter."""
    section = facts.get("foreign_wheels")
    if not isinstance(section, Mapping) or not section:
        return []
    needed = set(stack(facts))
    return [_wheel(facts, str(name), state, needed) for name, state in section.items()]


def _wheel(
    facts: Mapping[str, Any], name: str, state: Mapping[str, Any], needed: set[str]
) -> Finding:
    package = f"{name} {state['version']}"
    tags = ", ".join(map(str, state["tags"]))
    return Finding(
        id="wheel-of-another-python",
        family="install",
        severity=unless_imported(facts) if name in needed else "warning",
        certainty="confirmed",
        title=T(
            "{package} was built for another Python or machine: {tags}",
            "{package} 是为其他 Python 或机器构建的：{tags}",
            package=package,
            tags=tags,
        ),
        cause=T(
            "This is Python {python} on {system} {machine}. A copied site-packages folder, or an "
            "install with --target for another Python, leaves that; compiled parts do not load.",
            "当前是 Python {python}，{system} {machine}。复制 site-packages，或用 --target "
            "为其他 Python 安装会造成这种情况；其编译部分无法加载。",
            python=lookup(facts, "python.version"),
            system=lookup(facts, "platform.system"),
            machine=lookup(facts, "platform.machine"),
        ),
        fix=T(
            "Install the same version again, for this Python.", "为当前 Python 重新安装同一版本。"
        ),
        commands=(reinstall(facts, name),),
        evidence=(f"{package}: {tags} ({state['site']})",),
        about=(name,),
    )
