"""A compiled module of the person's own that the loader refuses: rebuild it, and nothing else.

Its file stands outside of every folder of packages, or a line of the person's imports it and no
package's code comes between. Nothing of what is installed is at fault, so no rule may advise to
install Paddle anew.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import PERSON
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with, python, shell_word
from paddle_lab.environment.redact import shorten_home
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.said.common import SOURCE
from paddle_lab.i18n import T, Text

ID: Final = "own-compiled-module"
_SCORE: Final = 39.0  # before what is said of installed packages' files
_SYMBOL: Final = re.compile(
    r"(?:undefined symbol|symbol lookup error|symbol not found in flat namespace)[: ]{1,3}"
    r"[('\"`]*(?P<what>\w{1,300})"
)
_LIBRARY: Final = re.compile(
    r"(?P<what>[\w.+\-]{1,100}\.so[\w.]{0,20}): cannot open shared object file"
)
_SYSTEM: Final = re.compile(
    r"version [`'\"](?P<what>(?:GLIBC|GLIBCXX|CXXABI)_[\w.]{1,20})['\"`] not found"
)
#: An environment's libstdc++, which comes before the system's.
_OF_ENVIRONMENT: Final = re.compile(
    r"(?:conda\d?|mamba|miniforge\d?|/envs/[^/\s]{1,80})/(?:[^:\s]{1,200}/)?libstdc\+\+\.so"
)
_BINARY: Final = re.compile(
    r"(?P<what>invalid ELF header|file too short|wrong ELF class|incompatible architecture"
    r"|not a mach-o file|not a valid Win32 application)"
)
_NAME: Final = re.compile(
    r"does not define (?:module export|init) function \(?(?:PyInit_|init)(?P<what>\w{1,100})"
)
_PYTHON: Final = re.compile(
    r"Python version mismatch: module was compiled for (?P<what>Python [\d.]{1,8})"
)
_PATH: Final = re.compile(
    r"(?P<path>(?:[A-Za-z]:|~)?[/\\][^\s'\"():]{1,400}\.(?:so|pyd|dylib|dll)(?:\.[\d.]{1,10})?)\b"
)
# Where packages, systems and toolkits keep theirs, and a Paddle that was built from source.
_OF_OTHERS: Final = re.compile(
    r"(?i)[/\\](?:site|dist)-packages[/\\]|^(?:/usr)?/lib(?:32|64)?/|^/usr/(?:local/)?(?:lib|cuda)"
    r"|[/\\]lib-dynload[/\\]|(?:conda|mamba|miniforge)\w*[/\\]|[/\\]envs?[/\\][^/\\]+[/\\]lib[/\\]"
    r"|^/opt/|[/\\]System32[/\\]|[/\\]paddle[/\\](?:base|fluid|libs)[/\\]"
    r"|[/\\](?:libpaddle|core_avx|core_noavx|lib(?:cu|nv|stdc|c\.|m\.|gomp)[\w+]*)[^/\\]*$"
)
_IMPORT: Final = re.compile(
    r"^\s*(?:from\s+(?P<package>[\w.]+)\s+)?import\s+(?P<name>\w+)(?:\s+as\s+\w+)?\s*(?:#.*)?$"
)


class _Refused(NamedTuple):
    module: str
    file: str  # "" where the words name none
    what: str


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding, when the loader refuses a module that no package brought."""
    for pattern, tell in _READERS:
        for found in pattern.finditer(text):
            what = found["what"]
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
            one = _whose(line[:2000], what, facts, trace)
            if one is not None:
                return [_told(one, *tell(one), facts)]
    return []


def _whose(
    line: str, what: str, facts: Mapping[str, Any], trace: Traceback | None
) -> _Refused | None:
    """The module of the person's that ``line`` is about; None when a package's may be."""
    paths = [one["path"] for one in _PATH.finditer(line)]
    if what.startswith(("GLIBCXX", "CXXABI")) and _OF_ENVIRONMENT.search(line):
        return None  # an environment's own copy is old: whoever asks is not at fault
    mine = [path for path in paths if not _OF_OTHERS.search(path)]
    # A library that a package's file asks for has the package's name beside its own.
    if any(re.search(r"(?i)[/\\](?:site|dist)-packages[/\\]", path) for path in paths):
        return None
    if mine:
        module = re.split(r"[/\\]", mine[0])[-1].partition(".")[0]
        return _Refused(module, mine[0], what)
    if paths:
        return None
    module = _imported(line, trace)
    if not module or _is_installed(module, facts):
        return None
    return _Refused(module, "", what)


def _imported(line: str, trace: Traceback | None) -> str:
    """The module that a person's line imports where the error was raised; "" when none does."""
    for error in trace.errors if trace else ():
        frames = [one for one in error.frames if not one.file.startswith("<frozen ")]
        if error.message[:40] not in line or not frames or frames[-1].package != PERSON:
            continue
        found = _IMPORT.match(frames[-1].code)
        if found is None:
            return ""
        package = found["package"] or ""
        if package and not package.strip("."):
            return f".{found['name']}"
        return package or found["name"]
    return ""


def _is_installed(module: str, facts: Mapping[str, Any]) -> bool:
    top = module.lstrip(".").partition(".")[0]
    if not top or module.startswith("."):
        return False
    packages = installed(facts)
    known = owned(top, facts)
    return top.startswith("paddle") or known.version is not None or known.name in packages


