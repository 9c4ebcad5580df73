"""A package that is built from source and fails: which one, and what its build lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

#: Behind rules that know the package or the tool that its build lacks.
_MECHANISM_SCORE: Final = 21.0
#: The frames are of the build's own tools, which no command of a person changes.
_ABOVE_FRAMES: Final = 42.0
#: A header that a compiler did not find: of GCC and Clang, or of MSVC.
HEADER: Final = re.compile(
    r"fatal error:? (?:C1083: [^\n]{0,60}?[“\"'’‘](?P<msvc>[\w./+\-]{1,120}\.h\w*)"
    r"|['\"]?(?P<gcc>[\w./+\-]{1,120}\.h\w*)['\"]?(?: file not found|: No such file))"
)
#: How pip and uv name the package whose build failed, the surest first.
_PACKAGES: Final = tuple(
    re.compile(one)
    for one in (
        r"(?:Failed to build installable wheels for|Could not build wheels for)[^\n(]{0,80}"
        r"\((?P<dist>[A-Za-z][\w.\-]{0,80})",
        r"(?:Failed building wheel for|Failed to build|Could not build wheels for"
        r"|Building wheel for|Failed to download and build) ['\"`]?(?!installable)"
        r"(?P<dist>[A-Za-z][\w.\-]{0,80})(?:==(?P<version>\d[\w.]*))?",
        r"pip-(?:install|req-build|wheel)-\w{1,20}[/\\](?P<dist>[A-Za-z][\w.\-]{0,80}?)_[0-9a-f]{32}\b",
        r"writing (?:\w+[/\\])?(?P<dist>[A-Za-z][\w.\-]{0,80})\.egg-info",
        r"Encountered error while [^\n]{5,60}\n\s*╰─> "
        r"(?P<dist>(?!See\b|from\b)[A-Za-z][\w.\-]{0,80})",
    )
)
#: What pip or uv had begun with.
_COLLECTING: Final = re.compile(
    r"(?m)^\s*Collecting (?P<dist>[A-Za-z][\w.\-]{0,80})"
    r"|(?:Using cached|Downloading) (?:\S{0,200}/)?(?P<file>[A-Za-z][\w.\-]{0,80}?)-\d[\w.]*?\.(?"
    r":tar\.gz|zip)\b"
)
#: Words of pip and uv for a build that failed.
FAILED: Final = re.compile(
    r"(?i)subprocess-exited-with-error|metadata-generation-failed|failed building wheel"
    r"|failed to build|could not build wheels|legacy-install-failure|did not run successfully"
    r"|failed to download and build"
)
_ARCHIVE: Final = r"\b{name}-(?P<version>\d[\w.]*?)\.(?:tar\.gz|zip|tar\.bz2)\b"
#: A setup.py that Python 3 cannot read.
_PYTHON_2: Final = re.compile(
    r"Missing parentheses in call to 'print'"
    r"|setup\.py\", line \d+[^\n]*\n(?:[^\n]*\n){0,3}?\s*SyntaxError"
)
#: The tools of an old release, put into its build alone, break on a newer Python.
_TOOLS_BREAK: Final = re.compile(
    r"pip-build-env-[^\n]{0,200}(?:pkg_resources|setuptools|numpy.distutils)[^\n]{0,80}\n"
    r"(?:[^\n]*\n){0,4}?\s*(?P<reason>(?:AttributeError|ModuleNotFoundError|ImportError): "
    r"[^\n]{1,160})"
)
#: The compiler is there and refuses the source.
_REFUSED: Final = re.compile(
    r"(?m)^[^\n]{0,300}\.(?:c|cc|cpp|cxx|h|hpp|pyx)[:(]\d+(?:[:,]\d+)?\)?: (?:fatal )?error:? "
    r"(?P<words>[^\n]{1,160})"
)
#: Rust's compiler refuses a source that is older than it.
_RUST: Final = re.compile(
    r"(?m)^\s*error(?:\[E\d+\])?: (?P<words>[^\n]{1,160})\n\s+--> [^\n]{1,300}\.rs:\d+"
)
#: A command of setuptools that another package brings.
_COMMAND: Final = re.compile(r"invalid command ['\"](?P<command>\w+)['\"]")
#: What its own build says last, when it is Python that failed.
_REASON: Final = re.compile(
    r"(?m)^\s*(?P<reason>(?:[A-Z]\w*(?:Error|Exception)): [^\n]{1,200})\n(?:[^\n]*\n){0,4}?"
    r"\s*\[end of output\]"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding: which package could not be built, and why where the text tells."""
    if FAILED.search(text) is None:
        return []
    dist = built_package(text)
    if not dist:
        return [_unnamed(facts)]
    header = HEADER.search(text)
    command = _COMMAND.search(text)
    if command is not None:
        return [_no_command(command["command"], dist, facts)]
    return [] if header else [_failed(text, dist, facts)]  # a header: told by build_parts


