"""What the system's loader says when a compiled file does not load: whose file, and what it lacks.

Of Paddle's own files the rules know more; of every other package the loader's words are enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.conditions import version_fits
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install, installs_with
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.said.refused import Refused, refused, told
from paddle_lab.environment.said.symbols import PYTHON, owner_of_symbol
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T

_GLIBC: Final = re.compile(
    r"version [`'\"]?(?P<version>GLIBC_\d[\d.]*)['\"`]? not found"
    r" \(required by (?P<by>[^\s)]{1,400})\)"
)
_SYMBOL: Final = re.compile(
    r"(?P<by>(?:/|~)[^\s:'\"]{1,500}): (?:undefined symbol|symbol lookup error)[: ]{1,2}"
    r"(?P<symbol>\w+)(?:,? version (?P<library>[\w.]+))?"
)
_LAYOUT: Final = re.compile(
    r"(?P<top>\w+)\.[\w.]+ size changed, may indicate binary incompatibility\. "
    r"Expected (?P<built>\d+) from C header, got (?P<got>\d+) from PyObject"
)
#: A function of C++, which has its types in its name: the version must be the very same.
_MANGLED: Final = re.compile(r"_Z\w{4,}")
_HEAD: Final = re.compile(r"_*(?P<word>[a-z]{4,12})(?=[A-Z_\d])")


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding for a compiled file, of another package than Paddle, that the loader refuses."""
    for word, pattern, tell in _READERS:
        found = pattern.search(text) if word in text else None
        one = refused(found, trace) if found else None
        if one is not None:
            finding = tell(one, text, facts)
            return [] if finding is None else [finding]
    return []


def _glibc(one: Refused, text: str, facts: Mapping[str, Any]) -> Finding:
    del text
    package = owned(one.owner, facts, one.sites)
    older = f"{package.name}<{package.version}" if package.version else package.name
    return told(
        "wheel-for-newer-system",
        T(
            "{package} was built for a newer Linux than this one",
            "{package} 是为更新的 Linux 构建的",
            package=package,
        ),
        T(
            "{file} needs {version}. glibc belongs to the system and cannot be upgraded by "
            "itself; the package was copied from another machine, installed by an old pip, or its "
            "wheel says less than it needs.",
            "{file} 需要 {version}。glibc 属于系统，不能单独升级；该包可能拷贝自其他机器、"
            "由旧版 pip 安装，或其 wheel 标注的要求低于实际。",
            file=one.found["by"].rpartition("/")[2],
            version=one.found["version"],
        ),
        T(
            "Take an older {name} that has a wheel for this system (pip chooses by the system, "
            "so upgrade pip first); or a newer system, by itself or in a container.",
            "改用带有适合该系统 wheel 的旧版 {name}（pip 按系统选择，请先升级 pip）；"
            "或使用更新的系统或容器。",
            name=package.name,
        ),
        (
            f"{installs_with(facts)} -U pip",
            install(facts, older) + f" --force-reinstall --only-binary {package.name}",
        ),
        one.found.group(0),
    )


def _symbol(one: Refused, text: str, facts: Mapping[str, Any]) -> Finding | None:
    found = one.found
    name = owned(one.owner, facts, one.sites).name
    whose = owner_of_symbol(found["symbol"])
    if whose and whose != name:
        return built_for_other(one, name, whose, found["symbol"], facts)
    head = _HEAD.match(found["symbol"])
    word = (head["word"] if head else "").removeprefix("lib")
    provider = _provider(word, text, facts) if word else ""
    if not provider and not found["library"]:
        return _compiled_for_other(one, name, facts) if _MANGLED.match(found["symbol"]) else None
    return told(
        "library-of-other-version",
        T(
            "{name} finds another {provider} than it was built with",
            "{name} 找到的 {provider} 与构建时的版本不同",
            name=name,
            provider=provider or found["library"],
        ),
        T(
            "{file} asks for {symbol}, which the loaded {provider} does not have: another package "
            "moved it to a version of its own, or LD_LIBRARY_PATH puts another copy first.",
            "{file} 需要 {symbol}，而加载的 {provider} 中没有：其他包把它换成了自己的版本，"
            "或 LD_LIBRARY_PATH 让另一份先被加载。",
            file=found["by"].rpartition("/")[2],
            symbol=found["symbol"],
            provider=provider or found["library"],
        ),
        T(
            "Put {name} back with what it requires. Where another package needs the other version "
            "keep the two in separate environments.",
            "连同依赖一起重装 {name}。若另一个包需要别的版本，请把两者放在不同环境中。",
            name=name,
        ),
        ("unset LD_LIBRARY_PATH", f"{installs_with(facts)} --force-reinstall {name}"),
        found.group(0),
        Alternative(
            T("an environment for {name} alone", "为 {name} 单独建环境", name=name),
            (f"python -m venv .venv-{name}",),
        ),
    )


