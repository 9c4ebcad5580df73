"""Why a package's own build gave up, in Python: an import, the Python it is for, its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from paddle_lab.environment.blame.owning import distribution_here
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with
from paddle_lab.environment.said.builds import built_package, with_wheel
from paddle_lab.environment.said.common import likely
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

#: The frames are of the build's own tools, which no command of a person changes.
_SCORE: Final = 43.0
_BUILDS: Final = re.compile(
    r"did not run successfully|subprocess-exited-with-error|metadata-generation-failed"
    r"|Failed to build|failed building wheel|Build backend failed|Failed to download and build"
    r"|legacy-install-failure|Could not build wheels|setup\.py egg_info",
    re.IGNORECASE,
)
#: What stands in Python up to 3.11, or in setuptools of that time, and no more.
_OLD_PYTHON: Final = re.compile(
    r"(?:No module named ['\"]?(?:distutils|imp|asynchat|asyncore|smtpd)\b"
    r"|module 'pkgutil' has no attribute 'ImpImporter'"
    r"|module 'configparser' has no attribute 'SafeConfigParser'"
    r"|module '(?:inspect|collections|ast|typing)' has no attribute '\w+'"
    r"|KeyError: '__version__'|cannot import name '\w+' from 'collections')"
)
_IMPORTED: Final = re.compile(
    r"(?:ModuleNotFoundError|ImportError): No module named ['\"]?(?P<module>\w+)"
)
_RANGE: Final = re.compile(
    r"(?:only versions? (?P<a>[<>=!~][^\s;]{2,40}(?:, ?[<>=!~][^\s;]{2,40})?) (?:are|is) supported"
    r"|requires (?:a )?Python ['\"]?(?P<b>[<>=!~][^\s'\";]{2,60})['\"]?"
    r"|Python (?:version )?(?P<c>3\.\d{1,2})(?:\.\d+)? (?:or (?:later|newer|higher|above) )?is "
    r"required)"
)
_ENCODING: Final = re.compile(
    r"UnicodeDecodeError: '(?P<codec>(?!utf)[\w\-]+)' codec can't decode byte[^\n]{0,120}"
)
#: The project of the folder itself is installed.
_EDITABLE: Final = re.compile(
    r"install [^\n]{0,80}?(?:-e|--editable)[ =]\.|Obtaining file:|build_editable|editable_wheel"
)
_OUTPUT: Final = re.compile(r"\[\d+ lines? of output\](.{1,20000}?)\[end of output\]", re.DOTALL)
_Tell = Callable[[re.Match[str], str, Mapping[str, Any]], Finding]


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the error of a build, where its kind says what is to be done."""
    if not _BUILDS.search(text):
        return []
    outputs = _OUTPUT.findall(text)
    said = "\n".join(outputs) if outputs else text
    dist = built_package(text)
    tellers: tuple[tuple[re.Pattern[str], _Tell], ...] = (
        (_RANGE, _range),
        (_ENCODING, _encoding),
        (_OLD_PYTHON, _old_python),
        (_IMPORTED, partial(_imported, target="-e ." if _EDITABLE.search(text) else dist)),
    )
    for pattern, tell in tellers:
        hits = list(pattern.finditer(said))
        if hits:
            return [tell(hits[-1], dist, facts)]
    return []


def _name(dist: str) -> Text | str:
    return dist or T("a package", "某个包")


def _imported(found: re.Match[str], dist: str, facts: Mapping[str, Any], *, target: str) -> Finding:
    module = found["module"]
    known = load_tables().distributions.get(module, "")
    wanted = known or distribution_here(module) or module
    if module in ("pkg_resources", "setuptools"):
        wanted = "setuptools<81"
    return _told(
        "build-imports-absent",
        T(
            "The build of {dist} imports {module}, which is not there while it is built",
            "构建 {dist} 时导入 {module}，但构建环境中没有它",
            dist=_name(dist),
            module=module,
        ),
        T(
            "pip builds a package in an environment of its own that has only what the package asks "
            "for in advance; {dist} does not name {module}. That it is installed in your "
            "environment "
            "does not help there.",
            "pip 在独立环境中构建，其中只有该包事先声明的内容；{dist} 没有声明 {module}，"
            "即使您的环境中已安装也不起作用。",
            dist=_name(dist),
            module=module,
        ),
        T(
            "Install {module} first, then repeat your command with --no-build-isolation:",
            "先安装 {module}，再为原命令加上 --no-build-isolation 重试：",
            module=module,
        )
        if not target
        else T(
            "Install {module} first, then build in your own environment, without isolation:",
            "先安装 {module}，再在自己的环境中构建（关闭隔离）：",
            module=module,
        ),
        (
            f'{installs_with(facts)} wheel ninja "{wanted}"',
            *([f"{installs_with(facts)} --no-build-isolation {target}"] if target else []),
        ),
        found.group(0),
        *with_wheel(dist, facts),
    )


