"""The traffic light: one word for the state of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.check import check_findings
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.engine import diagnose
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T, Text


def all_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """The findings of a fact sheet, those of its check first."""
    check = facts.get("check")
    checked = check_findings(check, facts) if isinstance(check, Mapping) else []
    known = {finding.id for finding in checked}
    return checked + [finding for finding in diagnose(facts) if finding.id not in known]


def summary(
    facts: Mapping[str, Any] | None = None, findings: list[Finding] | None = None
) -> dict[str, Any]:
    """``light`` (green, yellow, red), ``headline`` (Text), ``errors``, ``warnings``, ``first``.

    Without ``facts`` they are gathered here (under a second, paddle is not imported). ``first`` is
    the finding to fix first, or None.
    """
    if facts is None:
        from paddle_lab.environment.gathering import collect

        facts = collect()
    findings = all_findings(facts) if findings is None else findings
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    light = "red" if errors else "yellow" if warnings else "green"
    first = next(iter(errors or warnings), None)
    return {
        "light": light,
        "headline": _headline(light, first, facts),
        "errors": len(errors),
        "warnings": len(warnings),
        "first": first,
    }


def summary_json(
    facts: Mapping[str, Any] | None = None, findings: list[Finding] | None = None
) -> dict[str, Any]:
    """:func:`summary` as plain JSON values, for the server and the sidebar."""
    data = summary(facts, findings)
    first = data["first"]
    return {
        **data,
        "headline": data["headline"].to_json(),
        "first": None
        if first is None
        else {
            "id": first.id,
            "title": first.title.to_json(),
            "fix": first.fix.to_json(),
            "commands": list(first.commands),
        },
    }


def _headline(light: str, first: Finding | None, facts: Mapping[str, Any]) -> Text:
    if first is not None:
        return first.title
    if light == "green" and lookup(facts, "check.ok") is True:
        return T(
            "The environment works: a training step and an inference were run",
            "环境正常：已完成一次训练步和一次推理",
        )
    return T("No fault was found", "未发现问题")
