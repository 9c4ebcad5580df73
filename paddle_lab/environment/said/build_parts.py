"""The first thing that a build from source did not find: a header, or a program of its tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.said.builds import FAILED, HEADER, built_package, with_wheel
from paddle_lab.environment.said.common import SCORE, likely
from paddle_lab.i18n import T, Text

#: Of CUDA's own headers the rules know more.
_OF_CUDA: Final = re.compile(
    r"(?:cuda|cudnn|nccl|cublas|curand|cusparse|cusolver|nv\w+|thrust/|cub/)"
)
_BUILDING: Final = re.compile(
    r"(?:Failed building wheel for|Could not build wheels for|Building wheel for"
    r"|setup\.py (?:bdist_wheel|install|egg_info|clean) for|wheels for collected packages:"
    r"|pip-install-\w+/) ?['\"`]?(?P<dist>[A-Za-z][\w\-]{0,80})"
)
#: A build by setup.py alone, without an installer around it.
_BY_SETUP: Final = re.compile(r"error: command |unable to execute |running build_ext")
_PYTHON: Final = re.compile(r"include/python(?P<python>3\.\d{1,2})|cpython-3(?P<tag>\d{1,2})")
_TOOL: Final = re.compile(
    r"(?:unable to execute|error: command) ['\"]?"
    r"(?P<a>(?!(?:cl|link)(?:\.exe)?['\"])[\w+.\-]{2,40})['\"]?"
    r"(?: failed)?: (?:\[Errno 2\] )?No such file"
    r"|(?:/bin/)?(?:ba|da|z)?sh:(?: line)? ?\d*:? "
    r"?(?P<b>gcc|g\+\+|cc|c\+\+|make|cmake|ninja|cargo|rustc"
    r"|swig|pkg-config|nvcc|gfortran|autoconf|automake|libtoolize|patch|flex|bison): (?:command "
    r")?not found"
    r"|(?P<c>(?:pg|mysql|mariadb)_config|(?:pkg|llvm|gdal|krb5|xml2)-config|swig) "
    r"(?:executable |command )?(?:was )?not found"
    r"|[Pp]rogram '(?P<d>[\w+.\-]{2,40})' not found"
)
#: Of programs that are named otherwise than the package of Debian and of Fedora that has them.
_APT: Final = {
    "gcc": "build-essential", "g++": "build-essential", "cc": "build-essential",
    "c++": "build-essential", "make": "build-essential", "x86_64-linux-gnu-gcc": "build-essential",
    "ninja": "ninja-build", "rustc": "rustc cargo", "pkg-config": "pkg-config",
    "pg_config": "libpq-dev", "mysql_config": "default-libmysqlclient-dev",
    "llvm-config": "llvm-dev", "libtoolize": "libtool", "nvcc": "nvidia-cuda-toolkit",
    "gdal-config": "libgdal-dev", "krb5-config": "libkrb5-dev", "xml2-config": "libxml2-dev",
}  # fmt: skip


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for what the compiler, or the build, looked for in vain."""
    # A program that is not there, or a person's own source, is no package that is built.
    if not any(one.search(text) for one in (_BUILDING, FAILED, _BY_SETUP)):
        return []
    header = HEADER.search(text)
    if header is not None and not _OF_CUDA.match(_header_of(header)):
        named = _BUILDING.findall(text, 0, header.start()) or _BUILDING.findall(text)
        dist = named[-1] if named else ""
        if _header_of(header).rpartition("/")[2].lower() in ("python.h", "pyconfig.h"):
            return [_python_headers(header, text, facts)]
        return [_header(header, dist, facts)]
    tool = _TOOL.search(text)
    return [_tool(tool, built_package(text), facts)] if tool else []


def _header_of(found: re.Match[str]) -> str:
    return str(found["msvc"] or found["gcc"])


def _is_windows(found: re.Match[str], facts: Mapping[str, Any]) -> bool:
    return bool(found.groupdict().get("msvc") or lookup(facts, "platform.system") == "Windows")


def _is_mac(facts: Mapping[str, Any]) -> bool:
    return bool(lookup(facts, "platform.system") == "Darwin")


