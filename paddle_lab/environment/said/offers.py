"""What an index offers: the versions that pip lists, the wheels that uv found, source packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install, python
from paddle_lab.environment.said.asked_by import ASKED_BY, another_asks
from paddle_lab.environment.said.common import SCORE, SOURCE, WEAK_SCORE, in_one_line
from paddle_lab.i18n import T

_NAME: Final = r"[A-Za-z][\w.\-]{0,80}"
_LISTED: Final = re.compile(
    rf"satisfies the requirement (?P<dist>{_NAME})(?:\[[\w, \-]{{1,80}}\])?"
    r"(?P<spec>[<>=!~][^\s(]{1,80})[^\n]{0,200}?"
    r"\(from versions: (?P<versions>(?!none)[^)]{1,20000})\)"
)
_OTHER_PYTHON: Final = re.compile(
    r"different python version: (?P<ignored>[^\n]{1,20000})", re.IGNORECASE
)
_IGNORED: Final = re.compile(r"(?P<version>\d[\w.+]*) Requires-Python (?P<python>[<>=!~][^;\n]*)")
_SOURCE_OF: Final = re.compile(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[ =]+(?P<url>https?://[\w.\-/:]{3,200})"
)
_PLATFORM: Final = re.compile(
    rf"(?P<dist>{_NAME})(?P<spec>[<>=]=[\w.+]+)? has no wheels with a matching platform tag"
    r"(?: \(e\.g\., [`'](?P<mine>[\w.\-]+)[`']\))?"
)
_ABI: Final = re.compile(
    rf"(?P<dist>{_NAME})(?P<spec>[<>=]=[\w.+]+)? has no wheels with a matching Python"
    r" (?:ABI|version|implementation) tag"
    r"(?: \(e\.g\., [`'](?P<mine>[\w.\-]+)[`']\))?"
)
_THERE_ARE: Final = re.compile(
    r"following [\w ]{0,40}?(?:platforms?|tags?): (?P<tags>[`'][^.;\n]{1,600})"
)
_SINGLE: Final = re.compile(
    rf"Invalid requirement: ['\"]?(?P<dist>{_NAME})=(?P<version>\d[\w.]{{0,40}})(?=['\"\s(]|$)"
)
#: Pages with the builds for a CUDA, as options of pip.
_PAGES: Final = {
    "paddlepaddle-gpu": "-f https://www.paddlepaddle.org.cn/whl/linux/mkl/avx/stable.html",
    "torch": "--index-url https://download.pytorch.org/whl/cu{cuda}",
    "torchvision": "--index-url https://download.pytorch.org/whl/cu{cuda}",
    "torchaudio": "--index-url https://download.pytorch.org/whl/cu{cuda}",
}
#: It was asked already.
_NAMED_PAGE: Final = re.compile(r"\bstable\.html|download\.pytorch\.org")
_QUOTES: Final = str.maketrans("", "", "`'")
_NO_BUILD: Final = re.compile(
    rf"Wheels are required for [`'](?P<dist>{_NAME})[`'] because building from source is disabled"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding: why the index has not what was asked for."""
    line = in_one_line(text)
    for reader in (_no_build, _other_wheels):
        found = reader(line, facts)
        if found is not None:
            return [found]
    operator = _operator(text, facts)
    if operator is not None:
        return [operator]
    listed = _LISTED.search(text)
    return [] if listed is None else _not_listed(text, listed, facts)


def _operator(text: str, facts: Mapping[str, Any]) -> Finding | None:
    """``name=1.0`` in a requirement, which pip reads as no operator."""
    found = _SINGLE.search(text)
    if found is None:
        return None
    right = f"{found['dist']}=={found['version']}"
    return Finding(
        id="requirement-operator",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "The requirement {wrong} needs two equal signs: {right}",
            "版本要求 {wrong} 应写两个等号：{right}",
            wrong=f"{found['dist']}={found['version']}",
            right=right,
        ),
        cause=T(
            "pip writes an exact version with ==; a single = is conda's way.",
            "pip 用 == 表示确切版本；单个 = 是 conda 的写法。",
        ),
        fix=T("Correct the line (or the command):", "修改该行（或命令）："),
        commands=(install(facts, right),),
        sources=SOURCE,
        evidence=(found.group(0),),
        score=SCORE,
    )


