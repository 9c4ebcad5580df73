"""The traffic light: one word for the state of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.concerns import nearest_first
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.diagnosis import diagnose
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.findings import SEVERITIES, Finding
from paddle_lab.environment.imports.findings import FAILS, failed_text, import_findings
from paddle_lab.environment.imports.verdict import imports_work
from paddle_lab.i18n import T, Text


def all_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """The findings of a fact sheet: what was tried and failed, errors by evidence, then the rest.

    A cause that experiments proved goes before all, says what failed, and is all that the failed
    text means. A rule is silent where evidence speaks of all that the rule rests on, and what a
    failed text alone lets guess is left out where evidence shows an error.
    """
    proven: list[Finding] = []
    tried = import_findings(facts)
    if facts.get("trials"):
        from paddle_lab.environment.experiments.causes import trial_findings, with_trials

        proven = trial_findings(facts)
        tried = [] if proven else [with_trials(finding, facts) for finding in tried]
    evidence = [*proven, *(f for f in evidence_findings(facts) if not _said_by(f, proven))]
    shown = any(finding.severity == "error" for finding in evidence)
    explained = [] if proven else _explained(facts)
    guesses = [f for f in explained if not (shown and f.certainty == "likely")]
    rules = [f for f in (*guesses, *diagnose(facts)) if not _said(f, evidence)]
    found: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for finding in (*tried, *evidence, *rules):
        found.setdefault((finding.id, finding.about), finding)
    ordered = nearest_first(list(found.values()), failed_text(facts), facts)
    return sorted(ordered, key=_causes_first)


def _causes_first(finding: Finding) -> tuple[int, int]:
    """By severity; an import that failed comes after what is known to be wrong, before guesses."""
    proven = finding.certainty == "proven"
    place = 2 if finding.id == FAILS else 3 if finding.certainty == "likely" else 0 if proven else 1
    return SEVERITIES.index(finding.severity), place


def _said_by(finding: Finding, proven: list[Finding]) -> bool:
    """Is ``finding`` about the package, variable or file that was proven to be the cause?"""
    return any(
        set(finding.about) & set(cause.about)
        or any(part in line for part in cause.about if "/" in part for line in finding.evidence)
        for cause in proven
    )


def _said(finding: Finding, evidence: list[Finding]) -> bool:
    """Does a finding by evidence speak of all packages and facts that ``finding`` rests on?

    Of a home folder that is closed one finding tells, not one for each path below it.
    """
    below = bool(finding.about) and all(one.startswith("~/") for one in finding.about)
    if below and any("~" in other.about for other in evidence):
        return True
    return bool(finding.evidence) and any(
        all(
            line in other.about or line.split(" ", 1)[0] in other.about for line in finding.evidence
        )
        for other in evidence
        if other.severity != "note"
    )


def _explained(facts: Mapping[str, Any]) -> list[Finding]:
    """What the texts of a failed import or check mean; an import that failed is explained once."""
    failed = failed_text(facts)
    if failed:
        # Reading texts costs a quarter of a second to import, and mostly nothing failed.
        from paddle_lab.environment.engine import explain

        return list(explain(failed, facts, from_here=True).findings)
    check = facts.get("check")
    if isinstance(check, Mapping) and imports_work(facts) is not False:
        from paddle_lab.environment.check import check_findings

        return check_findings(check, facts)
    return []


def summary(
    facts: Mapping[str, Any] | None = None, findings: list[Finding] | None = None
) -> dict[str, Any]:
    """``light`` (grey, green, yellow, red), ``headline`` (Text), ``errors``, ``warnings``,
    ``first``, ``imports``.

    Without ``facts`` they are gathered here, in about a second. ``headline`` says which import
    fails, if one does; ``first`` is the finding to fix first, or None: of an import that fails, its
    cause where one was found.
    ``imports`` is True when paddle and paddlenlp were imported in this state of the environment,
    False when that failed and None when it was not tried; without it, the light is not green.
    """
    if facts is None:
        from paddle_lab.environment.gathering import collect

        facts = collect()
    findings = all_findings(facts) if findings is None else findings
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    works = imports_work(facts)
    light = "red" if errors else "yellow" if warnings else "green" if works else "grey"
    causes = [finding for finding in errors if finding.id != FAILS]
    first = next(iter(causes or errors or warnings), None)
    said = next((finding for finding in errors if finding.id == FAILS), first)
    return {
        "light": light,
        "headline": said.title if said else _headline(facts, works=works),
        "errors": len(errors),
        "warnings": len(warnings),
        "first": first,
        "imports": works,
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


def _headline(facts: Mapping[str, Any], *, works: bool | None) -> Text:
    if lookup(facts, "check.ok") is True:
        return T(
            "The environment works: a training step and an inference were run",
            "环境正常：已完成一次训练步和一次推理",
        )
    if works:
        return T(
            "Nothing wrong was seen; paddle and paddlenlp were imported",
            "未发现问题；已成功导入 paddle 和 paddlenlp",
        )
    return T(
        "Nothing wrong was seen; whether paddle and paddlenlp can be imported was not tried yet",
        "未发现问题；尚未尝试导入 paddle 和 paddlenlp",
    )
