"""What the loader of macOS says: a library that is not there, a symbol, a signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with, shell_word
from paddle_lab.environment.said.libraries import built_for_other
from paddle_lab.environment.said.refused import Refused, refused, told
from paddle_lab.environment.said.symbols import owner_of_symbol
from paddle_lab.i18n import T

_ABSENT: Final = re.compile(
    r"Library not loaded: (?P<library>\S{1,300})\s+Referenced from:\s+(?:<[^>\n]{1,80}> )?"
    r"(?P<by>\S[^\n]{0,300}?\.(?:so|dylib))"
)
_SYMBOL: Final = re.compile(
    r"[Ss]ymbol not found:? \(?'?(?P<symbol>\w{1,200})'?\)?,?\s+Referenced from:\s+"
    r"(?:<[^>\n]{1,80}> )?'?(?P<by>\S[^\n]{0,300}?\.(?:so|dylib))'?[^\n]*\s+"
    r"Expected in:\s+(?P<place>[^\n]{1,300})"
)
#: A library in a place of Homebrew: the formula, and its release where the path has one.
_CELLAR: Final = re.compile(
    r"/(?:opt|Cellar)/(?P<formula>[a-z][\w+.\-]{1,60}(?:@[\d.]{1,8})?)/"
    r"(?:[^/]{1,40}/)*?lib/(?:[a-z]+/(?P<major>\d{1,2})/)?[^/]+$"
)
_REFUSED: Final = re.compile(
    r"unsigned library|code signature[^\n]{0,200}? not valid|different Team IDs"
)
_OPENED: Final = re.compile(r"dlopen\((?P<by>[^,\n]{1,400}\.(?:so|dylib))")
_MOST_BETWEEN: Final = 3000
#: With this the loader looks beside the file that asks: the package brings the library itself.
_OWN: Final = re.compile(r"^@(?:rpath|loader_path|executable_path)/")


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding for a library of another package than Paddle that macOS refuses."""
    for found, tell in (
        (_ABSENT.search(text), _absent),
        (_SYMBOL.search(text), _symbol),
        (_opened(text), _unsigned),
    ):
        one = refused(found, trace) if found else None
        if one is not None:
            return [tell(one, owned(one.owner, facts, one.sites).name, facts)]
    return []


def _opened(text: str) -> re.Match[str] | None:
    """The file whose signature is refused: what was opened last before these words."""
    words = _REFUSED.search(text)
    if words is None:
        return None
    start = text.rfind("dlopen(", max(0, words.start() - _MOST_BETWEEN), words.start())
    return _OPENED.match(text, start) if start >= 0 else None


def _absent(one: Refused, name: str, facts: Mapping[str, Any]) -> Finding:
    library = one.found["library"]
    file = library.rpartition("/")[2]
    again = f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}"
    if _OWN.match(library):
        return told(
            "library-of-package-missing",
            T(
                "{name} lacks its own library {file}",
                "{name} 缺少自带的库 {file}",
                name=name,
                file=file,
            ),
            T(
                "{library} is looked for beside the file that asks: the package brings it, and it "
                "is not there. The installation is not whole, or of two versions.",
                "{library} 会在请求它的文件旁查找，应由该包自带，却不存在："
                "安装不完整，或混有两个版本。",
                library=library,
            ),
            T("Install exactly this package again:", "强制重装这一个包："),
            (again,),
            one.found.group(0),
        )
    cellar = _CELLAR.search(library)
    if cellar:  # the very formula, and the release of it that was linked to
        formula = cellar["formula"] + (f"@{cellar['major']}" if cellar["major"] else "")
        return _of_homebrew(one, name, library, formula, facts)
    formula = re.sub(r"^lib|[.\d\-]*(?:\.dylib)?$", "", file.partition(".")[0]) or file
    return told(
        "library-of-mac-missing",
        T(
            "{name} needs the library {file}, which this Mac does not have",
            "{name} 需要库 {file}，而本机没有",
            name=name,
            file=file,
        ),
        T(
            "The file of {name} names {library}, the place where it was built; nothing is there.",
            "{name} 的文件指向构建时的位置 {library}，那里没有该库。",
            name=name,
            library=library,
        ),
        T(
            "Install the library with Homebrew, or a newer {name}, whose wheel brings it along.",
            "用 Homebrew 安装该库，或安装自带该库的新版 {name}。",
            name=name,
        ),
        (f"brew install {formula}", f"{installs_with(facts)} -U --force-reinstall {name}"),
        one.found.group(0),
    )


