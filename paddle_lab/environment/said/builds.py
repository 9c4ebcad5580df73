"""What a compiler says when a package is built from source: the header that is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

_HEADER: Final = re.compile(
    r"fatal error:? (?:C1083: [^\n]{0,60}?[“\"'’‘](?P<msvc>[\w./+\-]{1,120}\.h\w*)"
    r"|['\"]?(?P<gcc>[\w./+\-]{1,120}\.h\w*)['\"]?(?: file not found|: No such file))"
)
_PACKAGE: Final = re.compile(
    r"(?:Failed building wheel for|Failed to build|Could not build wheels for|Building wheel for)"
    r" ['\"`]?(?P<dist>[A-Za-z][\w.\-]{0,80})"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding: the compiler is there, and a header of another library is not."""
    header = _HEADER.search(text)
    package = _PACKAGE.search(text)
    if header is None or package is None:
        return []
    name = header["msvc"] or header["gcc"]
    if name.lower().rpartition("/")[2] in ("python.h", "pyconfig.h"):
        return []  # the rules know which package of the system has it
    dist = package["dist"].rstrip(".,")
    return [
        Finding(
            id="header-missing",
            family="install",
            severity="error",
            certainty="likely",
            title=T(
                "{dist} is built from source, and the header {header} of a library is missing",
                "{dist} 从源码构建，但缺少某个库的头文件 {header}",
                dist=dist,
                header=name,
            ),
            cause=T(
                "The wanted version of {dist} has no wheel for this Python and system, so pip "
                "compiles it. The compiler works; the library that {dist} builds upon is not "
                "installed.",
                "所需版本的 {dist} 没有适合当前 Python 和系统的 wheel，pip 只能编译它。"
                "编译器可用，但 {dist} 依赖的库没有安装。",
                dist=dist,
            ),
            fix=T(
                "Take a version of {dist} that has a wheel (its newest mostly has), or a Python "
                "for which the wanted version has one (3.10 has most).",
                "改用有 wheel 的 {dist} 版本（最新版通常有），或改用所需版本有 wheel 的 Python"
                "（3.10 最全）。",
                dist=dist,
            ),
            commands=(install(facts, dist) + f" -U --only-binary {dist}",),
            alternatives=(
                Alternative(
                    T("an environment with Python 3.10", "Python 3.10 的环境"),
                    ("uv venv --python 3.10 .venv-310",),
                ),
            ),
            sources=SOURCE,
            evidence=(header.group(0)[:200],),
            score=SCORE + 2,
        )
    ]