def _not_listed(text: str, listed: re.Match[str], facts: Mapping[str, Any]) -> list[Finding]:
    versions = _versions(listed["versions"])
    try:
        wanted = SpecifierSet(listed["spec"], prereleases=True)
    except InvalidSpecifier:
        return []
    if not versions or any(wanted.contains(version) for version in versions):
        return []
    needed = _python_of(text, wanted)
    if not needed and (page := _page_of_build(text, listed["dist"], listed["spec"], versions)):
        return [_on_own_page(listed["dist"], listed["spec"], page, facts)]
    nearest = _nearest(versions, wanted)
    url = _SOURCE_OF.search(text)
    options = f" {url.group(0).split()[0].split('=')[0]} {url['url']}" if url else ""
    asked = f"{listed['dist']}{listed['spec']}"
    by = None if needed else ASKED_BY.search(listed.group(0))
    if by is not None:
        return [another_asks(by["dist"], asked, versions, facts, options)]
    return [
        Finding(
            id="version-not-offered",
            family="install",
            severity="error",
            certainty="likely",
            title=T(
                "The index has {dist}, but not {spec} for this Python and system",
                "索引中有 {dist}，但没有适合当前 Python 和系统的 {spec}",
                dist=listed["dist"],
                spec=listed["spec"],
            ),
            cause=T(
                "{asked} asks for a Python {python}; of what this Python may use there are "
                "{oldest} to {newest}.",
                "{asked} 要求 Python {python}；当前 Python 可用的版本是 {oldest} 至 {newest}。",
                asked=asked,
                python=needed,
                oldest=versions[0],
                newest=versions[-1],
            )
            if needed
            else T(
                "pip reached the index and lists what fits this Python and system: {oldest} to "
                "{newest}. {asked} is not among them: it is too new or too old for this Python, "
                "was never built for this system, or was removed.",
                "pip 已连上索引，并列出了适合当前 Python 和系统的版本：{oldest} 至 {newest}，"
                "其中没有 {asked}：它对当前 Python 过新或过旧、没有该系统的构建，或已被移除。",
                asked=asked,
                oldest=versions[0],
                newest=versions[-1],
            ),
            fix=T(
                "Take one of the listed versions; where it must be this one, make an environment "
                "with a Python that it is made for.",
                "改用列出的版本；若必须用这个版本，请新建一个它支持的 Python 环境。",
            ),
            commands=(install(facts, f"{listed['dist']}=={nearest}") + options,),
            alternatives=(
                Alternative(
                    T("a Python that it asks for", "它要求的 Python"),
                    (f"uv venv --python '{needed}' .venv-other",),
                ),
            )
            if needed
            else (),
            sources=SOURCE,
            score=SCORE + 4 if needed or url else WEAK_SCORE,
        )
    ]


def _page_of_build(text: str, dist: str, spec: str, versions: list[Version]) -> str:
    """The page that has the build for a CUDA which ``spec`` names and none of ``versions`` is."""
    built = re.search(r"(?:\.post|\+cu)(?P<cuda>\d{2,3})$", spec)
    page = _PAGES.get(dist.lower())
    if built is None or page is None or _NAMED_PAGE.search(text):
        return ""
    same = [
        one for one in versions if str(one).endswith((f"post{built['cuda']}", f"cu{built['cuda']}"))
    ]
    return "" if same else page.format(cuda=built["cuda"])


def _on_own_page(dist: str, spec: str, page: str, facts: Mapping[str, Any]) -> Finding:
    return Finding(
        id="build-on-own-page",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{dist}{spec} is a build for one CUDA, which package indexes do not have",
            "{dist}{spec} 是针对某个 CUDA 的构建，软件包索引中没有",
            dist=dist,
            spec=spec,
        ),
        cause=T(
            "The index has {dist} in its own build only; those with a CUDA in their number stand "
            "on a "
            "page of the project.",
            "索引中只有 {dist} 的默认构建；版本号带 CUDA 的构建在项目自己的页面上。",
            dist=dist,
        ),
        fix=T(
            "Name that page (it is for some Pythons only; where it lists none for yours, take a "
            "Python of "
            "that time):",
            "指定该页面（只支持部分 Python 版本；若没有适合您的，请使用当时的 Python）：",
        ),
        commands=(f"{install(facts, dist + spec)} {page}",),
        sources=SOURCE,
        score=SCORE + 6,
    )


