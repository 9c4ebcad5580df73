"""Failures that users reported: the right cause and fix, from the text and from the facts.

The texts and what counts as right stand in known_failures.toml; the other files beside it hold what
was met after the rules were written.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import Finding, diagnose, explain

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(
    (HERE / "known_failures.toml").read_text("utf-8")
)
VARIANTS: list[dict[str, Any]] = [
    case
    for name in ("variants", "complaints")
    for case in tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))["case"]
]
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
        "fix": [finding.cause.in_language("en"), finding.fix.in_language("en"), *finding.commands],
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
    found = diagnose(sheet(expected["facts"]))
    assert rule in [finding.id for finding in found], [finding.id for finding in found]


@pytest.mark.parametrize("case", VARIANTS, ids=[case["text"][:60] for case in VARIANTS])
def test_variants_written_after_the_rules(case: dict[str, Any]) -> None:
    found = explain(case["text"], HEALTHY)
    assert found.findings, "nothing was found"
    assert found.findings[0].id in case["expect"], [(f.id, f.score) for f in found.findings]


ISSUES: list[dict[str, Any]] = tomllib.loads((HERE / "issues.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", ISSUES, ids=[case["source"] for case in ISSUES])
def test_threads_met_after_the_rules(case: dict[str, Any]) -> None:
    found = explain(case["text"], HEALTHY)
    assert found.findings, "nothing was found"
    assert found.findings[0].id in case["expect"], [(f.id, f.score) for f in found.findings]


FRESH: list[dict[str, Any]] = tomllib.loads((HERE / "fresh.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", FRESH, ids=[f"{c['source']}-{i}" for i, c in enumerate(FRESH)])
def test_failures_met_in_batches_after_the_rules(case: dict[str, Any]) -> None:
    found = explain(case["text"], HEALTHY)
    assert found.findings, "nothing was found"
    first = found.findings[0]
    assert first.id in case["expect"], [(f.id, f.score) for f in found.findings]
    for part in ("cause", "fix"):
        assert re.search(case[part], said(first, part), re.I | re.S), said(first, part)


UNRELATED: list[str] = tomllib.loads((HERE / "unrelated.toml").read_text("utf-8"))["texts"]


@pytest.mark.parametrize("text", UNRELATED)
def test_errors_of_ordinary_programs_are_left_alone(text: str) -> None:
    found = explain(text, HEALTHY, facts_join=False).findings
    assert not [finding.id for finding in found if finding.score >= 15]
