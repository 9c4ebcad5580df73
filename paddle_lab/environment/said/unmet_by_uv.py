"""What uv says when nothing can be chosen at all: the Python, the project's range, the name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.common import SCORE, in_one_line, likely
from paddle_lab.i18n import T

_NAME: Final = r"[A-Za-z][\w.\-]{0,80}(?:\[[\w, \-]{1,80}\])?"
_RANGE: Final = r"[<>=!~][^\s,]{1,40}(?:,[<>=!~][^\s,]{1,40})?"
#: The Python that runs, or that was chosen.
_PYTHON: Final = re.compile(
    rf"current Python version \((?P<mine>[\d.]+)\) does not satisfy Python(?P<wanted>{_RANGE})"
    rf"(?: and (?:all versions of )?(?P<dist>{_NAME})[^,]{{0,80}} depends? on Python)?"
)
#: The range that the project itself names.
_PROJECT: Final = re.compile(
    rf"requested Python version \((?P<mine>{_RANGE})\) does not satisfy Python(?P<wanted>{_RANGE})"
    rf"(?:[^,]{{0,200}}? depends? on (?P<dist>{_NAME}))?"
)
_UNKNOWN: Final = re.compile(
    rf"(?P<dist>{_NAME}) was not found in the (?:package registry|provided package locations)"
)
_told: Final = partial(likely, family="install", score=SCORE + 6)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the reason with which uv begins."""
    del facts
    if "Because " not in text:
        return []
    line = in_one_line(text)
    if "we can conclude" not in line:
        return []
    for pattern, tell in ((_PYTHON, _python), (_PROJECT, _project), (_UNKNOWN, _unknown)):
        found = pattern.search(line)
        if found is not None:
            return [tell(found)]
    return []


def _lowest(wanted: str) -> str:
    """A Python within ``>=3.10`` or ``>=3.9,<3.13``: its lower bound, else what is asked."""
    found = re.search(r">=?(\d+\.\d+)", wanted)
    return found[1] if found else wanted.lstrip("<>=!~")


def _python(found: re.Match[str]) -> Finding:
    name = found["dist"] or ""
    return _told(
        found,
        "python-out-of-range",
        T(
            "{name} needs Python {wanted}, and this is {mine}",
            "{name} 需要 Python {wanted}，而当前是 {mine}",
            name=name or T("what is asked for", "所需的包"),
            wanted=found["wanted"],
            mine=found["mine"],
        ),
        T(
            "No version that fits was released for this Python; no index and no option changes "
            "that.",
            "没有为当前 Python 发布的合适版本，换索引或选项都不起作用。",
        ),
        T(
            "Make an environment with such a Python (uv fetches it), and install there.",
            "用符合要求的 Python 新建环境（uv 会自动下载），再在其中安装。",
        ),
        (
            f"uv venv --python {_lowest(found['wanted'])} .venv-new",
            f"uv pip install --python .venv-new {name or '...'}",
        ),
    )


def _project(found: re.Match[str]) -> Finding:
    name = found["dist"] or ""
    return _told(
        found,
        "project-python-range",
        T(
            "The project allows Python {mine}, and {name} needs {wanted}",
            "项目允许 Python {mine}，而 {name} 需要 {wanted}",
            mine=found["mine"],
            name=name or T("a requirement", "某个依赖"),
            wanted=found["wanted"],
        ),
        T(
            "uv looks for versions that fit every Python that requires-python in pyproject.toml "
            "allows, not only the one that runs.",
            "uv 要为 pyproject.toml 中 requires-python 允许的每个 Python 找到版本，"
            "而不只是当前运行的。",
        ),
        T(
            'Write requires-python = "{wanted}" in pyproject.toml, then add it again.',
            '在 pyproject.toml 中写 requires-python = "{wanted}"，然后重新添加。',
            wanted=found["wanted"],
        ),
        (f"uv add '{name}'   # after that change" if name else "uv lock   # after that change",),
    )


def _unknown(found: re.Match[str]) -> Finding:
    name = found["dist"]
    return _told(
        found,
        "package-not-in-index",
        T("No index has a package {name}", "索引中没有名为 {name} 的包", name=name),
        T(
            "The name is misspelt, is an import name and not the package's, was withdrawn, or the "
            "package stands in another index only (of a company, of a framework).",
            "名称拼写有误、写的是导入名而不是包名、已被撤回，或该包只在其他索引中"
            "（公司内部或某个框架的索引）。",
        ),
        T(
            "Look who asks for it, and correct or remove the line; with another index: "
            "--index URL. Never install a package only because its name is near.",
            "查看是谁要求它，改正或删除该行；在其他索引中的包请加 --index 地址。"
            "不要仅因名称相近就安装某个包。",
        ),
        (f"grep -rn --include='*.txt' --include='*.toml' '{name.partition('[')[0]}' .",),
    )