def built_package(text: str) -> str:
    """The package whose build failed; "" where the text does not name it."""
    failed = FAILED.search(text)
    named = next((found for one in _PACKAGES if (found := one.search(text))), None)
    if named is None and failed is not None:  # the last that pip had begun with
        before = list(_COLLECTING.finditer(text, 0, failed.start()))
        named = before[-1] if before else None
    if named is None:
        return ""
    words = named.groupdict()
    return str(words["dist"] or words.get("file") or "").rstrip(".,")


def with_wheel(dist: str, facts: Mapping[str, Any]) -> tuple[Alternative, ...]:
    """The way around a build, where the text names the package."""
    if not dist:
        return ()
    return (
        Alternative(
            T("a release of {dist} that has a wheel", "有 wheel 的 {dist} 版本", dist=dist),
            (_wheel_alone(dist, facts),),
        ),
    )


def _wheel_alone(dist: str, facts: Mapping[str, Any]) -> str:
    return f"{installs_with(facts)} -U --only-binary {dist} {dist}"


def _no_command(command: str, dist: str, facts: Mapping[str, Any]) -> Finding:
    return Finding(
        id="build-tools-too-old",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{dist} could not be built: setuptools here knows no {command}",
            "{dist} 无法构建：此处的 setuptools 没有 {command} 命令",
            dist=dist,
            command=command,
        ),
        cause=T(
            "The command belongs to the package wheel, or to a newer setuptools; this environment "
            "has an old one, or none.",
            "该命令属于 wheel 包或较新的 setuptools，而当前环境没有或过旧。",
        ),
        fix=T("Renew the build tools, then install again:", "更新构建工具后重新安装："),
        commands=(f'{installs_with(facts)} -U pip "setuptools<81" wheel',),
        sources=SOURCE,
        evidence=(command,),
        score=SCORE + 2,
    )


def _unnamed(facts: Mapping[str, Any]) -> Finding:
    return Finding(
        id="package-not-built",
        family="install",
        severity="error",
        certainty="likely",
        title=T("A package could not be built from source", "有包无法从源码构建"),
        cause=T(
            "The installer found no ready wheel for this Python and system and tried to build the "
            "package, which failed. Which one stands some lines before this.",
            "安装器没有找到适合当前 Python 和系统的 wheel，于是尝试构建该包，但失败了。"
            "包名在此前的几行中。",
        ),
        fix=T(
            "Renew the build tools, then take a version of that package that has a wheel "
            "(--only-binary NAME), or Python 3.10 or 3.11.",
            "先更新构建工具，再改用有 wheel 的版本（--only-binary 包名），或 Python 3.10、3.11。",
        ),
        commands=(f'{installs_with(facts)} -U pip "setuptools<81" wheel',),
        sources=SOURCE,
        score=_MECHANISM_SCORE - 3,
    )


def _failed(text: str, dist: str, facts: Mapping[str, Any]) -> Finding:
    archive = re.search(_ARCHIVE.format(name=re.escape(dist)), text)
    version = archive["version"] if archive else ""
    python_2 = _PYTHON_2.search(text)
    reason = _REASON.search(text)
    what = f"{dist} {version}" if version else dist
    refused = _REFUSED.search(text) or _RUST.search(text)
    words = reason["reason"] if reason else "Python 2" if python_2 else ""
    words = refused["words"].strip() if refused else words
    tools = _TOOLS_BREAK.search(text)
    words = tools["reason"] if tools else words
    return Finding(
        id="package-not-built",
        family="install",
        severity="error",
        certainty="likely",
        title=T("{what} could not be built from source", "{what} 无法从源码构建", what=what)
        if not python_2
        else T("{what} is written for Python 2", "{what} 是为 Python 2 编写的", what=what),
        cause=T(
            "The installer took a release of {dist} that Python 3 cannot read: the index offers "
            "nothing newer, or another requirement excludes it.",
            "安装器选取的 {dist} 版本无法被 Python 3 读取：索引没有更新的版本，或被其他要求排除。",
            dist=dist,
        )
        if python_2
        else T(
            "The version that was asked for has no wheel for this Python and system, so it was "
            "built here, and its build failed{reason}. Mostly the version is older than this "
            "Python and its build tools.",
            "所需版本没有适合当前 Python 和系统的 wheel，只能在本机构建，而构建失败{reason}。"
            "多因该版本比当前 Python 及构建工具更旧。",
            reason=f" ({words})" if words else "",
        ),
        fix=T(
            "Take a version of {dist} that has a wheel (its newest mostly has); where one of your "
            "requirements pins the old one, raise it, or use the Python of that time (3.9, 3.10).",
            "改用有 wheel 的 {dist} 版本（最新版通常有）；若某个要求固定了旧版本，请放宽它，"
            "或使用当时的 Python（3.9 或 3.10）。",
            dist=dist,
        ),
        commands=(_wheel_alone(dist, facts),),
        alternatives=(
            Alternative(
                T("an environment with Python 3.10", "Python 3.10 的环境"),
                ("uv venv --python 3.10 .venv-310",),
            ),
        ),
        sources=SOURCE,
        evidence=(words or what,),
        score=_ABOVE_FRAMES
        if tools
        else SCORE + 2
        if python_2 or refused
        else _MECHANISM_SCORE + (2 if words else 0),
    )