def built_for_other(
    one: Refused, name: str, whose: str, symbol: str, facts: Mapping[str, Any]
) -> Finding:
    """``name`` was compiled for another release of ``whose`` (a package, or Python itself)."""
    of_python = whose == PYTHON
    package = owned(whose, facts, one.sites)
    return told(
        "extension-of-other-version",
        T(
            "{name} was compiled for another release of {whose} than the one that runs",
            "{name} 是针对另一版本的 {whose} 编译的",
            name=name,
            whose=whose if of_python else package,
        ),
        T(
            "It asks for {symbol}, a function of {whose} that the one here does not have: such "
            "compiled "
            "files fit the release only that they were made for (of Python also within 3.x: a "
            "later "
            "patch release has more).",
            "它需要 {whose} 的函数 {symbol}，而此处的版本没有：这类编译文件只适用于构建时的版本"
            "（Python 同一 3.x 的较新补丁版本也会多出函数）。",
            symbol=symbol,
            whose=whose,
        ),
        T(
            "Take the newest patch release of this Python, or build {name} anew with the Python "
            "that "
            "runs:",
            "改用该 Python 的最新补丁版本，或用当前 Python 重新构建 {name}：",
            name=name,
        )
        if of_python
        else T(
            "Build {name} anew for the installed {whose}, or install the release of it that was "
            "made for "
            "that; import {whose} before it.",
            "针对已安装的 {whose} 重新构建 {name}，或安装与其匹配的版本；并先导入 {whose}。",
            name=name,
            whose=whose,
        ),
        (
            f"{installs_with(facts)} --force-reinstall --no-deps --no-cache-dir "
            f"{'' if of_python else '--no-build-isolation '}--no-binary {name} {name}",
        ),
        one.found.group(0),
    )


def _compiled_for_other(one: Refused, name: str, facts: Mapping[str, Any]) -> Finding:
    return told(
        "extension-of-other-version",
        T(
            "{name} was compiled for another version of the library that it extends",
            "{name} 是针对所扩展库的另一版本编译的",
            name=name,
        ),
        T(
            "{file} asks for the C++ function {symbol}; the library that is loaded here has it no "
            "more, or not yet. Such extensions fit one version only.",
            "{file} 需要 C++ 函数 {symbol}，而此处加载的库中没有。这类扩展只适用于一个版本。",
            file=one.found["by"].rpartition("/")[2],
            symbol=one.found["symbol"],
        ),
        T(
            "Build it anew for what is installed (past the cache, with the environment's own "
            "packages), or install the version of the library that it was made for.",
            "针对已安装的版本重新构建（绕过缓存，使用环境中的包），或安装它所针对的库版本。",
        ),
        (
            f"{installs_with(facts)} --force-reinstall --no-deps --no-cache-dir "
            f"--no-build-isolation --no-binary {name} {name}",
        ),
        one.found.group(0),
    )


def _provider(word: str, text: str, facts: Mapping[str, Any]) -> str:
    """The package that the text lists, or that is installed, with the symbol's word in its name."""
    listed = re.search(
        rf"(?m)^\s*(?P<name>[\w\-]*{re.escape(word)}[\w\-]*)(?:\s+|==)(?P<version>\d[\w.]*)\s*$",
        text,
    )
    if listed:
        return f"{listed['name']} {listed['version']}"
    return next(
        (f"{name} {version}" for name, version in installed(facts).items() if word in name), ""
    )


def _layout(one: Refused, text: str, facts: Mapping[str, Any]) -> Finding | None:
    del text
    found = one.found
    package = owned(one.owner, facts, one.sites)
    provider = owned(found["top"], facts, one.sites)
    if package.name == provider.name:
        return None
    # Within what Paddle's stack can use, where it says anything of the provider.
    asks = [item for item in load_tables().installs if re.match(rf"{provider.name}\b", item)]
    wanted = asks[0] if asks else provider.name
    newest = bool(asks) and version_fits(provider.version, wanted[len(provider.name) :]) is True
    newer = int(found["built"]) > int(found["got"])
    again = f"{installs_with(facts)} --force-reinstall --no-cache-dir --no-deps {package.name}"
    ways = (
        Alternative(T("the package anew", "重装该包"), (f"{again}",)),
        Alternative(T("the other one", "换另一个"), (install(facts, wanted) + " -U",)),
    )
    first, second = reversed(ways) if newer and not newest else ways
    return told(
        "compiled-for-other-version",
        T(
            "{package} was compiled for another {name} than the installed one",
            "{package} 是针对另一版本的 {name} 编译的",
            package=package,
            name=provider.name,
        ),
        T(
            "It was compiled with a newer {name}, and uses what the installed {provider} lays out "
            "otherwise.",
            "编译时的 {name} 更新，其内存布局与已安装的 {provider} 不同。",
            name=provider.name,
            provider=provider,
        )
        if newer
        else T(
            "It was compiled with an older {name}, and does not know the installed {provider}.",
            "编译时的 {name} 更旧，不认识已安装的 {provider}。",
            name=provider.name,
            provider=provider,
        ),
        T(
            "Upgrade {name}, or install {package} anew (a build for this {name}); then restart "
            "the kernel.",
            "升级 {name}，或重新安装 {package}（针对当前 {name} 的构建）；然后重启内核。",
            name=provider.name,
            package=package.name,
        )
        if newer
        else T(
            "Install {package} anew or newer, then restart the kernel.",
            "重新安装或升级 {package}，然后重启内核。",
            package=package.name,
        ),
        first.commands,
        found.group(0),
        second,
    )


_Tell = Callable[[Refused, str, Mapping[str, Any]], "Finding | None"]
#: A word that must be there (a pattern costs much in a text of slashes), the pattern, what to say.
_READERS: Final[tuple[tuple[str, re.Pattern[str], _Tell], ...]] = (
    ("GLIBC_", _GLIBC, _glibc),
    ("size changed", _LAYOUT, _layout),
    ("symbol", _SYMBOL, _symbol),
)
