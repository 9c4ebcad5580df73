"""A shared library that the loader of Linux does not find: where it is, or what brings it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import PERSON, STDLIB
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with, python
from paddle_lab.environment.said.common import SCORE, likely
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

_ABSENT: Final = re.compile(
    r"(?P<library>lib[\w+\-]{1,60}?\.so(?:\.\d{1,5}){0,3})['\"]?: cannot open shared object file"
    # cuDNN 9 of itself: the names that it tried, the most exact first.
    r"|Unable to load any of \{[^{}\n]{0,200}?(?P<one>lib[\w+\-]{1,60}?\.so\.\d{1,5})[,}]"
)
#: ``-rwxr-xr-x 1 root root 28 /usr/local/cuda/lib64/libcudnn.so.7``, or the answer of ``find``.
_LISTED: Final = r"(?m)(?:^|\s)(?P<folder>/[\w./+\-]{{1,200}})/{name}(?:\s|$)"
#: The rules know what Paddle's wheels bring and need.
_OF_PADDLE: Final = re.compile(r"(?i)paddle|device_context|run_check|\bfluid\b")
#: Of the driver, of Python, and of what Paddle's wheels bring along: likewise.
_OF_RULES: Final = re.compile(r"lib(?:cuda$|nvidia-|python|mkl|iomp|dnnl|warp|nvinfer)")
#: Parts of CUDA by the name of their library, and the package of NVIDIA that brings it.
_NVIDIA: Final = {
    "libcudart": "cuda-runtime", "libcublas": "cublas", "libcublasLt": "cublas",
    "libcudnn": "cudnn", "libcufft": "cufft", "libcurand": "curand",
    "libcusolver": "cusolver", "libnccl": "nccl",
    "libcusparse": "cusparse", "libnvrtc": "cuda-nvrtc", "libcupti": "cuda-cupti",
    "libnvToolsExt": "nvtx", "libnvJitLink": "nvjitlink", "libcusparseLt": "cusparselt",
}  # fmt: skip
#: The CUDA of a library whose own number is another: libcufft.so.11 belongs to CUDA 12.
_CUDA_OF: Final = {
    ("libcufft", "10"): "11", ("libcufft", "11"): "12", ("libcufft", "12"): "13", 
    ("libcusparse", "11"): "11", ("libcusparse", "12"): "12", ("libcudnn", "9"): "12",
    ("libcusolver", "10"): "11", ("libcusolver", "11"): "12", ("libcusolver", "12"): "13",
}  # fmt: skip
#: The last number of a library that is older than the wheels of NVIDIA: of CUDA 10 and before.
_BEFORE_WHEELS: Final = {
    "libcudnn": 7, "libcudart": 10, "libcublas": 10, "libcublasLt": 10, "libnvrtc": 10,
    "libcusparse": 10, "libcupti": 10, "libcufft": 9, "libcurand": 9, "libcusolver": 9,
}  # fmt: skip
#: Packages of Debian that are named otherwise than its rule says.
_DEBIAN: Final = {"libz": "zlib1g"}


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding for the library that was looked for last."""
    hits = list(_ABSENT.finditer(text))
    if not hits:
        return []
    library = hits[-1]["library"] or hits[-1]["one"]
    stem, _, number = library.partition(".so")
    number = number.lstrip(".")
    listed = re.finditer(_LISTED.format(name=re.escape(library)), text)
    # The stubs of CUDA are for linking: who loads one has no driver.
    there = next((one["folder"] for one in listed if "/stubs" not in one["folder"]), "")
    if there:
        return [_not_searched(library, there, hits[-1].group(0))]
    if _OF_PADDLE.search(text) or _OF_RULES.match(stem):
        return []
    package = _package(trace, facts)
    part = stem if stem in _NVIDIA else stem.split("_")[0]  # libcudnn_ops is a part of libcudnn
    if part in _NVIDIA:
        return [_nvidia(library, part, number, package, facts, hits[-1].group(0))]
    known = load_tables().libraries
    if any(name != "*" and library.startswith(name.removesuffix(".so")) for name in known):
        return []
    return [_of_system(library, stem, number, package, facts, hits[-1].group(0))]


def _package(trace: Traceback | None, facts: Mapping[str, Any]) -> str:
    """The package whose code loads it; "" where no frame tells."""
    raiser = trace.raiser if trace else None
    if raiser in (None, PERSON, STDLIB):
        return ""
    return owned(str(raiser), facts, trace.sites if trace else ()).name


def debian_name(stem: str, number: str) -> str:
    """The package of a library by Debian's rule for names: libzmq.so.5 is in libzmq5."""
    if stem in _DEBIAN:
        return _DEBIAN[stem]
    name = stem.lower().replace("_", "-")
    return f"{name}-{number}" if number and name[-1].isdigit() else f"{name}{number}"


