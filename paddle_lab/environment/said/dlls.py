"""What Windows says when a DLL does not load: it is not found, or it does not start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import STDLIB
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with
from paddle_lab.environment.said.refused import Refused, refused, told
from paddle_lab.i18n import T

_WINDOWS: Final = re.compile(
    r"DLL load failed(?: while importing (?P<module>\w+))?[^\n]{0,200}"
    r"|LoadLibrary failed with error (?P<load>\d+)[^\n]{0,500}"
    r"|\[WinError (?P<number>126|1114)\][^\n]{0,500}"
    r"|Could not find module '[^'\n]{1,300}\.dll' \(or one of its dependencies\)[^\n]{0,40}"
)
#: How compiled modules of Python's binding generators are named after their package.
_BOUND: Final = re.compile(r"(?P<owner>(?!paddle)[a-z]\w+?)_(?:pybind11_state|cpp2py_export)\w*")
_STARTS_NOT: Final = re.compile(r"(?i)1114|初始化例程失败|initialization routine failed")
_ABSENT: Final = re.compile(
    r"(?i)\b126\b|找不到指定的模块|specified module could not be found|could not find module"
)
_OTHER_VERSION: Final = re.compile(
    r"(?i)\b127\b|找不到指定的程序|specified procedure could not be found"
)
_OF_CARD: Final = re.compile(r"(?i)cuda|cudnn|cublas|tensorrt|nvinfer")
_ENVIRONMENT: Final = re.compile(r"(?i)[/\\]envs[/\\](?P<name>[\w.\-]{1,60})[/\\]")


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding for a DLL of another package than Paddle, or of Python itself."""
    found = _WINDOWS.search(text)
    if found is None:
        return []
    one = refused(found, trace) or _by_module(found)
    if one is None:
        return []
    return [replace(told_of, family="windows") for told_of in _of_file(one, text, facts)]


def _by_module(found: re.Match[str]) -> Refused | None:
    """Whose it is where no frame tells: ``onnxruntime_pybind11_state`` is onnxruntime's."""
    named = _BOUND.fullmatch(found["module"] or "")
    if named is None or not _OTHER_VERSION.search(found.group(0)):
        return None
    return Refused(found, named["owner"], ())


def _of_file(one: Refused, text: str, facts: Mapping[str, Any]) -> list[Finding]:
    words = one.found.group(0)
    name = owned(one.owner, facts, one.sites).name
    if one.owner == STDLIB:
        return _of_conda(words, text, facts)
    if _STARTS_NOT.search(words):
        return [_starts_not(words, name, facts)]
    if _OTHER_VERSION.search(words):
        return [_of_other_version(words, name, facts)]
    if not _ABSENT.search(words):
        return []
    return [_of_card(words, name) if _OF_CARD.search(words) else _absent(words, name, facts)]


def _of_card(words: str, name: str) -> Finding:
    title = T(
        "Windows does not find a DLL that {name} needs",
        "Windows 找不到 {name} 所需的 DLL",
        name=name,
    )
    cause = T(
        "The GPU part of {name} was found, and not the CUDA and cuDNN libraries that it was built "
        "with: they are not installed in that version, or not on PATH.",
        "找到了 {name} 的 GPU 部分，但没有找到构建它时所用的 CUDA、cuDNN 库：未安装该版本，"
        "或不在 PATH 中。",
        name=name,
    )
    fix = T(
        "Install the CUDA and cuDNN versions that the documentation of {name} asks for and put "
        "their bin folders on PATH, or take its build for the CPU.",
        "安装 {name} 文档要求的 CUDA 和 cuDNN 版本，并把它们的 bin 目录加入 PATH；"
        "或改用其 CPU 版本。",
        name=name,
    )
    return told("dll-not-found", title, cause, fix, ("where.exe cudnn*.dll",), words)


