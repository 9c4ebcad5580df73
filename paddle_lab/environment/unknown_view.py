"""How an unknown error is shown: text for terminals, and the parts of the HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paddle_lab.i18n import T, Text
from paddle_lab.text.width import width

if TYPE_CHECKING:
    from paddle_lab.environment.blame.project import Project
    from paddle_lab.environment.unknown import NotKnown

HEADLINE = T("I do not know this error.", "未能识别这个错误。")
_TRIED = T("What was tried here, and what came out:", "在本机查看和试过的内容及结果：")
_NOTHING_TRIED = T(
    "The text comes from another machine: nothing of it was tried here.",
    "该文本来自另一台机器，本机未做任何试验。",
)
_WHERE = T("Where it fails:", "失败之处：")
_LIKELY = T("Most likely (unproven): {likely}.", "最可能（未证实）：{likely}。")
_NEXT = T("Next, cheapest first:", "下一步（先易后难）：")
_POST = T("Post the report to: {place}", "报告可提交到：{place}")


def text_lines(unknown: NotKnown, language: str) -> list[str]:
    """For a terminal: one screen."""
    lines = [HEADLINE.in_language(language), ""]
    if unknown.tried:
        lines.append(_TRIED.in_language(language))
        rows = [(a.in_language(language), b.in_language(language)) for a, b in unknown.tried]
        wide = max(width(name) for name, _ in rows)
        lines += [f"  {name}{' ' * (wide - width(name))}  {value}" for name, value in rows]
    else:
        lines.append(_NOTHING_TRIED.in_language(language))
    if unknown.where:
        lines += ["", _WHERE.in_language(language)]
        lines += [f"  {line.in_language(language)}" for line in unknown.where]
    if unknown.likely is not None:
        lines += ["", _likely(unknown, language)]
    lines += ["", _NEXT.in_language(language)]
    for number, step in enumerate(unknown.steps, 1):
        lines += [f"  {number}. {step.command}", f"     {step.brings.in_language(language)}"]
    if unknown.project is not None:
        lines += ["", _POST.in_language(language).format(place=_place(unknown.project, language))]
    return lines


def html_parts(unknown: NotKnown, language: str) -> dict[str, Any]:
    """``headline``, ``boxes`` and ``plan`` for the page's template."""
    boxes = []
    if unknown.tried:
        rows = [(a.in_language(language), b.in_language(language)) for a, b in unknown.tried]
        boxes.append({"title": _TRIED.in_language(language), "rows": rows})
    where = [("", line.in_language(language)) for line in unknown.where]
    if unknown.likely is not None:
        where.append(("", _likely(unknown, language)))
    if unknown.project is not None:
        place = _place(unknown.project, language)
        where.append(("", _POST.in_language(language).format(place=place)))
    if where:
        boxes.append({"title": _WHERE.in_language(language), "rows": where})
    return {
        "headline": HEADLINE.in_language(language),
        "boxes": boxes,
        "plan": [
            {"title": step.brings.in_language(language), "commands": [step.command], "notes": []}
            for step in unknown.steps
        ],
        "words": {"plan": _NEXT.in_language(language)},
    }


def _likely(unknown: NotKnown, language: str) -> str:
    assert unknown.likely is not None
    return _LIKELY.in_language(language).format(likely=unknown.likely.in_language(language))


def _place(project: Project, language: str) -> str:
    return place_text(project).in_language(language)


def place_text(project: Project) -> Text:
    """Where a report is posted, or that the package does not say."""
    package = f"{project.name} {project.version}" if project.version else project.name
    if not project.url:
        return T(
            "the project of {package}; its metadata name no address",
            "{package} 的项目；其元数据中没有地址",
            package=package,
        )
    if not project.tracker:
        return T(
            "{url} (home page of {package}; its metadata name no tracker)",
            "{url}（{package} 的主页；其元数据中没有问题跟踪地址）",
            url=project.url,
            package=package,
        )
    return T("{url} ({package})", "{url}（{package}）", url=project.url, package=package)
