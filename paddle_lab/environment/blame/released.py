"""A name that a package had, or has only since a release: told by the table of release names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.environment.blame import other_python
from paddle_lab.environment.blame.common import SOURCE
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install, installs_with
from paddle_lab.environment.release_names import History
from paddle_lab.i18n import T, Text

#: Before every rule: it names the release.
_SCORE: Final = 41.0
_PATCH: Final = re.compile(r"(?<![\d.])(\d+\.\d+)\.0(?=,|$)")
#: Of Paddle's own packages rules know the whole set that fits, and other packages that exclude it;
#: so of datasets and pyarrow, which are to be chosen as a pair.
_OF_STACK: Final = re.compile(r"paddle|pp(?:diffusers|det)|aistudio-sdk|(?:datasets|pyarrow)$")
_OF_STACK_SCORE: Final = 32.0
#: The release that is here has the name: so the text comes from elsewhere, or is of another time.
_CONTRADICTED_SCORE: Final = 19.5
ID: Final = "name-of-other-release"


def finding(
    known: History,
    version: str | None,
    importer: str,
    facts: Mapping[str, Any],
    evidence: tuple[str, ...] = (),
    *,
    sure: bool = False,
) -> Finding:
    """``importer`` ("" for a person's code) asks for what the release ``version`` has not.

    ``version`` is None where nothing tells it; one that has the name makes the finding a faint
    one. ``sure``: it was seen on this machine.
    """
    package = _own_name(known.package, facts)
    wanted = _PATCH.sub(r"\1", known.requirement.replace(known.package, package, 1))
    contradicted = known.lacks(version) is False
    version = None if contradicted else version
    lacks = known.lacks(version)
    old = known.gone == "" or (lacks is True and _before(known, version))
    shown = f"{package} {version}" if lacks and version else package
    python = "" if contradicted else other_python.unfit_python(known, facts)
    old |= other_python.is_too_old(known, python)
    ways = (
        other_python.ways(replace(known, package=package), python, wanted, importer, facts, old=old)
        if python
        else _ways(package, wanted, importer, facts, old=old)
    )
    return Finding(
        id=ID,
        family="packages",
        severity="error",
        certainty="confirmed" if sure and lacks else "likely",
        title=_title(known, package, python, old=old),
        cause=other_python.cause(known, python, _who(importer), wanted)
        if python
        else _cause(known, shown, importer, wanted, old=old),
        fix=other_python.fix(known, python, importer, old=old)
        if python
        else _fix(package, old=old),
        commands=ways[0].commands,
        alternatives=ways[1:],
        sources=(*SOURCE, f"the releases of {package}"),
        evidence=evidence,
        about=tuple(filter(None, (package, importer))),
        score=_CONTRADICTED_SCORE
        if contradicted
        else _OF_STACK_SCORE
        if _OF_STACK.match(importer or package)
        else _SCORE,
    )


def _title(known: History, package: str, python: str, *, old: bool) -> Text:
    if old and python:
        return T(
            "{what} came with {package} {since}, and no release that has it is for Python {python}",
            "{what} 自 {package} {since} 起才有，而含有它的版本都不支持 Python {python}",
            what=known.what,
            package=package,
            since=_plain(known.since),
            python=python,
        )
    if old:
        return T(
            "{what} came with {package} {since}, and an older one is installed",
            "{what} 自 {package} {since} 起才有，而安装的版本更旧",
            what=known.what,
            package=package,
            since=_plain(known.since),
        )
    return T(
        "{what} left {package} in {gone}, and that release or a newer one is installed",
        "{what} 在 {package} {gone} 中被移除，而安装的是该版本或更新的版本",
        what=known.what,
        package=package,
        gone=_plain(known.gone),
    )


def _fix(package: str, *, old: bool) -> Text:
    if old:
        return T(
            "Upgrade {package}, then restart the kernel:",
            "升级 {package}，然后重启内核：",
            package=package,
        )
    return T(
        "Install a release that still has it, then restart the kernel; or let what asks for it "
        "be newer.",
        "安装仍含有它的版本，然后重启内核；或升级调用它的包。",
    )


def _who(importer: str) -> str | Text:
    return importer or T("The code that asks for it", "请求它的代码")


def _before(known: History, version: str | None) -> bool:
    """Is the installed release one from before the name came?"""
    gone_only = History(known.package, known.what, "", known.gone)
    return bool(known.since) and gone_only.lacks(version) is False


def _own_name(package: str, facts: Mapping[str, Any]) -> str:
    packages = facts.get("packages")
    gpu = isinstance(packages, Mapping) and "paddlepaddle-gpu" in packages
    return "paddlepaddle-gpu" if package == "paddlepaddle" and gpu else package


def _plain(version: str) -> str:
    """2.0.0 as people write it: 2.0."""
    return _PATCH.sub(r"\1", version)


def _cause(known: History, shown: str, importer: str, wanted: str, *, old: bool) -> Text:
    who = _who(importer)
    if old:
        return T(
            "{who} needs {wanted}; {shown} is older than that. Told by the contents of the "
            "releases themselves.",
            "{who} 需要 {wanted}，而 {shown} 更旧。此结论来自各发布版本的内容。",
            who=who,
            wanted=wanted,
            shown=shown,
        )
    return T(
        "{who} was written for {wanted}; {shown} has it no more. Told by the contents of the "
        "releases themselves.",
        "{who} 是针对 {wanted} 编写的，而 {shown} 已没有它。此结论来自各发布版本的内容。",
        who=who,
        wanted=wanted,
        shown=shown,
    )


def _ways(
    package: str, wanted: str, importer: str, facts: Mapping[str, Any], *, old: bool
) -> tuple[Alternative, ...]:
    found = [
        Alternative(
            T("another {package}", "换一个 {package}", package=package),
            (install(facts, wanted),),
        )
    ]
    if importer and importer != package and not old:
        found.append(
            Alternative(
                T(
                    "a newer {importer} that does without it (where this Python has no such "
                    "{package}, the only way)",
                    "不再使用它的新版 {importer}（若当前 Python 没有这样的 {package}，只能如此）",
                    importer=importer,
                    package=package,
                ),
                (f"{installs_with(facts)} -U {importer}",),
            )
        )
    return tuple(found)