def _versions(text: str) -> list[Version]:
    found = []
    for part in text.split(",")[:2000]:
        try:
            found.append(Version(part.strip()))
        except InvalidVersion:
            continue
    return sorted(found)


def _nearest(versions: list[Version], wanted: SpecifierSet) -> Version:
    """Of the same build (``.post117``) where there is one, the nearest to what was asked."""
    for part in wanted:
        try:
            asked = Version(part.version.rstrip(".*"))
        except InvalidVersion:
            continue
        same = [one for one in versions if one.post == asked.post] or versions
        newer = [one for one in same if one >= asked]
        return newer[0] if newer else same[-1]
    return versions[-1]


def _python_of(text: str, wanted: SpecifierSet) -> str:
    """The Python that versions within ``wanted`` ask for, where pip says that it passed them by."""
    ignored = _OTHER_PYTHON.search(text)
    for one in _IGNORED.finditer(ignored["ignored"]) if ignored else ():
        try:
            if wanted.contains(Version(one["version"]), prereleases=True):
                return re.sub(r"\s+", "", one["python"])
        except InvalidVersion:
            continue
    return ""


def _other_wheels(line: str, facts: Mapping[str, Any]) -> Finding | None:
    platform = _PLATFORM.search(line)
    found = platform or _ABI.search(line)
    if found is None:
        return None
    there = _THERE_ARE.search(line)
    tags = there["tags"].translate(_QUOTES).strip() if there else ""
    what = f"{found['dist']}{found['spec'] or ''}"
    return Finding(
        id="wheels-for-others",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{what} has no wheel for this system",
            "{what} 没有适合该系统的 wheel",
            what=what,
        )
        if platform
        else T(
            "{what} has no wheel for this Python", "{what} 没有适合该 Python 的 wheel", what=what
        ),
        cause=T(
            "Its wheels are for {tags} only; wanted is {mine}.",
            "它的 wheel 只适用于 {tags}，而需要的是 {mine}。",
            tags=tags or "…",
            mine=found["mine"] or "…",
        ),
        fix=T(
            "Leave it out on this system: in a requirements file give its line the condition "
            '; sys_platform == "linux" (or take the line out), or work on a system of the list '
            "(WSL, a container).",
            "在该系统上不要安装它：在 requirements 文件中给这一行加上条件 "
            '; sys_platform == "linux"（或删除该行），或改用列表中的系统（WSL、容器）。',
        )
        if platform
        else T(
            "Make an environment with a Python of that list, or ask for a version of it that has "
            "a wheel for this Python.",
            "用列表中的 Python 新建环境，或改用带有该 Python wheel 的版本。",
        ),
        commands=(f"{python(facts)} -m pip index versions {found['dist']}",),
        sources=SOURCE,
        score=SCORE + 4,
    )


def _no_build(line: str, facts: Mapping[str, Any]) -> Finding | None:
    found = _NO_BUILD.search(line)
    if found is None:
        return None
    return Finding(
        id="source-package-refused",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{dist} is published as source only, and building is switched off",
            "{dist} 只有源码包，而从源码构建被禁止",
            dist=found["dist"],
        ),
        cause=T(
            "The command (or a configuration) allows wheels only (--only-binary, --no-build); "
            "{dist} has none that fits.",
            "命令（或配置）只允许 wheel（--only-binary、--no-build），而 {dist} 没有合适的 wheel。",
            dist=found["dist"],
        ),
        fix=T(
            "Allow this one package to be built, or leave the option out:",
            "允许构建这一个包，或去掉该选项：",
        ),
        commands=(install(facts, found["dist"]) + f" --no-binary {found['dist']}",),
        sources=SOURCE,
        score=SCORE + 4,
    )