def _of_symbol(one: _Refused) -> tuple[Text, Text]:
    symbol = one.what
    if re.search(r"paddle|3phi", symbol):
        whose = T("another version of Paddle", "另一版本的飞桨")
    elif re.match(r"_ZN?K?\d*(?:3c10|2at|5torch)", symbol):
        whose = T("another version of PyTorch", "另一版本的 PyTorch")
    elif re.match(r"_?Py[A-Z_]", symbol):
        whose = T("another Python", "另一个 Python")
    elif "cxx11" in symbol or re.match(r"_ZN?K?S[ts]", symbol):
        whose = T("another C++ compiler", "另一个 C++ 编译器")
    else:
        return (
            T(
                "nothing that it is linked with defines {what}",
                "链接的库中没有 {what}",
                what=symbol,
            ),
            T(
                "Name the source file or the library that defines it where the module is built "
                '(sources=, libraries=; a C function in C++ needs extern "C"), and build it '
                "again.",
                "在构建脚本中补上定义它的源文件或库（sources=、libraries=；"
                'C++ 中的 C 函数需要 extern "C"），然后重新构建。',
            ),
        )
    return (
        T("it was built for {whose} ({what})", "它是针对{whose}构建的（{what}）",
          whose=whose, what=symbol),
        T("Build it again with this Python and the packages installed here.",
          "请用当前 Python 和已安装的包重新构建。"),
    )  # fmt: skip


def _of_library(one: _Refused) -> tuple[Text, Text]:
    return (
        T("the library {what} is not found", "找不到库 {what}", what=one.what),
        T(
            "If that library is there in another version, build the module again for it; if it "
            "stands in a folder of its own, put that folder on LD_LIBRARY_PATH before Python "
            "starts, or build with -Wl,-rpath.",
            "若本机有该库的其他版本，请针对它重新构建；若它位于单独的目录，"
            "请在启动 Python 前把该目录加入 LD_LIBRARY_PATH，或用 -Wl,-rpath 构建。",
        ),
    )


def _of_system(one: _Refused) -> tuple[Text, Text]:
    return (
        T("it was built on a newer system ({what} is not here)",
          "它在更新的系统上构建（缺少 {what}）", what=one.what),
        T("Build it again on this system.", "请在当前系统上重新构建。"),
    )  # fmt: skip


def _of_binary(one: _Refused) -> tuple[Text, Text]:
    return (
        T("it is no compiled file of this system ({what})",
          "它不是适用于本系统的编译文件（{what}）", what=one.what),
        T("It was copied from another system, is cut short, or is a text (Git LFS): build it again "
          "here.", "它可能拷贝自其他系统、不完整或只是文本（Git LFS）：请在本机重新构建。"),
    )  # fmt: skip


def _of_name(one: _Refused) -> tuple[Text, Text]:
    return (
        T("its source gives it another name than its file ({what})",
          "源码中的模块名与文件名（{what}）不同", what=one.what),
        T("Give both one name: PYBIND11_MODULE({what}, m) or PyInit_{what} in the source, "
          "Extension(\"{what}\", ...) where it is built; then build it again.",
          "使两者同名：源码中写 PYBIND11_MODULE({what}, m) 或 PyInit_{what}，"
          "构建脚本中写 Extension(\"{what}\", ...)，然后重新构建。", what=one.what),
    )  # fmt: skip


def _of_python(one: _Refused) -> tuple[Text, Text]:
    return (
        T("it was built for {what}", "它是针对 {what} 构建的", what=one.what),
        T("Build it again with the Python that runs here.", "请用当前运行的 Python 重新构建。"),
    )


def _told(one: _Refused, why: Text, fix: Text, facts: Mapping[str, Any]) -> Finding:
    here = bool(one.file) and _is_file(one.file)
    shown = shorten_home(one.file) if one.file else one.module.lstrip(".")
    return Finding(
        id=ID,
        family="native",
        severity="error",
        certainty="confirmed" if here else "likely",
        title=T(
            "The compiled module {module} cannot be loaded: {why}",
            "无法加载编译模块 {module}：{why}",
            module=one.module.lstrip("."),
            why=why,
        ),
        cause=T(
            "{file} is no part of an installed package, as far as the text tells: somebody "
            "compiled it, for another state of this machine. Paddle and the other packages are not "
            "at fault.",
            "从文本看，{file} 不属于任何已安装的包：它是自行编译的，针对的环境与现在不同。"
            "飞桨等已安装的包没有问题。",
            file=shown,
        ),
        fix=fix,
        commands=_commands(one, shown, facts),
        sources=SOURCE,
        evidence=tuple(dict.fromkeys((shown, one.what))),
        alternatives=()
        if one.file or one.module.startswith(".")
        else (
            Alternative(
                T("when a package brought it", "若它来自某个安装包"),
                (f"{installs_with(facts)} --force-reinstall --no-cache-dir {one.module}",),
            ),
        ),
        score=_SCORE,
    )


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a path of another system, or longer than one may be
        return False


def _commands(one: _Refused, shown: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What shows all that it lacks, and the usual build of a module in the folder of its source."""
    system = lookup(facts, "platform.system")
    word = (
        shell_word(facts, shown)
        if one.file
        else f"$(find . -name '{shown.rpartition('.')[2]}*.so')"
    )
    look = {
        "Linux": (f"ldd -r {word} 2>&1 | grep -E 'not found|undefined'",),
        "Darwin": (f"otool -L {word}",),
    }.get(str(system), ())
    folder = posixpath.dirname(shown) if one.file and "\\" not in shown else ""
    there = f"cd {shell_word(facts, folder)} && " if folder else ""
    return (*look, f"{there}{python(facts)} setup.py build_ext --inplace --force")


_READERS: Final = (
    (_SYMBOL, _of_symbol),
    (_LIBRARY, _of_library),
    (_SYSTEM, _of_system),
    (_BINARY, _of_binary),
    (_NAME, _of_name),
    (_PYTHON, _of_python),
)