def _header(found: re.Match[str], dist: str, facts: Mapping[str, Any]) -> Finding:
    header = _header_of(found)
    windows = _is_windows(found, facts)
    pattern = re.escape(header)
    wheel = with_wheel(dist, facts)
    stem = re.sub(r"\W.*$", "", header.rpartition("/")[2])
    commands: tuple[str, ...] = (
        "sudo apt-get install -y apt-file && sudo apt-file update",
        f"apt-file search --regexp '/{pattern}$'   # then: sudo apt-get install -y the package "
        f"named",
    )
    if _is_mac(facts):
        commands = (f"brew search {stem}   # then: brew install the formula named",)
    if windows:
        commands = ()
    return _told(
        "header-missing",
        T(
            "The header {header} is missing: {dist} is compiled here, and the library that it "
            "builds "
            "upon has no development files on this system",
            "缺少头文件 {header}：{dist} 在本机编译，而它所依赖的库没有安装开发文件",
            header=header,
            dist=dist or T("a package", "某个包"),
        ),
        T(
            "There is no wheel for this Python and system, so the package is compiled. The "
            "compiler "
            "works; {header} belongs to a library of the system, whose development package "
            "(…-dev, …-devel) brings it.",
            "没有适合当前 Python 和系统的 wheel，因此需要编译。编译器可用；{header} 属于系统库，"
            "由其开发包（…-dev、…-devel）提供。",
            header=header,
        ),
        T(
            "Take a release that has a wheel; else install the library that has {header} (its own "
            "page, vcpkg or conda-forge) and name its folder in INCLUDE and LIB.",
            "改用有 wheel 的版本；否则安装提供 {header} 的库（其官网、vcpkg 或 conda-forge），"
            "并把目录加入 INCLUDE 和 LIB。",
            header=header,
        )
        if windows
        else T(
            "Find the package that brings {header}, install it, then install again:",
            "查找提供 {header} 的系统包并安装，然后重新安装：",
            header=header,
        ),
        commands,
        found.group(0),
        *wheel,
    )


def _python_headers(found: re.Match[str], text: str, facts: Mapping[str, Any]) -> Finding:
    told = _PYTHON.search(text)
    version = (told["python"] or f"3.{told['tag']}") if told else ""
    apt = f"sudo apt-get install -y python{version}-dev" if version else (
        "sudo apt-get install -y python3-dev"
    )  # fmt: skip
    return _told(
        "python-headers-missing",
        T("Python's own headers are missing ({header})", "缺少 Python 自身的头文件（{header}）",
          header=_header_of(found)),
        T(
            "A package is compiled here, for which the development files of exactly this Python "
            "are needed. The compiler works.",
            "某个包在本机编译，需要与当前 Python 完全一致的开发文件。编译器可用。",
        ),
        T(
            "Use a Python of python.org, uv or conda: these have them.",
            "请使用 python.org、uv 或 conda 的 Python，它们自带头文件。",
        )
        if _is_windows(found, facts)
        else T(
            "Install them for this Python (Fedora, CentOS: python3-devel), then install again. "
            "Pythons of uv and conda have them.",
            "为当前 Python 安装开发文件（Fedora、CentOS：python3-devel），然后重新安装。"
            "uv 和 conda 的 Python 自带。",
        ),
        () if _is_windows(found, facts) else ("xcode-select --install",) if _is_mac(facts)
        else (apt,),
        found.group(0),
        *() if _is_windows(found, facts) else (Alternative(
            T("Fedora, CentOS, openEuler", "Fedora、CentOS、openEuler"),
            (f"sudo yum install -y python{version or '3'}-devel",),
        ),),
    )  # fmt: skip


def _tool(found: re.Match[str], dist: str, facts: Mapping[str, Any]) -> Finding:
    tool = next(filter(None, found.groups()))
    package = _APT.get(tool.lower(), tool)
    commands: tuple[str, ...] = (f"sudo apt-get install -y {package}",)
    if _is_mac(facts):
        plain = tool in ("gcc", "g++", "cc", "c++", "make", "clang")
        commands = ("xcode-select --install",) if plain else (f"brew install {tool}",)
    if _is_windows(found, facts):
        commands = ()
    return _told(
        "build-tool-missing",
        T("The build needs the program {tool}, which is not there", "构建需要程序 {tool}，但未安装",
          tool=tool),
        T(
            "There is no wheel for this Python and system, so a package is compiled here, which "
            "calls {tool}.",
            "没有适合当前 Python 和系统的 wheel，因此某个包在本机编译，并调用了 {tool}。",
            tool=tool,
        ),
        T(
            "Install it and install again; or take a Python for which the package has a wheel "
            "(3.10 and 3.11 have most).",
            "安装它后重试；或改用该包有 wheel 的 Python（3.10 和 3.11 最全）。",
        ),
        commands,
        found.group(0),
        *with_wheel(dist, facts),
        Alternative(
            T("with conda", "使用 conda"), (f"conda install -c conda-forge {_conda(tool)}",)
        ),
    )  # fmt: skip


def _conda(tool: str) -> str:
    return "compilers" if _APT.get(tool) == "build-essential" else _APT.get(tool, tool).split()[0]


def _told(
    name: str, title: Text, cause: Text, fix: Text, commands: tuple[str, ...], words: str,
    *others: Alternative,
) -> Finding:  # fmt: skip
    return likely(
        words, name, title, cause, fix, commands, *others, family="install", score=SCORE + 3
    )
