"""A compiled file of one package that was built for another processor, or is not whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame.common import SOURCE, frame_lines
from paddle_lab.environment.blame.owners import owner_of
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import PERSON, STDLIB, Raised, Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import installs_with, python, shell_word
from paddle_lab.i18n import T, Text

_OTHER: Final = re.compile(
    r"incompatible architecture \(have [('\"]*(?P<have>\w+)[)'\"]*, need [('\"]*(?P<need>\w+)"
    r"|wrong ELF class: (?P<elf>\w+)|WinError 193\b|not a valid Win32 application"
)
_PATH: Final = re.compile(
    r"(?:[A-Za-z]:|~)?[/\\][^\s'\"()]{1,500}[/\\](?:site|dist)-packages[/\\][^\s'\"()]{1,300}"
)
_RUNTIME: Final = re.compile(
    r"(?P<loaded>/[^\s:'\"]{1,300}libstdc\+\+\.so\.6): version "
    r"['\"`]?(?P<version>\w+_[\d.]+)['\"`]? not found \(required by (?P<by>/[^\s)]{1,400})\)"
)
_CONDA: Final = re.compile(r"(?i)conda|mamba|miniforge")
_PREFIX: Final = re.compile(r"^(?P<prefix>/.*?)/lib(?:64)?/(?:python\d|libstdc)")
#: Functions of glibc that are no part of its interface go with the next glibc.
_PRIVATE: Final = re.compile(r"undefined symbol: (?P<symbol>\w+), version GLIBC_PRIVATE")
#: Before the rule for any such file, which cannot say whose it is.
_SCORE: Final = 37.0


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding that names the package whose compiled file this Python cannot load."""
    for error in trace.errors:
        other = _OTHER.search(error.message)
        runtime = _RUNTIME.search(error.message)
        if runtime is not None:
            return _older_runtime(runtime, facts)
        private = _PRIVATE.search(error.message)
        package = _package(error) if other or private else None
        if other is not None and package is not None:
            return [_finding(other, package, trace, facts)]
        if private is not None and package is not None:
            return [_too_old(private["symbol"], package, trace, facts)]
    return []


def _package(error: Raised) -> str | None:
    """The owner of the file that the message names, else of the last library's frame."""
    path = _PATH.search(error.message)
    if path:
        return owner_of(path.group(0)).package
    owners = [frame.package for frame in error.frames if frame.package not in (STDLIB, PERSON)]
    return owners[-1] if owners else None


def _finding(
    other: re.Match[str], package: str, trace: Traceback, facts: Mapping[str, Any]
) -> Finding:
    name = owned(package, facts, trace.sites).name
    show = "import platform; print(platform.machine(), platform.architecture()[0])"
    return Finding(
        id="binary-of-other-processor",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{name} was installed for another processor than this Python runs on",
            "{name} 是为另一种处理器架构安装的，与当前 Python 不符",
            name=name,
        ),
        cause=_cause(other, name),
        fix=T(
            "Look what this Python is, then put {name} back with this very Python:",
            "查看当前 Python 的架构，再用这个 Python 重装 {name}：",
            name=name,
        ),
        commands=(
            f'{python(facts)} -c "{show}"',
            f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}",
        ),
        sources=SOURCE,
        evidence=frame_lines(trace, (package,)),
        score=_SCORE,
    )


def _cause(other: re.Match[str], name: str) -> Text:
    if other["have"]:
        return T(
            "The file of {name} is {have}, this Python needs {need}: it was installed by another "
            "Python (on a Mac an Intel one under Rosetta), or copied from another machine.",
            "{name} 的文件是 {have}，当前 Python 需要 {need}：它由另一个 Python 安装"
            "（Mac 上可能是 Rosetta 下的 Intel 版），或从其他机器拷贝而来。",
            name=name,
            have=other["have"],
            need=other["need"],
        )
    return T(
        "A compiled file of {name} has another word length (32 or 64 bit) than this Python, or is "
        "damaged.",
        "{name} 的编译文件与当前 Python 的位数（32/64 位）不同，或已损坏。",
        name=name,
    )


def _too_old(symbol: str, package: str, trace: Traceback, facts: Mapping[str, Any]) -> Finding:
    name = owned(package, facts, trace.sites).name
    return Finding(
        id="older-than-the-system",
        family="native",
        severity="error",
        certainty="likely",
        title=T(
            "This version of {name} is too old for the system's glibc",
            "该版本的 {name} 对系统的 glibc 来说过旧",
            name=name,
        ),
        cause=T(
            "Its compiled file uses {symbol}, an inner function of glibc that newer systems (such "
            "as Ubuntu 22.04, glibc 2.34 and newer) do not have any more.",
            "其编译文件使用了 glibc 的内部函数 {symbol}，较新的系统"
            "（如 Ubuntu 22.04，glibc 2.34 及以上）已不再提供。",
            symbol=symbol,
        ),
        fix=T(
            "Install a newer version of it, or use an older system in a container:",
            "安装它的新版本，或在容器中使用较旧的系统：",
        ),
        commands=(f"{installs_with(facts)} -U {name}",),
        sources=SOURCE,
        evidence=frame_lines(trace, (package,)),
        score=_SCORE,
    )


def _older_runtime(runtime: re.Match[str], facts: Mapping[str, Any]) -> list[Finding]:
    """By where the loaded libstdc++ lies: an environment's, the system's, or another folder's.

    None where the system's is old and the environment is one without a copy of its own.
    """
    by = _PREFIX.match(runtime["by"])
    home = by["prefix"] if by else ""
    loaded = runtime["loaded"]
    of_system = loaded.startswith(("/usr/lib", "/lib", "/usr/lib64", "/lib64"))
    if (home and loaded.startswith(home + "/")) or (not home and _CONDA.search(loaded)):
        fix = T(
            "The environment's own copy is the old one. Upgrade it:",
            "环境自带的版本过旧，请升级：",
        )
        commands: tuple[str, ...] = ("conda install -y -c conda-forge 'libstdcxx-ng>=12'",)
    elif of_system and not _CONDA.search(home):
        return []
    elif of_system:
        fix = T(
            "The system's copy is the old one, and the environment has (or can have) a newer one. "
            "Put the environment's in front before Python starts:",
            "系统的版本过旧，而环境中有（或可安装）更新的版本。在启动 Python 前把环境的放在前面：",
        )
        commands = (f"export LD_LIBRARY_PATH={shell_word(facts, home)}/lib:$LD_LIBRARY_PATH",)
    else:
        fix = T(
            "A folder on LD_LIBRARY_PATH puts an old copy in front. Take that folder out:",
            "LD_LIBRARY_PATH 中的目录把旧版本放在了前面。请去掉该目录：",
        )
        commands = ("echo $LD_LIBRARY_PATH", "unset LD_LIBRARY_PATH")
    return [
        Finding(
            id="older-runtime-first",
            family="native",
            severity="error",
            certainty="likely",
            title=T(
                "An old libstdc++ is loaded first: {loaded}",
                "先加载了旧的 libstdc++：{loaded}",
                loaded=loaded,
            ),
            cause=T(
                "{by} was built with a newer gcc and asks for {version}, which that copy does "
                "not have.",
                "{by} 由更新的 gcc 构建，需要 {version}，而该版本没有。",
                by=runtime["by"].rpartition("/")[2],
                version=runtime["version"],
            ),
            fix=fix,
            commands=commands,
            sources=SOURCE,
            evidence=(loaded, runtime["by"]),
            score=_SCORE,
        )
    ]
