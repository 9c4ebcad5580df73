"""Rules meet facts: the findings of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.environment.advice import values
from paddle_lab.environment.conditions import holds
from paddle_lab.environment.derive import derive
from paddle_lab.environment.findings import SEVERITIES, Finding
from paddle_lab.environment.rules import FAMILIES, Rule, rules_of_facts
from paddle_lab.environment.specificity import OF_A_FACT, conditions, score
from paddle_lab.environment.tables import load_tables
from paddle_lab.environment.wording import evidence_of, finding_of

Facts = Mapping[str, Any]


def diagnose(facts: Facts, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """What is wrong with the environment of a fact sheet; the first to fix comes first.

    Rules whose facts are not in the sheet stay silent.
    """
    tables = load_tables()
    case = derive(facts, tables)
    fill = values(facts, case, tables)
    spoken = [
        (
            rule,
            replace(
                finding_of(rule, fill, {}, tables, case),
                certainty="confirmed",
                evidence=evidence_of(rule.when, case),
                score=score(OF_A_FACT * conditions(rule.when), last=rule.last),
            ),
        )
        for rule in (rules_of_facts() if rules is None else rules)
        if rule.when is not None and holds(rule.when, case)
    ]
    covered = {name for rule, _ in spoken for name in rule.covers}
    found = [finding for rule, finding in spoken if rule.id not in covered]
    return sorted(found, key=_first_things_first)


def _first_things_first(finding: Finding) -> tuple[int, int, float]:
    return SEVERITIES.index(finding.severity), FAMILIES.index(finding.family), -finding.score