def _of_homebrew(
    one: Refused, name: str, library: str, formula: str, facts: Mapping[str, Any]
) -> Finding:
    return told(
        "library-of-mac-missing",
        T(
            "{name} is linked to {library} of Homebrew's {formula}, which this Mac does not have",
            "{name} 链接到 Homebrew 的 {formula} 中的 {library}，而本机没有",
            name=name,
            library=library,
            formula=formula,
        ),
        T(
            "The file of {name} names the place where it was built. Homebrew has moved on to "
            "another "
            "release, or the formula was never installed here.",
            "{name} 的文件指向构建时的位置；Homebrew 已升级到其他版本，或从未安装该软件。",
            name=name,
        ),
        T(
            "Install exactly that formula, or build {name} here, so that it is linked to what is "
            "here:",
            "安装该软件，或在本机重新构建 {name}，使其链接到本机的库：",
            name=name,
        ),
        (f"brew install {formula}",),
        one.found.group(0),
        Alternative(
            T("build it here", "在本机构建"),
            (f"{installs_with(facts)} --force-reinstall --no-cache-dir --no-binary {name} {name}",),
        ),
    )


def _symbol(one: Refused, name: str, facts: Mapping[str, Any]) -> Finding:
    place = one.found["place"].strip()
    whose = owner_of_symbol(one.found["symbol"])
    if whose and whose != name:
        return built_for_other(one, name, whose, one.found["symbol"], facts)
    of_system = re.match(r"(?:<[^>]*> )?'?/usr/lib/", place) is not None
    return told(
        "built-for-other-mac" if of_system else "built-with-other-library",
        T(
            "{name} was built for a newer macOS than this one",
            "{name} 是为更新的 macOS 构建的",
            name=name,
        )
        if of_system
        else T(
            "{name} was built with another library than the one that is found",
            "{name} 构建时所用的库与找到的不同",
            name=name,
        ),
        T(
            "It asks for {symbol}, expected in {place}, which does not have it.",
            "它需要 {symbol}（应在 {place} 中），但那里没有。",
            symbol=one.found["symbol"],
            place=place,
        ),
        T("Take an older version of it, or upgrade macOS.", "安装旧版本，或升级 macOS。")
        if of_system
        else T(
            "Install or build it anew without the cache, so that it is linked to what is here.",
            "不用缓存重新安装或构建，使其链接到本机的库。",
        ),
        (f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}",),
        one.found.group(0),
    )


def _unsigned(one: Refused, name: str, facts: Mapping[str, Any]) -> Finding:
    return told(
        "library-not-signed",
        T(
            "macOS refuses a compiled file of {name}: its signature is absent or not valid",
            "macOS 拒绝加载 {name} 的编译文件：没有签名或签名无效",
            name=name,
        ),
        T(
            "On Apple silicon every compiled file is signed; this one was built or changed without "
            "that, or this Python admits only files of its own maker.",
            "Apple 芯片上的编译文件都须签名；该文件构建或修改后没有签名，"
            "或当前 Python 只接受自家签名的文件。",
        ),
        T(
            "Sign it for this machine, or install {name} anew; else use a Python that admits it "
            "(uv, Homebrew, conda-forge).",
            "在本机为它签名，或重装 {name}；否则改用允许加载它的 Python"
            "（uv、Homebrew、conda-forge）。",
            name=name,
        ),
        (
            f"codesign --force --sign - {shell_word(facts, one.found['by'])}",
            f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}",
        ),
        one.found.group(0),
    )
