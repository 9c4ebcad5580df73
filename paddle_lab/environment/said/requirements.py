"""Two requirements that no version meets, as pip, uv and Poetry tell them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install, python
from paddle_lab.environment.probes.packages import normal
from paddle_lab.environment.said.common import SCORE, SOURCE, WEAK_SCORE, in_one_line
from paddle_lab.i18n import T

_MOST: Final = 60
_NAME: Final = r"[A-Za-z][\w.\-]{0,80}"
_SPEC: Final = r"(?:[<>=!~]=?=?[\w.*+!]{1,40}(?:, ?(?=[<>=!~]))?){1,6}"
_IN_BRACKETS: Final = rf"\((?P<poetry>{_SPEC}|\d[\w.*+]{{0,40}})\)"
#: ``a>=1 depends on b<2``, ``a 1.0 depends on b<2``, ``a (1.0) depends on b (>=2)``, and what
#: the person asks for.
_ASKS: Final = re.compile(
    rf"(?:(?P<you>you require|user requested)"
    rf"|(?P<who>{_NAME})(?:\[[\w, \-]{{1,80}}\])?"
    rf"(?P<of>{_SPEC}| \d[\w.+]{{0,40}}| \([^()]{{1,60}}\))?"
    rf" depends on)"
    rf" (?P<dist>{_NAME})(?:\[[\w, \-]{{1,80}}\])?(?: ?(?P<spec>{_SPEC})| {_IN_BRACKETS})"
)
#: ``a 1.0 requires b>=2, but you have b 1``, and people's words: ``a 1.0 needs b>=2, c needs <2``.
_WANTS: Final = re.compile(
    rf"(?P<who>{_NAME})(?:==| )?(?P<of>\d[\w.]{{0,40}}\+?)? ?"
    r"(?:has requirement|requires?|needs?|wants?|需要|要求|依赖)"
    rf" ?(?P<dist>{_NAME})? ?(?P<spec>{_SPEC.replace('=?=?', '=?=? ?')})"
)
_ONLY_WARNED: Final = re.compile(r"but you(?:'ll| will)? have")
_GAVE_UP: Final = re.compile(
    r"conflicting dependencies|ResolutionImpossible|we can conclude|version solving failed"
    r"|is incompatible with|No solution found|which is incompatible|[Cc]onflict|冲突"
)


@dataclass(frozen=True)
class Ask:
    """``who`` (None: the person) asks for ``dist`` within ``spec``."""

    who: str | None
    dist: str
    spec: str

    @property
    def requirement(self) -> str:
        """As it is written for pip."""
        return f"{self.dist}{self.spec}"


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding when two requirements of one package exclude each other."""
    if not _GAVE_UP.search(text):
        return []
    asks = [*_asks(in_one_line(text)), *_wants(text)]
    for number, first in enumerate(asks):
        for second in asks[number + 1 :]:
            same = normal(first.dist) == normal(second.dist) and first.who != second.who
            if same and _exclude(first.spec, second.spec):
                return [_finding(first, second, text, facts)]
    return []


def _asks(text: str) -> Iterator[Ask]:
    for number, found in enumerate(_ASKS.finditer(text)):
        if number == _MOST:
            return
        spec = found["spec"] or found["poetry"]
        if spec[0].isdigit():
            spec = f"=={spec}"
        who = None if found["you"] else found["who"]
        of = (found["of"] or "").strip(" ()")
        if who is not None and of:
            who += f"=={of}" if of[0].isdigit() else of
        yield Ask(who, found["dist"], spec.replace(" ", "").strip(","))


def _wants(text: str) -> Iterator[Ask]:
    dist = ""
    for number, found in enumerate(_WANTS.finditer(text)):
        if number == _MOST:
            return
        dist = found["dist"] or dist
        if dist:
            of = f"=={found['of'].rstrip('+')}" if found["of"] else ""
            yield Ask(f"{found['who']}{of}", dist, re.sub(r"\s", "", found["spec"]).strip(","))


def _exclude(one: str, other: str) -> bool:
    """Is there no version that both allow? Judged at the bounds and just beside them."""
    try:
        both = SpecifierSet(f"{one},{other}", prereleases=True)
        bounds = [Version(str(part.version).rstrip(".*")) for part in both]
    except (InvalidSpecifier, InvalidVersion):
        return False
    beside = [
        Version(f"{bound.release[0]}.{'.'.join(map(str, bound.release[1:] or (0,)))}.{tail}")
        for bound in bounds
        for tail in (1, 999_999)
    ]
    below = [Version(f"{bound.public}.dev0") for bound in bounds if not bound.is_prerelease]
    return not any(
        both.contains(version, prereleases=True) for version in (*bounds, *beside, *below)
    )


def _plain(requirement: str) -> str:
    return re.split(r"[<>=!~ ]", requirement)[0]


def _finding(first: Ask, second: Ask, text: str, facts: Mapping[str, Any]) -> Finding:
    own, other = (first, second) if first.who is None else (second, first)
    mine = own.who is None
    if mine and other.who is not None:
        commands: tuple[str, ...] = (install(facts, other.who, other.requirement),)
    else:
        commands = (f"{python(facts)} -m venv .venv-{_plain(str(own.who))}",)
    return Finding(
        id="requirements-exclude",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "Two requirements for {dist} exclude each other",
            "对 {dist} 的两个版本要求互相排斥",
            dist=other.dist,
        ),
        cause=T(
            "{who} requires {wanted}, and you ask for {own}: no version is both.",
            "{who} 要求 {wanted}，而你指定了 {own}：没有版本能同时满足。",
            who=other.who or "",
            wanted=other.requirement,
            own=own.requirement,
        )
        if mine
        else T(
            "{who} requires {wanted}, {second} requires {own}: no version is both.",
            "{who} 要求 {wanted}，{second} 要求 {own}：没有版本能同时满足。",
            who=other.who or "",
            wanted=other.requirement,
            second=own.who or "",
            own=own.requirement,
        ),
        fix=T(
            "Take your own requirement of {dist} back (in the command or the requirements file):",
            "去掉你自己对 {dist} 的版本要求（命令或 requirements 文件中）：",
            dist=other.dist,
        )
        if mine
        else T(
            "Try another version of one of them; what still conflicts needs two environments, one "
            "for each. (Where pip only warned, both are installed, and may work all the same.)",
            "尝试其中一个包的其他版本；仍冲突则各用一个独立环境。"
            "（若 pip 只是警告，则两者都已装上，也可能照常工作。）",
        ),
        commands=commands,
        alternatives=()
        if mine
        else (
            Alternative(
                T("see which versions there are", "查看有哪些版本"),
                (f"{python(facts)} -m pip index versions {_plain(str(own.who))}",),
            ),
        ),
        sources=SOURCE,
        score=SCORE + 4 if mine else SCORE if _ONLY_WARNED.search(text) else WEAK_SCORE,
    )
