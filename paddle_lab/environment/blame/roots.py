"""Packages of two environments in one process: two ``site-packages`` folders in one traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.blame.common import LIKELY_SCORE, SCORE, SOURCE
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import python
from paddle_lab.i18n import T

_VERSION = re.compile(r"(?i)/(?:python|Python)(?P<major>3)\.?(?P<minor>\d{1,2})(?=/|t/)")
_USER = re.compile(r"(?i)/\.local/lib/|/AppData/Roaming/Python/|/Library/Python/")
_SYSTEM = re.compile(r"^/usr/(?:local/)?lib/")


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding when two folders of packages take part that do not belong to one Python."""
    roots = list(dict.fromkeys(_plain(site) for site in trace.sites))
    pair = _apart(roots)
    if pair is None:
        return []
    first, second = pair
    user = next((root for root in pair if _USER.search(root)), None)
    onpath = _on_pythonpath(pair, facts) if here else None
    return [
        Finding(
            id="two-environments",
            family="interpreter",
            severity="error",
            certainty="confirmed" if onpath else "likely",
            title=T(
                "Packages of two environments meet in one program",
                "一个程序中混用了两个环境的包",
            ),
            cause=T(
                "The traceback runs through {first} and {second}: what one loads was not installed "
                "for the other.",
                "回溯经过了 {first} 和 {second}：一处加载的包并不是为另一处安装的。",
                first=first,
                second=second,
            ),
            fix=T(
                "Leave the folder of the user out of it, and install into the environment what is "
                "then missing:",
                "不使用用户目录中的包，并把随后缺少的包装进该环境：",
            )
            if user and not onpath
            else T(
                "Take the folder of the other environment off PYTHONPATH and sys.path:",
                "从 PYTHONPATH 和 sys.path 中去掉另一个环境的目录：",
            ),
            commands=_commands(bool(user and not onpath), facts),
            sources=SOURCE,
            evidence=tuple(roots),
            score=SCORE if onpath else SCORE - 5 if _clash(pair) else LIKELY_SCORE + 2,
        )
    ]


def _plain(site: str) -> str:
    return re.sub(r"/lib64/", "/lib/", re.sub(r"/{2,}", "/", site.replace("\\", "/")))


def _apart(roots: list[str]) -> tuple[str, str] | None:
    """Two roots of different Pythons, or of different environments; None when they go together.

    The system's two folders go together, and an environment may be made to see the system's.
    """
    for number, first in enumerate(roots):
        for second in roots[number + 1 :]:
            versions = {_version(first), _version(second)} - {""}
            if len(versions) > 1:
                return first, second
            if _SYSTEM.match(first) or _SYSTEM.match(second):
                continue
            if not _same(first, second):
                return first, second
    return None


def _clash(pair: tuple[str, str]) -> bool:
    """Is just one of them the user's own folder, or are they of two Pythons?"""
    return len({_version(one) for one in pair} - {""}) > 1 or (
        sum(_USER.search(one) is not None for one in pair) == 1
    )


def _version(root: str) -> str:
    found = _VERSION.search(root)
    return f"{found['major']}.{found['minor']}" if found else ""


def _same(first: str, second: str) -> bool:
    """One folder, written with and without ``~``, cut off, or in another case."""
    ends = [root.lower().rpartition("~")[2].lstrip(".…") for root in (first, second)]
    return ends[0].endswith(ends[1]) or ends[1].endswith(ends[0])


def _on_pythonpath(pair: tuple[str, str], facts: Mapping[str, Any]) -> str | None:
    listed = str(lookup(facts, "variables.PYTHONPATH") or "").replace("\\", "/")
    return next((root for root in pair if root in listed), None)


def _commands(of_user: bool, facts: Mapping[str, Any]) -> tuple[str, ...]:
    windows = lookup(facts, "platform.system") == "Windows"
    if of_user:
        name = "$env:PYTHONNOUSERSITE=1" if windows else "export PYTHONNOUSERSITE=1"
        return (name, f"{python(facts)} -m pip check")
    return ("Remove-Item Env:PYTHONPATH" if windows else "unset PYTHONPATH",)
