"""What the command answers: text, HTML and JSON of one question, as the parts of a result."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.docker import docker_run, image_of
from paddle_lab.environment.explanation import Explanation
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.findings import FAILS, failed_text
from paddle_lab.environment.light import all_findings, summary_json
from paddle_lab.environment.page import (
    TRY_TEXT,
    html_explanation,
    html_not_known,
    html_page,
    text_explanation,
    text_not_known,
    text_page,
)
from paddle_lab.environment.plan import Plan, make_plan
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

if TYPE_CHECKING:
    from paddle_lab.environment.unknown import NotKnown

Answer = dict[str, Any]


TRYING_TEXT = T(
    "The imports are being tried in the background as soon as this machine is calm; the light then "
    "changes by itself",
    "机器空闲时会在后台试导入，指示灯随后自动更新",
)


def how_to_try(*, recorded: bool, python: str | None) -> Text:
    """How imports are tried: here, with the interpreter ``python``, or where a sheet is from."""
    if recorded:
        return T(
            "Not in this sheet: whether the imports work. There: "
            "paddle-lab env --imports --facts-out FILE",
            "信息表中没有导入结果。请在那台机器上运行：paddle-lab env --imports --facts-out FILE",
        )
    if python:
        return T(
            "Try the imports, in about ten seconds: paddle-lab env --python {python} --imports",
            "试导入（约十秒）：paddle-lab env --python {python} --imports",
            python=shlex.quote(python),
        )
    return TRY_TEXT


def diagnosed(
    facts: Mapping[str, Any],
    language: str,
    *,
    with_plan: bool,
    untried: Text = TRY_TEXT,
    plan: Plan | None = None,
    rich: bool = True,
) -> Answer:
    """The page of an environment; exit code 1 when a finding is an error.

    ``untried`` says how the imports are tried, where they were not. ``plan`` is one that was made
    already. Without ``rich`` there is no HTML: a terminal does not show it.
    """
    findings = all_findings(facts)
    failed = any(finding.severity == "error" for finding in findings)
    # Whoever has several errors should not fix them one by one.
    if plan is None and (with_plan or failed):
        plan = make_plan(facts, findings)
    unknown = _of_failure(facts, findings)
    details = not with_plan and unknown is None
    text = text_page(facts, findings, plan, language, details=details, untried=untried)
    html = None
    if rich:
        html = html_page(facts, findings, plan, language, details=details, untried=untried)
    if unknown is not None:
        text += "\n\n" + text_not_known(unknown, language)
        html = html and html + html_not_known(unknown, language)
    return {
        "text": text,
        "html": html,
        "json": {
            **({"unknown": unknown.to_json(language)} if unknown else {}),
            **summary_json(facts, findings),
            "findings": [finding.to_json(language) for finding in findings],
            "plan": plan.to_json() if plan else None,
            "check": facts.get("check"),
            "facts": facts,
        },
        "value": findings,
        "exit_code": 1 if failed else 0,
    }


def _of_failure(facts: Mapping[str, Any], findings: list[Finding]) -> NotKnown | None:
    """What can be said of a check or an import that failed and that nothing explains."""
    errors = [finding.id for finding in findings if finding.severity == "error"]
    if not errors or not set(errors) <= {"check-failed", FAILS}:
        return None
    text = str(lookup(facts, "check.text") or "") or failed_text(facts)
    if not text:
        return None
    from paddle_lab.environment.unknown import not_known

    return not_known(text, facts)


def explained(text: str, facts: Mapping[str, Any], language: str) -> Answer:
    """An error text, explained; exit code 1 when nothing knows it, with what can be said then."""
    from paddle_lab.environment.engine import explain

    explanation = explain(text, facts)
    if not explanation.findings:
        from paddle_lab.environment.unknown import not_known

        unknown = not_known(text, facts, foreign=explanation.foreign)
        return {
            "text": text_explanation(explanation, language, unknown),
            "html": html_not_known(unknown, language),
            "json": {**explanation.to_json(language), "unknown": unknown.to_json(language)},
            "value": explanation,
            "exit_code": 1,
        }
    return {
        "text": text_explanation(explanation, language),
        "html": html_explanation(explanation, language),
        "json": explanation.to_json(language),
        "value": explanation,
        "exit_code": 0,
    }


def report_of(value: Any, facts: Mapping[str, Any], text: str, language: str) -> str:
    """The report of what was answered: of the text when ``value`` explains one, else the page."""
    from paddle_lab.environment.report import make_report

    if isinstance(value, Explanation):
        return make_report(facts, value.findings, text, language, foreign=value.foreign)
    failed = text or str(lookup(facts, "check.text") or "") or failed_text(facts)
    return make_report(facts, all_findings(facts), failed, language)


def docker(facts: Mapping[str, Any]) -> Answer:
    """The image that fits, the folders that stay, and the line that runs it."""
    tables = load_tables()
    lines = {
        "image": image_of(facts, tables),
        "image_china": image_of(facts, tables, china=True),
        "folders": "mkdir -p data paddle_runs ~/.cache/paddle-lab-home",
        "run": docker_run(facts, tables),
    }
    image_words = T(
        "The official image that fits, and its mirror in China", "匹配的官方镜像及其国内镜像"
    )
    folder_words = T(
        "Folders that stay: work, data, checkpoints, caches", "保留的目录：工作、数据、检查点、缓存"
    )
    text = [
        f"# {image_words}",
        f"docker pull {lines['image']}",
        f"# docker pull {lines['image_china']}",
    ]
    text += [f"# {folder_words}", lines["folders"], lines["run"]]
    return {"text": "\n".join(text), "json": lines, "value": lines}