def _not_searched(library: str, folder: str, words: str) -> Finding:
    return _told(
        "library-not-searched",
        T(
            "{library} is there, in {folder}, and the loader does not look into that folder",
            "{library} 在 {folder} 中，但加载器不会查找该目录",
            library=library,
            folder=folder,
        ),
        T(
            "The loader looks into the folders of its own list (ldconfig) and of LD_LIBRARY_PATH "
            "as "
            "it was when the program was started; a variable that was set later, in another "
            "shell, or "
            "under sudo does not count.",
            "加载器只查找自己的列表（ldconfig）和程序启动时的 LD_LIBRARY_PATH；之后、在其他终端或 "
            "sudo 下设置的变量无效。",
        ),
        T(
            "Put the folder on LD_LIBRARY_PATH of the shell before it starts the program (or "
            "Jupyter), or for all programs on the loader's list:",
            "在终端中启动程序（或 Jupyter）之前把该目录加入 LD_LIBRARY_PATH；"
            "或为所有程序加入加载器的列表：",
        ),
        (
            f"export LD_LIBRARY_PATH={folder}:$LD_LIBRARY_PATH",
            f"echo {folder} | sudo tee /etc/ld.so.conf.d/paddle-lab.conf && sudo ldconfig",
        ),
        words,
        SCORE + 6,
    )


def _nvidia(
    library: str, stem: str, number: str, package: str, facts: Mapping[str, Any], words: str
) -> Finding:
    major = number.split(".", maxsplit=1)[0]
    cuda = _CUDA_OF.get((stem, major), major if major in ("11", "12", "13") else "")
    wanted = f"nvidia-{_NVIDIA[stem]}" + (f"-cu{cuda or '12'}" if cuda != "13" else "")
    if stem == "libcudnn" and major:
        wanted += f"=={major}.*"
    old = major.isdigit() and int(major) <= _BEFORE_WHEELS.get(stem, 0)
    look = f"find / -name '{library}*' 2>/dev/null"
    name = package or T("the program", "该程序")
    again = (
        (
            Alternative(
                T(
                    "a build of {name} for the CUDA that is here",
                    "适合本机 CUDA 的 {name}",
                    name=package,
                ),
                (f"{installs_with(facts)} -U --force-reinstall {package}",),
            ),
        )
        if package
        else ()
    )
    return _told(
        "cuda-library-missing",
        T(
            "{library}, a part of CUDA, is not found",
            "找不到 CUDA 的组成部分 {library}",
            library=library,
        ),
        T(
            "{name} is built for the CUDA that {library} belongs to. It is not installed, has "
            "another "
            "major version here, or lies in a folder that the loader does not look into.",
            "{name} 是针对 {library} 所属的 CUDA 构建的；它没有安装、本机是其他主版本，"
            "或位于加载器不查找的目录中。",
            name=name,
            library=library,
        ),
        T(
            "It is older than the wheels of NVIDIA. See whether it is there; if so, put its folder "
            "on LD_LIBRARY_PATH before the program starts. If not, take a release of {name} that "
            "is built for CUDA 11 or later:",
            "它早于 NVIDIA 提供的 wheel。先看它是否存在；若存在，在启动程序前把其目录加入 "
            "LD_LIBRARY_PATH。若不存在，请改用针对 CUDA 11 或更高版本构建的 {name}：",
            name=name,
        )
        if old
        else T(
            "See whether it is there; if so, put its folder on LD_LIBRARY_PATH before the program "
            "starts. If not, install it from pip and put its folder there:",
            "先看它是否存在；若存在，在启动程序前把其目录加入 LD_LIBRARY_PATH。若不存在，用 pip "
            "安装"
            "并加入其目录：",
        ),
        (look,)
        if old
        else (
            look,
            f'{installs_with(facts)} "{wanted}"',
            f"export LD_LIBRARY_PATH=$({python(facts)} -c "
            "\"import nvidia, glob, os; print(':'.join("
            "glob.glob(os.path.join(list(nvidia.__path__)[0], '*', 'lib'))))\"):$LD_LIBRARY_PATH",
        ),
        words,
        SCORE + 3,
        *again,
    )


def _of_system(
    library: str, stem: str, number: str, package: str, facts: Mapping[str, Any], words: str
) -> Finding:
    apt = debian_name(stem, number)
    others = [
        Alternative(
            T("when apt knows no such name", "若 apt 中没有该名称"),
            (
                f"sudo apt-get install -y apt-file && sudo apt-file update && apt-file search "
                f"{library}",
            ),
        ),
        Alternative(
            T("Fedora, CentOS, openEuler", "Fedora、CentOS、openEuler"),
            (f"sudo yum install -y '*/{library}'",),
        ),
    ]
    if package:
        others.insert(
            0,
            Alternative(
                T(
                    "a wheel of {package} that brings its own",
                    "自带该库的 {package} wheel",
                    package=package,
                ),
                (
                    f"{installs_with(facts)} --force-reinstall --no-cache-dir --only-binary "
                    f"{package} "
                    f"{package}",
                ),
            ),
        )
    return _told(
        "system-library-missing",
        T("The system library {library} is missing", "缺少系统库 {library}", library=library),
        T(
            "A compiled file{of} is linked to {library}: it is not installed, or the system has "
            "another version of it (the number after .so must be the same).",
            "某个编译文件{of}链接到 {library}：它没有安装，或系统中是其他版本（.so "
            "后的数字必须相同）。",
            of=T(" of {package}", "（{package}）", package=package) if package else "",
            library=library,
        ),
        T(
            "Install it; by Debian's rule for names the package is {apt}:",
            "安装它；按 Debian 的命名规则，软件包是 {apt}：",
            apt=apt,
        ),
        (f"sudo apt-get update && sudo apt-get install -y {apt}",),
        words,
        SCORE + 1,
        *others,
    )


def _told(
    name: str, title: Text, cause: Text, fix: Text, commands: tuple[str, ...], words: str,
    score: float, *others: Alternative,
) -> Finding:  # fmt: skip
    return likely(words, name, title, cause, fix, commands, *others, family="native", score=score)