def _old_python(found: re.Match[str], dist: str, facts: Mapping[str, Any]) -> Finding:
    # The abstract classes left collections earlier than the rest left its place.
    since, python = ("3.10", "3.9") if "collections" in found.group(0) else ("3.12", "3.10")
    return _told(
        "release-older-than-python",
        T(
            "The wanted release of {dist} is older than this Python and cannot be built with it",
            "所需的 {dist} 版本早于当前 Python，无法用它构建",
            dist=_name(dist),
        ),
        T(
            "There is no wheel of that release for this Python, so it is built, and its build "
            "uses what "
            "newer Pythons ({since} and later) and their build tools no longer have. Upgrading "
            "setuptools "
            "in your environment changes nothing: the build has its own.",
            "该版本没有适合当前 Python 的 wheel，只能构建，而它的构建用到了新版 Python（{since} "
            "起）及其"
            "构建工具已移除的内容。升级您环境中的 setuptools 没有作用：构建使用自己的一份。",
            since=since,
        ),
        T(
            "Use a Python of its time ({python} has wheels of most), or let the release be newer: "
            "take the pin "
            "out of the requirements that ask for it.",
            "使用当时的 Python（{python} 的 wheel 最全），或放宽版本限制以使用新版。",
            python=python,
        ),
        (f"uv venv --python {python} .venv-{python.replace('.', '')}",),
        found.group(0),
        *with_wheel(dist, facts),
    )


def _range(found: re.Match[str], dist: str, facts: Mapping[str, Any]) -> Finding:
    wanted = (found["a"] or found["b"] or f">={found['c']}").replace(" ", "").rstrip(".,")
    return _told(
        "build-wants-other-python",
        T(
            "{dist} is for Python {wanted}, which this is not",
            "{dist} 只支持 Python {wanted}，当前 Python 不在其中",
            dist=_name(dist),
            wanted=wanted,
        ),
        T(
            "Its build looks at the Python that runs and refuses it.",
            "它的构建脚本检查了当前 Python 并拒绝继续。",
        ),
        T(
            "Make an environment with such a Python, or take a release of {dist} that is made for "
            "this one.",
            "用符合要求的 Python 新建环境，或改用支持当前 Python 的 {dist} 版本。",
            dist=_name(dist),
        ),
        (f"uv venv --python '{wanted}' .venv-other",),
        found.group(0),
        *with_wheel(dist, facts),
    )


def _encoding(found: re.Match[str], dist: str, facts: Mapping[str, Any]) -> Finding:
    return _told(
        "build-encoding",
        T(
            "The build of {dist} reads its files in this system's encoding ({codec}), and they "
            "are UTF-8",
            "{dist} 的构建以系统编码（{codec}）读取 UTF-8 文件而失败",
            dist=_name(dist),
            codec=found["codec"],
        ),
        T(
            "setup.py opens a README or a requirements file without saying its encoding.",
            "setup.py 打开 README 或依赖文件时没有指定编码。",
        ),
        T(
            "Switch Python's UTF-8 mode on for this terminal, then install again:",
            "在该终端启用 Python 的 UTF-8 模式后重新安装：",
        ),
        ("$env:PYTHONUTF8 = 1   # PowerShell; cmd: set PYTHONUTF8=1",)
        if facts.get("platform", {}).get("system") == "Windows"
        else ("export PYTHONUTF8=1",),
        found.group(0),
    )


def _told(
    name: str, title: Text, cause: Text, fix: Text, commands: tuple[str, ...], words: str,
    *others: Alternative,
) -> Finding:  # fmt: skip
    return likely(words, name, title, cause, fix, commands, *others, family="install", score=_SCORE)
