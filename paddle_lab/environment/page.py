"""The doctor's page: rich HTML and its plain-text twin, made from the same parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddle_lab.environment import unknown_view
from paddle_lab.environment.explanation import Explanation
from paddle_lab.environment.findings import CERTAINTY_TEXT, Finding
from paddle_lab.environment.light import summary
from paddle_lab.environment.overview import boxes, chips
from paddle_lab.environment.plan import Plan
from paddle_lab.i18n import T, Text, current_language
from paddle_lab.text.width import width, wrapped

if TYPE_CHECKING:
    from jinja2 import Template

    from paddle_lab.environment.unknown import NotKnown

SEVERITY_TEXT = {
    "error": T("error", "错误"),
    "warning": T("warning", "警告"),
    "note": T("note", "提示"),
}
LIGHT_TEXT = {
    "grey": T("Grey: not tried yet", "灰灯：尚未试过"),
    "green": T("Green: ready", "绿灯：可以使用"),
    "yellow": T("Yellow: works, with warnings", "黄灯：可用，但有警告"),
    "red": T("Red: something must be fixed", "红灯：需要修复"),
}
UNTRIED_TEXT = T("Yellow: warnings; imports not tried yet", "黄灯：有警告；尚未试导入")
TRY_TEXT = T(
    "Try the imports, in about ten seconds: %paddle_env --imports",
    "试导入（约十秒）：%paddle_env --imports",
)
EXPLAINED_TEXT = T("What this error means", "这个错误的含义")
NOT_KNOWN_TEXT = T(
    "No rule knows this error. Paste the whole text from its first line on; "
    "%paddle_env --check finds the first error by itself.",
    "没有规则认识该错误。请粘贴从第一行开始的完整文本；%paddle_env --check 可自行找到首个错误。",
)
INCOMPLETE_TEXT = T(
    "The text is long or unusual: some rules were not tried on it. Give the part around the error.",
    "文本过长或不寻常：部分规则未能尝试。请只给出报错附近的内容。",
)
_WORDS = {
    "fix": T("Fix:", "修复："),
    "instead": T("Instead", "或者"),
    "seen": T("Seen here:", "本机情况："),
    "source": T("Source:", "来源："),
    "plan": T("The plan: run these in order", "修复计划：依次执行"),
    "problems": T("Probes that could not look", "未能完成的检测"),
    "why": T("How sure", "可信度"),
}
_NEXT = (
    T("%paddle_env --check trains one step", "%paddle_env --check 真实训练一步"),
    T("--plan lists all commands", "--plan 列出全部命令"),
    T("--explain explains the last error", "--explain 解释最近的报错"),
)
_NOTHING = T("The plan: nothing is to be done.", "修复计划：无需操作。")
_MOST_EVIDENCE = 4  # lines; a longer list is shortened with the number of the others
_MORE = T("... and {n} more", "……另有 {n} 项")
_MARKS = {"error": "✗", "warning": "!", "note": "i"}


def html_page(
    facts: Mapping[str, Any],
    findings: Sequence[Finding],
    plan: Plan | None = None,
    language: str | None = None,
    details: bool = True,
    untried: Text = TRY_TEXT,
) -> str:
    """An HTML fragment: traffic light, findings in order, plan, then versions, devices and paths.

    Everything is escaped; no script. ``details`` False leaves the tables out; ``untried`` is
    shown as long as it is not known whether the imports work.
    """
    language = language or current_language()
    state = summary(facts, list(findings))
    problems = facts.get("problems")
    return _render(
        language,
        findings,
        light=state["light"],
        light_label=_light_text(state).in_language(language),
        headline=state["headline"].in_language(language),
        untried=untried.in_language(language) if state["imports"] is None else "",
        chips=chips(facts),
        counts=_counts(state).in_language(language) if findings else "",
        plan=[
            {
                "title": step.title.in_language(language),
                "commands": step.commands,
                "notes": [note.in_language(language) for note in step.notes],
            }
            for step in (plan.steps if plan else ())
        ],
        boxes=[
            {"title": box.title.in_language(language), "rows": box.rows}
            for box in (boxes(facts, language) if details else [])
        ],
        problems=sorted(problems.items()) if details and isinstance(problems, Mapping) else [],
        # All is well: what one would look up is there, and takes no room.
        folded=not findings,
        nothing=_NOTHING.in_language(language) if plan is not None and not plan.steps else "",
        next=_next_steps(language, planned=plan is not None, findings=bool(findings)),
    )


def _next_steps(language: str, *, planned: bool, findings: bool) -> str:
    """What else the command does: no plan where one is shown, or where nothing would be in it."""
    shown = [_NEXT[0], *([_NEXT[1]] if findings and not planned else []), _NEXT[2]]
    return " · ".join(text.in_language(language) for text in shown)


def _light_text(state: Mapping[str, Any]) -> Text:
    untried = state["light"] == "yellow" and not state["imports"]
    return UNTRIED_TEXT if untried else LIGHT_TEXT[state["light"]]


def _counts(state: Mapping[str, Any]) -> Text:
    return T(
        "{errors} to fix, {warnings} to watch",
        "{errors} 项需修复，{warnings} 项需留意",
        errors=state["errors"],
        warnings=state["warnings"],
    )


def html_not_known(unknown: NotKnown, language: str | None = None) -> str:
    """An HTML fragment for an error that nothing knows."""
    language = language or current_language()
    return _render(language, [], **{**_NO_PARTS, **unknown_view.html_parts(unknown, language)})


def html_explanation(explanation: Explanation, language: str | None = None) -> str:
    """An HTML fragment for an explained error text."""
    language = language or current_language()
    known = bool(explanation.findings)
    headline = (EXPLAINED_TEXT if known else NOT_KNOWN_TEXT).in_language(language)
    if not explanation.complete:
        headline += " " + INCOMPLETE_TEXT.in_language(language)
    return _render(language, explanation.findings, **{**_NO_PARTS, "headline": headline})


# What an explained text has nothing of.
_NO_PARTS: dict[str, Any] = {
    "light": None,
    "light_label": "",
    "untried": "",
    "chips": [],
    "counts": "",
    "plan": [],
    "boxes": [],
    "problems": [],
    "folded": False,
    "nothing": "",
    "next": "",
}


def _render(language: str, findings: Sequence[Finding], **parts: Any) -> str:
    words = {name: text.in_language(language) for name, text in _WORDS.items()}
    return _template().render(
        language=language,
        findings=[_shown(finding, language) for finding in findings],
        words={**words, **parts.pop("words", {})},
        **parts,
    )


def html_document(fragment: str, language: str | None = None) -> str:
    """A whole HTML file around a fragment: light and dark by the reader's own setting."""
    return (
        f'<!doctype html>\n<html lang="{language or current_language()}"><head>'
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Paddle Lab</title>'
        "<style>:root{color-scheme:light dark}"
        "body{margin:1.5rem auto;max-width:62rem;padding:0 1rem}"
        f"</style></head><body>{fragment}</body></html>\n"
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")


def _shown(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "severity_label": SEVERITY_TEXT[finding.severity].in_language(language),
        "certainty": CERTAINTY_TEXT[finding.certainty].in_language(language),
        "title": finding.title.in_language(language),
        "cause": finding.cause.in_language(language),
        "fix": finding.fix.in_language(language),
        "commands": finding.commands,
        "alternatives": [
            (one.label.in_language(language), one.commands) for one in finding.alternatives
        ],
        "checked": finding.checked.in_language(language) if finding.checked else None,
        "evidence": _seen(finding.shown(language), language),
        "sources": finding.sources_in(language),
    }


def _seen(evidence: Sequence[str], language: str) -> list[str]:
    """Lines of evidence for one screen; the whole list is in the JSON."""
    if len(evidence) <= _MOST_EVIDENCE + 1:  # a line that counts one line saves nothing
        return list(evidence)
    rest = Text(_MORE.en, _MORE.zh, {"n": len(evidence) - _MOST_EVIDENCE})
    return [*evidence[:_MOST_EVIDENCE], rest.in_language(language)]


def text_page(
    facts: Mapping[str, Any],
    findings: Sequence[Finding],
    plan: Plan | None = None,
    language: str | None = None,
    details: bool = True,
    untried: Text = TRY_TEXT,
) -> str:
    """The same page for terminals, 88 columns wide."""
    language = language or current_language()
    state = summary(facts, list(findings))
    light = _light_text(state).in_language(language)
    lines = [
        f"● {state['headline'].in_language(language)}",
        f"  {light} · {' · '.join(chips(facts))}",
        *([f"  {untried.in_language(language)}"] if state["imports"] is None else []),
        "",
    ]
    lines += _all_findings(findings, language)
    if plan is not None:
        lines += plan_lines(plan, language)
    if details:
        lines += _detail_lines(facts, language)
    return _joined(lines)


def text_explanation(
    explanation: Explanation, language: str | None = None, unknown: NotKnown | None = None
) -> str:
    """An explained error text for terminals; ``unknown`` is said when nothing knows it."""
    language = language or current_language()
    lines = _all_findings(explanation.findings, language)
    if unknown is not None:
        lines = unknown_view.text_lines(unknown, language)
    elif not explanation.findings:
        lines = _wrapped(NOT_KNOWN_TEXT.in_language(language), "")
    if not explanation.complete:
        lines += _wrapped(INCOMPLETE_TEXT.in_language(language), "")
    return _joined(lines)


def text_not_known(unknown: NotKnown, language: str) -> str:
    """An error that nothing knows, for terminals."""
    return _joined(unknown_view.text_lines(unknown, language))


def _all_findings(findings: Sequence[Finding], language: str) -> list[str]:
    return [
        line
        for number, finding in enumerate(findings, 1)
        for line in _finding_lines(number, _shown(finding, language), language)
    ]


def _detail_lines(facts: Mapping[str, Any], language: str) -> list[str]:
    lines = []
    for box in boxes(facts, language):
        lines.append(f"{box.title.in_language(language)}:")
        wide = max(width(name) for name, _ in box.rows)
        lines += [f"  {name}{' ' * (wide - width(name))}  {value}" for name, value in box.rows]
    problems = facts.get("problems")
    if isinstance(problems, Mapping) and problems:
        lines.append(_WORDS["problems"].in_language(language) + ":")
        lines += [f"  {name}: {reason}" for name, reason in sorted(problems.items())]
    return lines


def _joined(lines: list[str]) -> str:
    return "\n".join(_plain(line) for line in lines).rstrip()


def _finding_lines(number: int, shown: Mapping[str, Any], language: str) -> list[str]:
    mark = _MARKS[shown["severity"]]
    label = f"[{shown['severity_label']}, {shown['certainty']}]"
    first, *rest = _wrapped(f"{number}. {mark} {shown['title']}  {label}", "")
    lines = [first, *(f"   {line}" for line in rest)]
    lines += _wrapped(shown["cause"])
    lines += _evidence_lines(shown["evidence"], language)
    lines += _wrapped(f"{_WORDS['fix'].in_language(language)} {shown['fix']}")
    lines += [f"     {line}" for command in shown["commands"] for line in command.splitlines()]
    for label, commands in shown["alternatives"]:
        lines += _wrapped(f"{_WORDS['instead'].in_language(language)} ({label}):")
        lines += [f"     {line}" for command in commands for line in command.splitlines()]
    if shown["checked"]:
        lines += _wrapped(shown["checked"])
    if shown["sources"]:
        sources = ", ".join(shown["sources"])
        lines += _wrapped(f"{_WORDS['source'].in_language(language)} {sources}")
    return [*lines, ""]


def _evidence_lines(evidence: Sequence[str], language: str) -> list[str]:
    if not evidence:
        return []
    if len(evidence) == 1:
        return _wrapped(f"{_WORDS['seen'].in_language(language)} {evidence[0]}")
    return [
        f"   {_WORDS['seen'].in_language(language)}",
        *(line for part in evidence for line in _wrapped(part, "     ")),
    ]


def plan_lines(plan: Plan, language: str) -> list[str]:
    """The plan for terminals."""
    lines = [_WORDS["plan"].in_language(language)]
    if not plan.steps:
        return [
            _NOTHING.in_language(language),
            "",
        ]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"  {number}. {step.title.in_language(language)}")
        lines += [f"     {line}" for command in step.commands for line in command.splitlines()]
        lines += [part for note in step.notes for part in _wrapped(note.in_language(language))]
    return [*lines, ""]


def _wrapped(text: str, indent: str = "   ") -> list[str]:
    return [indent + part for part in wrapped(text, 88 - len(indent))]


def _plain(line: str) -> str:
    """Without control characters: facts of a stranger must not write to a terminal as they like."""
    return "".join(char for char in line if char.isprintable() or char == "\t")
