"""A report of a failure that can be posted: the error, versions, what was tried, and where to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paddle_lab._version import __version__
from paddle_lab.environment.blame import read
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.project import project_of
from paddle_lab.environment.blame.structure import PERSON
from paddle_lab.environment.findings import CERTAINTY_TEXT, Finding
from paddle_lab.environment.overview import boxes
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.scrub import scrub
from paddle_lab.environment.text import plain
from paddle_lab.environment.unknown import tried
from paddle_lab.environment.unknown_view import place_text
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text

NAME = "paddle-lab-report.md"
_MOST_LINES = 200
_PATHS = T("Paths", "路径")

_TITLES = {
    "report": T("Report of an environment for Paddle", "飞桨环境报告"),
    "error": T("The error", "错误"),
    "no_error": T("No error text was given.", "未提供错误文本。"),
    "where": T("Whose code failed", "失败的代码"),
    "found": T("What the doctor says", "诊断结论"),
    "nothing": T("It does not know this error.", "未能识别这个错误。"),
    "no_findings": T("It found nothing wrong.", "未发现问题。"),
    "tried": T("What was looked at and tried", "查看和试过的内容"),
    "all": T("All packages", "全部包"),
    "post": T("Post it to: {place}", "提交到：{place}"),
    "no_project": T(
        "Which project it belongs to is not known: no installed package raised the error.",
        "无法确定属于哪个项目：错误不是由已安装的包抛出的。",
    ),
    "made": T(
        "Made by paddle-lab {version}; secrets, names, homes and private addresses are taken out. "
        "Read it once before you post it.",
        "由 paddle-lab {version} 生成；已去掉密钥、用户名、主目录和私有地址。提交前请再看一遍。",
    ),
}


def make_report(
    facts: Mapping[str, Any],
    findings: Sequence[Finding],
    text: str = "",
    language: str = "en",
    *,
    foreign: bool = False,
) -> str:
    """The report as Markdown. Of a ``foreign`` text the facts of this machine are left out."""
    mine: Mapping[str, Any] = {} if foreign else facts

    def word(key: str, **values: Any) -> str:
        return _TITLES[key].in_language(language).format(**values)

    parts = [f"# {word('report')}", word("made", version=__version__), f"## {word('error')}"]
    parts.append(_fenced(_cut(plain(text))) if text.strip() else word("no_error"))
    if text.strip():
        parts += [f"## {word('where')}", *_where(text, mine, language)]
    parts += [f"## {word('found')}"]
    parts.append(
        "\n".join(_finding(one, language) for one in findings)
        or word("nothing" if text.strip() else "no_findings")
    )
    rows = [] if foreign else tried(facts)
    if rows:
        lines = [f"- {a.in_language(language)}: {b.in_language(language)}" for a, b in rows]
        parts += [f"## {word('tried')}", "\n".join(lines)]
    parts += _versions(mine, language, word("all"))
    return scrub("\n\n".join(parts)) + "\n"


def _where(text: str, facts: Mapping[str, Any], language: str) -> list[str]:
    trace = read(text)
    lines = []
    if trace is not None:
        for package in (trace.caller, trace.raiser):
            if package is not None:
                own = T("the person's own code", "用户自己的代码")
                shown = own if package == PERSON else owned(package, facts, trace.sites)
                lines.append(f"- {shown.in_language(language) if shown is own else shown}")
    project = project_of(trace, facts) if trace is not None else None
    place = (
        Text(_TITLES["post"].en, _TITLES["post"].zh, {"place": place_text(project)})
        if project
        else _TITLES["no_project"]
    )
    return ["\n".join(lines)] * bool(lines) + [place.in_language(language)]


def _finding(finding: Finding, language: str) -> str:
    sure = CERTAINTY_TEXT[finding.certainty].in_language(language)
    lines = [f"- {_line(finding.title.in_language(language))} ({sure})"]
    lines += [f"  - {_line(evidence)}" for evidence in finding.shown(language)[:8]]
    return "\n".join(lines)


def _line(text: str) -> str:
    """One line of Markdown that begins no heading, link or HTML of its own."""
    return re.sub(r"([`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))


def _versions(facts: Mapping[str, Any], language: str, all_packages: str) -> list[str]:
    parts = []
    for box in boxes(facts, language) if facts else []:
        if box.title.en == _PATHS.en:
            continue
        parts.append(f"## {box.title.in_language(language)}")
        parts.append("\n".join(f"- {name}: {_line(value)}" for name, value in box.rows))
    packages = installed(facts)
    if packages:
        lines = "\n".join(f"{name}=={version}" for name, version in sorted(packages.items()))
        parts.append(
            f"<details><summary>{all_packages}</summary>\n\n{_fenced(lines)}\n\n</details>"
        )
    return parts


def _cut(text: str) -> str:
    lines = text.strip("\n").split("\n")
    if len(lines) <= _MOST_LINES:
        return "\n".join(lines)
    return "\n".join([*lines[:50], "...", *lines[50 - _MOST_LINES :]])


def _fenced(text: str) -> str:
    """Between marks that are longer than any in the text, so that nothing gets out."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}text\n{text}\n{mark}"


def write_report(path: str, report: str) -> None:
    """Write the report to a new file. Raises UsageError when there is one, or it cannot be."""
    try:
        with Path(path).open("x", encoding="utf-8", errors="replace") as file:
            file.write(report)
    except FileExistsError:
        refuse_existing(path)
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL or half a character in the name
        raise UsageError(
            T("{path} could not be written.", "无法写入 {path}。", path=path),
            T("{error}", "{error}", error=getattr(error, "strerror", None) or error),
            T("Give another file name.", "请换一个文件名。"),
            code="usage.file_not_written",
        ) from error


def refuse_existing(path: str) -> None:
    """Raise UsageError when there is a file of this name: it is never written over."""
    if os.path.lexists(path):
        raise UsageError(
            T("{path} is there already.", "{path} 已存在。", path=path),
            fix=T("Give another name: --report FILE", "请换一个文件名：--report 文件"),
            code="usage.report_exists",
        )
