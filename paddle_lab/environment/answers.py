"""What the command answers: text, HTML and JSON of one question, as the parts of a result."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.docker import docker_run, image_of
from paddle_lab.environment.engine import explain
from paddle_lab.environment.light import all_findings, summary_json
from paddle_lab.environment.page import (
    TRY_TEXT,
    html_explanation,
    html_page,
    text_explanation,
    text_page,
)
from paddle_lab.environment.plan import Plan, make_plan
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

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
) -> Answer:
    """The page of an environment; exit code 1 when a finding is an error.

    ``untried`` says how the imports are tried, where they were not. ``plan`` is one that was made
    already.
    """
    findings = all_findings(facts)
    failed = any(finding.severity == "error" for finding in findings)
    # Whoever has several errors should not fix them one by one.
    if plan is None and (with_plan or failed):
        plan = make_plan(facts, findings)
    details = not with_plan
    return {
        "text": text_page(facts, findings, plan, language, details=details, untried=untried),
        "html": html_page(facts, findings, plan, language, details=details, untried=untried),
        "json": {
            **summary_json(facts, findings),
            "findings": [finding.to_json(language) for finding in findings],
            "plan": plan.to_json() if plan else None,
            "check": facts.get("check"),
            "facts": facts,
        },
        "value": findings,
        "exit_code": 1 if failed else 0,
    }


def explained(text: str, facts: Mapping[str, Any], language: str) -> Answer:
    """An error text, explained; exit code 1 when no rule knows it."""
    explanation = explain(text, facts)
    return {
        "text": text_explanation(explanation, language),
        "html": html_explanation(explanation, language),
        "json": explanation.to_json(language),
        "value": explanation,
        "exit_code": 0 if explanation.findings else 1,
    }


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
