"""A library whose own code is wrong by itself: it uses a name that it does not define, or calls a
function otherwise than that is written. Its release is at fault, or its files are of two."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame.common import SOURCE, frame_lines
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import PERSON, Frame, Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import installs_with, uses_uv
from paddle_lab.i18n import T, Text

_SIGNATURE: Final = re.compile(
    r"^(?P<function>[\w.<>]+)\(\) (?:takes \d+ positional arguments? but \d+ (?:was|were) given"
    r"|takes from \d+ to \d+ positional arguments but \d+ were given"
    r"|missing \d+ required (?:positional|keyword-only) arguments?: )"
)
_ATTRIBUTE: Final = re.compile(
    r"^(?:type object )?'(?P<kind>\w+)'(?: object)? has no attribute '(?P<name>\w+)'"
)
#: A line that only starts or imports what failed: nothing of the person's is in it.
_STARTS: Final = re.compile(
    r"^\s*(?:sys\.exit\(|main\(|app\.|(?:from|import)\s|load_entry_point|$)"
)
_UNDEFINED: Final = re.compile(r"^name '(?P<name>\w+)' is not defined")
_EAGER: Final = "--upgrade-strategy eager "
#: Behind what is known of this very failure.
_SCORE: Final = 30.0


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding when a line of a library is wrong, whatever the person's code hands to it."""
    del here
    error = trace.final
    frame = error.frames[-1] if error.frames else None
    if frame is None or not frame.is_library:
        return []
    undefined = _UNDEFINED.match(error.message) if error.kind == "NameError" else None
    # What the person handed over to be evaluated there is theirs.
    if undefined is not None and undefined["name"] in frame.code:
        return [_undefined(undefined["name"], trace, frame, facts)]
    lacking = _ATTRIBUTE.match(error.message) if error.kind == "AttributeError" else None
    if lacking is not None and _without_a_person(lacking["kind"], lacking["name"], trace):
        return [_attribute(lacking["kind"], lacking["name"], trace, frame, facts)]
    called = _SIGNATURE.match(error.message) if error.kind == "TypeError" else None
    if called is not None and _by_name(called["function"], frame.code):
        return [_called_otherwise(called["function"], trace, frame, facts)]
    return []


def _by_name(function: str, code: str) -> bool:
    """Does the line call what is named so? A function that was handed over has another name."""
    parts = [part for part in function.split(".") if not part.startswith("_")]
    return bool(parts) and re.search(rf"\b{re.escape(parts[-1])}\(", code) is not None


def _without_a_person(kind: str, name: str, trace: Traceback) -> bool:
    """Was nothing of a person's handed to the library: only the start of a command, an import?"""
    own = [one for one in trace.final.frames if one.package == PERSON]
    mine = any(not _STARTS.match(one.code) for one in own)
    plain = hasattr(builtins, kind) or kind == "NoneType"
    return not mine and not plain and name in trace.final.frames[-1].code


def _undefined(name: str, trace: Traceback, frame: Frame, facts: Mapping[str, Any]) -> Finding:
    package = owned(frame.package, facts, trace.sites)
    again = f"{installs_with(facts)} --force-reinstall --no-deps"
    other = f'"{package.name}!={package.version}"' if package.version else f"-U {package.name}"
    return _told(
        T(
            "{package} itself is at fault: it uses {name} and does not define it",
            "{package} 自身有误：使用了未定义的 {name}",
            package=package,
            name=name,
        ),
        T(
            "The line stands in the code of {package}; nothing of yours reaches it. This release "
            "was published broken (the index may have withdrawn it), or its files are of two "
            "versions.",
            "出错的行位于 {package} 的代码中，与您的代码无关。该版本发布时就有问题"
            "（可能已被索引撤回），或其文件来自两个版本。",
            package=package,
        ),
        T(
            "Install another release of {name}, past the cache:",
            "绕过缓存，安装 {name} 的其他版本：",
            name=package.name,
        ),
        (f"{again} --no-cache-dir {other}",),
        frame_lines(trace, (frame.package,)),
    )


def _attribute(
    kind: str, name: str, trace: Traceback, frame: Frame, facts: Mapping[str, Any]
) -> Finding:
    package = owned(frame.package, facts, trace.sites)
    callers = [one.package for one in trace.final.frames if one.is_library]
    others = [one for one in dict.fromkeys(reversed(callers)) if one != frame.package]
    names = [package.name, *(owned(one, facts, trace.sites).name for one in others[:1])]
    eager = "" if uses_uv(facts) else _EAGER  # uv upgrades what they require anyhow
    return _told(
        T(
            "{package} uses {kind}.{name}, which the installed one does not have",
            "{package} 使用了 {kind}.{name}，而已安装的版本没有",
            package=package,
            kind=kind,
            name=name,
        ),
        T(
            "The line stands in the code of {package} and runs when the program starts, before "
            "anything of yours: the packages that work together here ({names}, and what they "
            "require) are of different releases.",
            "出错的行位于 {package} 的代码中，在程序启动时执行，与您的代码无关："
            "协作的包（{names} 及其依赖）版本不一致。",
            package=package,
            names=", ".join(names),
        ),
        T(
            "Upgrade them with all that they require, in one command:",
            "用一条命令升级它们及其全部依赖：",
        ),
        (f"{installs_with(facts)} -U {eager}{' '.join(names)}",),
        frame_lines(trace, tuple(callers[-1:])),
    )


def _called_otherwise(
    function: str, trace: Traceback, frame: Frame, facts: Mapping[str, Any]
) -> Finding:
    package = owned(frame.package, facts, trace.sites)
    callers = [one.package for one in trace.final.frames if one.is_library]
    names = [owned(one, facts, trace.sites).name for one in dict.fromkeys(reversed(callers))]
    both = names[:2]
    return _told(
        T(
            "{package} calls {function} otherwise than the installed one is written",
            "{package} 调用 {function} 的方式与已安装的不符",
            package=package,
            function=function,
        ),
        T(
            "The call stands in the code of {package}, so the packages that work together here are "
            "of different releases: {names}. Nothing of yours is at fault.",
            "该调用位于 {package} 的代码中，说明此处协作的包版本不一致：{names}。与您的代码无关。",
            package=package,
            names=", ".join(names[:4]),
        ),
        T(
            "Upgrade them in one command, so that the installer takes releases that fit; packages "
            "of one project need the releases of one day.",
            "用一条命令同时升级，让安装器选取匹配的版本；同一项目的包需要同一时期的版本。",
        ),
        (f"{installs_with(facts)} -U {' '.join(reversed(both))}",),
        frame_lines(trace, tuple(dict.fromkeys(reversed(callers)))[:2]),
    )


def _told(
    title: Text, cause: Text, fix: Text, commands: tuple[str, ...], evidence: tuple[str, ...]
) -> Finding:
    return Finding(
        id="library-at-fault",
        family="packages",
        severity="error",
        certainty="likely",
        title=title,
        cause=cause,
        fix=fix,
        commands=commands,
        sources=SOURCE,
        evidence=evidence,
        score=_SCORE,
    )
