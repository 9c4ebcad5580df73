"""A package that something asks for by its metadata, and that is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install
from paddle_lab.environment.said.common import SCORE, likely
from paddle_lab.i18n import T

_ABSENT: Final = re.compile(
    r"PackageNotFoundError: (?:No package metadata was found for )?['\"]?"
    r"(?P<name>[A-Za-z][\w.\-]{0,80}?)['\"]?\.?(?=\s|$)"
    r"|The ['\"](?P<other>[A-Za-z][\w.\-]{0,80})[<>=!~\w.,*]{0,60}['\"] distribution was not found"
)
#: A frozen program holds modules without the metadata of their packages.
_FROZEN: Final = re.compile(r"(?i)pyinstaller|nuitka|_MEI\d|\.exe\b")


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding that names the package."""
    found = _ABSENT.search(text)
    if found is None or _FROZEN.search(text):
        return []
    name = found["name"] or found["other"]
    return [
        likely(
            found,
            "metadata-missing",
            T("{name} is not installed here", "此环境没有安装 {name}", name=name),
            T(
                "A program looks up the installed package {name} (its version or an entry point) "
                "and finds no metadata of it: it was never installed into this environment, only "
                "its files were copied, or an uninstallation was broken off.",
                "程序查询已安装的包 {name}（版本或入口），但没有它的元数据：从未装进此环境，"
                "只拷贝了文件，或卸载中断。",
                name=name,
            ),
            T("Install it into this environment:", "装到此环境："),
            (install(facts, name),),
            Alternative(
                T("its files are there, and the metadata are not", "文件在而元数据不在时"),
                (f"{install(facts, name)} --force-reinstall --no-deps",),
            ),
            family="packages",
            score=SCORE,
        )
    ]
