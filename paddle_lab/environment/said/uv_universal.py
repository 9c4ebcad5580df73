"""What uv refuses because it solves for every system, extra and index at once, as it says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.said.common import SCORE, in_one_line, likely
from paddle_lab.i18n import T

_NAME: Final = r"[A-Za-z][\w.\-]{0,80}"
_MARK: Final = r"\{(?P<marker>[^{}]{3,120})\}"
_SPEC: Final = r"(?P<spec>[<>=!~]=?=?[\w.*+!]{1,40})?"
#: A wheel of the lock that this system cannot use, and nothing to build.
_LOCKED: Final = re.compile(
    rf"Distribution [`'](?P<dist>{_NAME})==(?P<version>[\w.+!]{{1,40}}) @ [^`']{{1,300}}[`'] "
    rf"can't be"
    r" installed because it (?:doesn't have a source distribution or wheel|is marked as "
    r"`--no-build`)"
)
_ONLY: Final = re.compile(
    r"only has wheels for the following platforms?: (?P<tags>[`'][^.;\n]{1,600})"
)
#: ``owner==1 depends on dist{sys_platform == 'win32'}==2``.
_PINS: Final = re.compile(
    rf"(?P<owner>{_NAME}(?:[<>=!~]=?=?[\w.*+]{{1,40}})?) depends on (?P<dist>{_NAME})"
    rf"(?:\[[^\]]{{1,80}}\])?{_MARK}{_SPEC}"
)
_NO_WHEEL: Final = re.compile(
    rf"(?P<dist>{_NAME})(?:{_MARK})?{_SPEC} has no wheels with a matching Python"
)
_TAGS: Final = re.compile(r"following Python (?:ABI|version) tags?: (?P<tags>[`'][^.;]{1,300})")
_SPLIT: Final = re.compile(
    r"dependencies for split \((?:markers: |included: )?(?P<split>[^)]{3,160})\)"
)
_NOT_THIS: Final = re.compile(r"resolution failed for an environment that is not the current one")
_EXTRAS: Final = re.compile(
    rf"(?P<project>{_NAME})[\[:](?P<one>[\w\-]{{1,60}})\]? and "
    rf"(?P=project)[\[:](?P<other>[\w\-]{{1,60}})\]? are"
    r" incompatible"
)
_INDEXES: Final = re.compile(
    rf"[`']?(?P<dist>{_NAME})[`']? was found on (?P<index>https?://[^\s,]{{4,200}}), but not at "
    rf"the requested"
    r" version"
)
_PRE: Final = re.compile(
    r"[Pp]re-releases are available for [`']?(?P<dist>[\w.\-]{1,80})[`']? in the requested range"
)
_QUOTES: Final = str.maketrans("", "", "`'")
_told: Final = partial(likely, family="install", score=SCORE + 7)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for what keeps uv from a solution that this system alone would have."""
    del facts
    if "Because " not in text and "be installed because" not in text:
        return []
    line = in_one_line(text)
    locked = _LOCKED.search(line)
    if locked:
        return [_locked(locked, line)]
    if "we can conclude" not in line:
        return []
    for pattern, tell in ((_INDEXES, _indexes), (_PRE, _pre), (_EXTRAS, _extras)):
        found = pattern.search(line)
        if found:
            return [tell(found)]
    pins = _PINS.search(line)
    if pins:
        return [_pinned(pins, line)]
    split = _SPLIT.search(line)
    return [_of_split(split)] if split and _NOT_THIS.search(line) else []


def _locked(found: re.Match[str], line: str) -> Finding:
    only = _ONLY.search(line)
    tags = only["tags"].translate(_QUOTES).strip() if only else "…"
    name, version = found["dist"], found["version"]
    return _told(
        found,
        "release-without-wheel-here",
        T(
            "{name} {version} has no wheel for this system, and no source to build",
            "{name} {version} 没有适合该系统的 wheel，也没有源码包",
            name=name,
            version=version,
        ),
        T(
            "This release was published for {tags} only. uv locks one version for all systems and "
            "took the newest, though an earlier one may have a wheel for yours.",
            "该版本只为 {tags} 发布。uv 为所有系统锁定同一版本并选了最新的，而较早的版本可能有适合"
            "您系统的 wheel。",
            tags=tags,
        ),
        T(
            "Take the release before it; or say in pyproject.toml that your system must be served: "
            "[tool.uv] required-environments = [\"sys_platform == 'linux'\"] (darwin, win32), "
            "and lock again.",
            "改用之前的版本；或在 pyproject.toml 中声明必须支持您的系统："
            "[tool.uv] required-environments = [\"sys_platform == 'linux'\"]（或 darwin、win32），"
            "然后重新锁定。",
        ),
        (f'uv add "{name}<{version}"',),
    )


