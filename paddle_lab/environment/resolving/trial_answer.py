"""What the command answers with ``--try`` and ``--dry-run``: the plan, and what came out of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddle_lab.environment.answers import Answer, diagnosed, explained
from paddle_lab.environment.clues import merge, read
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.explanation import Explanation
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.findings import failed_text
from paddle_lab.environment.light import all_findings
from paddle_lab.environment.origin import ELSEWHERE, origin
from paddle_lab.environment.page import html_explanation, plan_lines, text_explanation
from paddle_lab.environment.plan import Plan, make_plan
from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.resolving.dry_run import rehearsed
from paddle_lab.environment.resolving.makers import Uv
from paddle_lab.environment.resolving.try_out import Attempt, Say, Trials, tried_plan, try_out
from paddle_lab.environment.resolving.wheels import wanted_release, wheel_finding
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text
from paddle_lab.text.html import escape

_NOTHING = T(
    "Nothing fails here: a training step and an inference were run. There is nothing to try.",
    "此处没有失败：已完成一次训练步和一次推理，无需试验。",
)
_ELSEWHERE = T(
    "The cause is not in the versions of packages (see above): there is nothing to try.",
    "原因不在软件包版本（见上文），无需试验。",
)
_FOREIGN = T(
    "The text comes from another machine: its versions can only be tried there.",
    "该文本来自另一台机器：只能在那台机器上试验。",
)
_HEADING = T("What was tried in a throw-away environment", "在一次性环境中的试验")
_FAILED = T(
    "Nothing that was tried works. A new environment is the surest way:",
    "试验均未成功。最稳妥的办法是新建环境：",
)


def rehearsed_answer(facts: Mapping[str, Any], language: str, untried: Text) -> Answer:
    """The page with a plan whose installations were rehearsed."""
    python = _program(facts)
    plan = rehearsed(make_plan(facts, all_findings(facts)), facts, python)
    return diagnosed(facts, language, with_plan=True, untried=untried, plan=plan)


def tried_answer(
    facts: Mapping[str, Any], language: str, text: str | None, untried: Text, say: Say
) -> Answer:
    """The page, or the explained ``text``, and what came out of trying the proposed versions."""
    if text is not None and wanted_release(text):
        found = _wheels(text, facts)
        if found is not None:
            return _of_wheels(found, language)
    findings = all_findings(facts)
    plan = make_plan(facts, findings)
    failed = text or failed_text(facts) or str(lookup(facts, "check.text") or "")
    reason = _pointless(facts, text)
    if reason is None:
        trials = try_out(facts, plan, failed, _program(facts), say=say)
    else:
        trials = Trials((), (reason,))
    if trials.works is not None:
        plan = tried_plan(trials.works, plan, facts)
    if text is None:
        answer = diagnosed(facts, language, with_plan=True, untried=untried, plan=plan)
        lines = trial_lines(trials, language)
    else:
        answer = explained(text, facts, language)
        lines = trial_lines(trials, language)
        lines += plan_lines(plan, language) if trials.works else []
    return _with(answer, trials, lines, plan)


def trial_lines(trials: Trials, language: str) -> list[str]:
    """One line an attempt, then what could not be tried."""
    lines = [_HEADING.in_language(language)] if trials.attempts else []
    lines += [f"  {_line(attempt).in_language(language)}" for attempt in trials.attempts]
    if trials.attempts and trials.works is None:
        lines += [f"  {_FAILED.in_language(language)}", "     paddle-lab env --fresh"]
    lines += [f"  {note.in_language(language)}" for note in trials.notes]
    return lines


def _line(attempt: Attempt) -> Text:
    label = attempt.proposal.label
    if attempt.ok:
        return T(
            "✓ {label}: a training step and an inference were run ({seconds:.0f} s)",
            "✓ {label}：已完成训练步和推理（{seconds:.0f} 秒）",
            label=label, seconds=attempt.seconds,
        )  # fmt: skip
    return T(
        "✗ {label}: {said} ({seconds:.0f} s)", "✗ {label}：{said}（{seconds:.0f} 秒）",
        label=label, said=attempt.said, seconds=attempt.seconds,
    )  # fmt: skip


def _pointless(facts: Mapping[str, Any], text: str | None) -> Text | None:
    """Why there is nothing to try, or None."""
    if text is not None:
        return _FOREIGN if _elsewhere(text, facts) else None
    if lookup(facts, "check.ok") is True:
        return _NOTHING
    return _ELSEWHERE if trial_findings(facts) else None


def _with(answer: Answer, trials: Trials, lines: list[str], plan: Plan) -> Answer:
    data = {**answer["json"], "plan": plan.to_json()}
    data["tried"] = [attempt.to_json() for attempt in trials.attempts]
    data["not_tried"] = [note.to_json() for note in trials.notes]
    shown = escape("\n".join(lines))
    return {
        **answer,
        "text": "\n".join([answer["text"], "", *lines]).strip(),
        "html": f'{answer["html"]}<pre style="white-space:pre-wrap">{shown}</pre>',
        "json": data,
    }


def _wheels(text: str, facts: Mapping[str, Any]) -> Finding | None:
    program = find_uv()
    if program is None:
        return None
    known = {} if _elsewhere(text, facts) else facts
    case = merge(known, read(text, load_tables()))
    return wheel_finding(text, case, Uv(program))


def _elsewhere(text: str, facts: Mapping[str, Any]) -> bool:
    return origin(text, facts, read(text, load_tables())) == ELSEWHERE


def _of_wheels(found: Finding, language: str) -> Answer:
    explanation = Explanation((found,), {}, foreign=False)
    return {
        "text": text_explanation(explanation, language),
        "html": html_explanation(explanation, language),
        "json": explanation.to_json(language),
        "value": explanation,
        "exit_code": 0,
    }


def _program(facts: Mapping[str, Any]) -> str:
    """The interpreter that the facts are of; they are of this machine."""
    named = str(lookup(facts, "python.executable") or sys.executable)
    return str(Path(named).expanduser())