def _absent(words: str, name: str, facts: Mapping[str, Any]) -> Finding:
    title = T(
        "Windows does not find a DLL that {name} needs",
        "Windows 找不到 {name} 所需的 DLL",
        name=name,
    )
    return told(
        "dll-not-found",
        title,
        T(
            "The file of {name} is there; a DLL that it is linked to is not, and Windows does not "
            "say which. Mostly it is the Visual C++ run-time, else one that {name} expects of the "
            "system, or its installation is not whole. Other packages have no part in it.",
            "{name} 的文件存在，但它链接的某个 DLL 找不到，Windows 也不说明是哪个。"
            "多为 Visual C++ 运行库，其次是它要求系统提供的库，或安装不完整。与其他包无关。",
            name=name,
        ),
        T(
            "Install the Visual C++ run-time and restart; if it stays, put {name} back by force "
            "(in conda from conda-forge, which brings its DLLs along).",
            "安装 Visual C++ 运行库并重启；若仍在，强制重装 {name}（conda 请用 conda-forge，"
            "会带上所需 DLL）。",
            name=name,
        ),
        (
            "winget install Microsoft.VCRedist.2015+.x64",
            f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}",
        ),
        words,
        *(
            (Alternative(T("with conda", "使用 conda"), (f"conda install -c conda-forge {name}",)),)
            if lookup(facts, "python.conda")
            else ()
        ),
    )


def _starts_not(words: str, name: str, facts: Mapping[str, Any]) -> Finding:
    return told(
        "dll-does-not-start",
        T("A DLL of {name} does not start", "{name} 的 DLL 初始化失败", name=name),
        T(
            "Windows found it, and its start-up code failed: the Visual C++ run-time that is "
            "loaded is older than {name} needs (another package may have loaded its own copy "
            "first), or this version of {name} does not fit the machine.",
            "Windows 找到了它，但其启动代码失败：已加载的 Visual C++ 运行库比 {name} 需要的旧"
            "（可能是其他包先加载了自带的副本），或该版本的 {name} 不适合本机。",
            name=name,
        ),
        T(
            "Install the newest Visual C++ run-time and restart; import {name} before all others; "
            "if it stays, take another version of {name}.",
            "安装最新的 Visual C++ 运行库并重启；最先导入 {name}；若仍在，换一个版本的 {name}。",
            name=name,
        ),
        (
            "winget install Microsoft.VCRedist.2015+.x64",
            f"{installs_with(facts)} --force-reinstall --no-cache-dir {name}",
        ),
        words,
    )


def _of_other_version(words: str, name: str, facts: Mapping[str, Any]) -> Finding:
    return told(
        "dll-of-other-version",
        T(
            "{name} finds a DLL of another version than it was built with",
            "{name} 找到的 DLL 与构建时的版本不同",
            name=name,
        ),
        T(
            "All DLLs that it needs are there; one of them has not the function that {name} calls. "
            "It is the DLL of the library that {name} extends, in another release, an older "
            "Visual C++ run-time, or a Windows that is older than this release of {name} supports.",
            "所需的 DLL 都在，但其中一个缺少 {name} 调用的函数：它所扩展的库是另一个版本，"
            "Visual C++ 运行库过旧，或 Windows 版本低于该版本 {name} 的要求。",
            name=name,
        ),
        T(
            "Take the release of {name} that was made for the installed library (its notes name "
            "the version), or upgrade both together; else the newest Visual C++ run-time; on an "
            "old Windows an older release of {name}.",
            "改用与已安装的库相配的 {name} 版本（见其发布说明），或同时升级两者；"
            "否则安装最新的 Visual C++ 运行库；旧版 Windows 请用较旧版本的 {name}。",
            name=name,
        ),
        (f"{installs_with(facts)} -U --force-reinstall {name}",),
        words,
        Alternative(T("the run-time", "运行库"), ("winget install Microsoft.VCRedist.2015+.x64",)),
    )


def _of_conda(words: str, text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """A compiled part of Python itself: conda keeps its DLLs apart, in Library\\bin."""
    if not lookup(facts, "python.conda"):
        return []
    named = _ENVIRONMENT.search(text)
    name = named["name"] if named else "base"
    found = told(
        "environment-not-activated",
        T(
            "The conda environment {name} was not activated",
            "conda 环境 {name} 没有激活",
            name=name,
        ),
        T(
            "A part of Python itself does not find its DLL: conda keeps it in Library\\bin of the "
            "environment, which is on PATH only after conda activate.",
            "Python 自身的模块找不到 DLL：conda 把它放在环境的 Library\\bin 中，"
            "只有 conda activate 之后才在 PATH 上。",
        ),
        T(
            "Activate it and start Python (or Jupyter, the editor) from there:",
            "激活后再从中启动 Python（或 Jupyter、编辑器）：",
        ),
        (f"conda activate {name}",),
        words,
    )
    return [found]