def _pinned(found: re.Match[str], line: str) -> Finding:
    marker, owner = found["marker"], found["owner"]
    wanted = f"{found['dist']}{found['spec'] or ''}"
    plain = re.split(r"[<>=!~]", owner)[0]
    lacks, tags = _NO_WHEEL.search(line), _TAGS.search(line)
    old = re.findall(r"cp3(\d{1,2})", tags["tags"]) if tags else []
    others: list[Alternative] = []
    if old:
        newest = max(map(int, old))
        others.append(
            Alternative(
                T("a Python that it has a wheel for", "它有 wheel 的 Python"),
                (f"uv venv --python 3.{newest}",),
            )
        )
    why = (
        T("has no wheel for this Python", "没有该 Python 的 wheel")
        if lacks
        else T("is not in the index", "不在索引中")
    )
    return _told(
        found,
        "pinned-for-other-system",
        T(
            "{owner} requires {wanted} where {marker}, and that {why}",
            "{owner} 在 {marker} 时要求 {wanted}，而它{why}",
            owner=owner,
            wanted=wanted,
            marker=marker,
            why=why,
        ),
        T(
            "uv looks for versions for every system that the project could run on, not only for "
            "this one: what {owner} asks for where {marker} must be there too. pip asks for this "
            "system alone.",
            "uv 为项目可能运行的每个系统求解，而不只是当前系统：{owner} 在 {marker} 时的依赖也必须"
            "存在。pip 只看当前系统。",
            owner=owner,
            marker=marker,
        ),
        T(
            "Let {plain} be newer (take the pin out of the requirements), or solve only for what "
            "you use ({only} in pyproject.toml), or install without a lock (uv pip install).",
            "放宽 {plain} 的版本限制以使用新版；或只为您使用的环境求解（pyproject.toml 中的 "
            "{only}）；或不用锁文件安装（uv pip install）。",
            plain=plain,
            only="requires-python"
            if "python" in marker
            else "[tool.uv] environments = [\"sys_platform == 'linux'\"]",
        ),
        (f"uv add '{plain}'",) if lacks else (f"uv pip install '{owner}'",),
        *others,
    )


def _extras(found: re.Match[str]) -> Finding:
    project, one, other = found["project"], found["one"], found["other"]
    return _told(
        found,
        "extras-exclude",
        T(
            "The extras {one} and {other} of {project} exclude each other",
            "{project} 的可选依赖 {one} 与 {other} 互相排斥",
            one=one,
            other=other,
            project=project,
        ),
        T(
            "uv locks all extras of a project together, though nobody installs both; these two ask "
            "for different versions of one package.",
            "uv 会把项目的所有可选依赖一起锁定，尽管没有人同时安装；这两个要求同一个包的不同版本。",
        ),
        T(
            "Declare in pyproject.toml that they are never installed together, then lock again: "
            '[tool.uv] conflicts = [[{{ extra = "{one}" }}, {{ extra = "{other}" }}]]. In a '
            "project of "
            "others, install the one that you need without a lock:",
            "在 pyproject.toml 中声明二者不会同时安装，然后重新锁定："
            '[tool.uv] conflicts = [[{{ extra = "{one}" }}, {{ extra = "{other}" }}]]。'
            "若是他人的项目，"
            "不用锁文件只安装需要的那个：",
            one=one,
            other=other,
        ),
        (f"uv pip install -e '.[{one}]'",),
    )


def _indexes(found: re.Match[str]) -> Finding:
    return _told(
        found,
        "first-index-only",
        T(
            "uv takes {dist} from the first index that has it, and that has not this version",
            "uv 只从第一个含有 {dist} 的索引取包，而那里没有该版本",
            dist=found["dist"],
        ),
        T(
            "{index} has the package in other versions; the indexes behind it are not asked, so "
            "that nobody can put a package of the same name before yours.",
            "{index} 有该包的其他版本；为避免同名包抢先，其后的索引不会再查询。",
            index=found["index"],
        ),
        T(
            "Let all indexes be compared for this command (if you trust each of them), or name the "
            "index of this package in [tool.uv.sources].",
            "若信任所有索引，让该命令比较全部索引；或在 [tool.uv.sources] 中为该包指定索引。",
        ),
        (f"uv pip install --index-strategy unsafe-best-match '{found['dist']}'",),
    )


def _pre(found: re.Match[str]) -> Finding:
    return _told(
        found,
        "only-pre-releases",
        T("{dist} has only pre-releases in that range", "{dist} 在该范围内只有预发布版本",
          dist=found["dist"]),
        T("They are not taken unless that is allowed.", "未经允许不会安装预发布版本。"),
        T("Allow them for this command:", "对该命令允许预发布版本："),
        (f"uv pip install --prerelease allow '{found['dist']}'",),
    )  # fmt: skip


def _of_split(found: re.Match[str]) -> Finding:
    split = found["split"]
    return _told(
        found,
        "unsolvable-elsewhere",
        T(
            "There is no solution for {split}, which is not this machine",
            "对 {split}（不是本机）无解",
            split=split,
        ),
        T(
            "uv solves for every Python and system that the project allows; here and now the "
            "requirements may well fit.",
            "uv 为项目允许的每个 Python 和系统求解；对当前机器可能是有解的。",
        ),
        T(
            "Limit what is solved for: requires-python in pyproject.toml for a Python, [tool.uv] "
            "environments for a system; or install without a lock:",
            "缩小求解范围：Python 用 pyproject.toml 的 requires-python，系统用 [tool.uv] "
            "environments；或不用锁文件安装：",
        ),
        ("uv pip install -e .",),
    )
