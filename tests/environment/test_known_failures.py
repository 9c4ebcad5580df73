"""Failures that users reported: the right cause and fix, from the text and from the facts.

The texts and what counts as right stand in known_failures.toml. unrelated.toml holds what no rule
may claim to know. What each rule must answer stands with it (rules/test_examples.py).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import Finding, all_findings, explain
from paddle_lab.environment.specificity import LAST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(
    (HERE / "known_failures.toml").read_text("utf-8")
)
HEALTHY = json.loads((HERE / "sheets" / "cpu-linux.json").read_text("utf-8"))


def sheet(facts: dict[str, Any]) -> dict[str, Any]:
    return {"format": "paddle-lab-facts", "version": 1, **facts}


def said(finding: Finding, *parts: str) -> str:
    texts = {
        "cause": [
            finding.title.in_language("en"),
            finding.cause.in_language("en"),
            finding.fix.in_language("en"),
        ],
        "fix": [
            finding.cause.in_language("en"),
            finding.fix.in_language("en"),
            *finding.commands,
            *(line for other in finding.alternatives for line in other.commands),
        ],
    }
    return "\n".join(text for part in parts for text in texts[part])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_text_with_its_facts_gets_the_right_rule(name: str) -> None:
    expected = EXPECTED[name]
    facts = sheet(expected["facts"]) if "facts" in expected else HEALTHY
    found = explain(expected["text"], facts)
    assert found.findings, "nothing was found"
    first = found.findings[0]
    rules = [expected["rule"]] if isinstance(expected["rule"], str) else [*expected["rule"]]
    rules += [expected["finds"]] if "finds" in expected else []
    assert first.id in rules, [finding.id for finding in found.findings]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_text_alone_gets_the_cause_and_the_fix(name: str) -> None:
    expected = EXPECTED[name]
    found = explain(expected["text"], HEALTHY)
    rule = expected["rule"]
    first = found.findings[0]
    assert first.id in ([rule] if isinstance(rule, str) else rule)
    for part in ("cause", "fix"):
        for pattern in expected[part]:
            assert re.search(pattern, said(first, part), re.I), (part, pattern, said(first, part))


@pytest.mark.parametrize("name", sorted(name for name, e in EXPECTED.items() if "facts" in e))
def test_the_facts_of_a_reported_failure_are_enough(name: str) -> None:
    expected = EXPECTED[name]
    rule = expected.get("finds") or expected["rule"]
    found = all_findings(sheet(expected["facts"]))
    assert rule in [finding.id for finding in found], [finding.id for finding in found]


UNRELATED: list[str] = tomllib.loads((HERE / "unrelated.toml").read_text("utf-8"))["texts"]


@pytest.mark.parametrize("text", UNRELATED)
def test_errors_of_ordinary_programs_are_left_alone(text: str) -> None:
    found = explain(text, HEALTHY, facts_join=False).findings
    assert not [finding.id for finding in found if finding.score >= LAST]
