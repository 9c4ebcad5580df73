"""Each rule speaks first on its own examples, and not at all on its counter-examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.rules import Rule, load_rules

HEALTHY = json.loads(
    (Path(__file__).parents[1] / "sheets" / "cpu-linux.json").read_text(encoding="utf-8")
)
EXAMPLES = [(rule, text) for rule in load_rules() for text in rule.examples]
COUNTER_EXAMPLES = [(rule, text) for rule in load_rules() for text in rule.counter_examples]


def named(value: object) -> str:
    return value.id if isinstance(value, Rule) else str(value)[:50]


@pytest.mark.parametrize(("rule", "text"), EXAMPLES, ids=named)
def test_a_rule_speaks_first_on_its_example(rule: Rule, text: str) -> None:
    found = explain(text, HEALTHY).findings
    assert [one.id for one in found][:1] == [rule.id], [(one.id, one.score) for one in found]
    assert found[0].certainty != "proven"


@pytest.mark.parametrize(("rule", "text"), COUNTER_EXAMPLES, ids=named)
def test_a_rule_is_silent_on_its_counter_example(rule: Rule, text: str) -> None:
    assert rule.id not in [one.id for one in explain(text, HEALTHY, facts_join=False).findings]


def test_every_rule_over_texts_has_both() -> None:
    texts = [rule for rule in load_rules() if rule.text]
    assert not [rule.id for rule in texts if not rule.examples]
    assert not [rule.id for rule in texts if not rule.counter_examples]


def test_every_rule_names_the_facts_that_judge_it_or_why_none_can() -> None:
    for rule in load_rules():
        facts = [one for one in (rule.when, rule.confirm, rule.refute) if one is not None]
        assert bool(facts) != bool(rule.no_fact), rule.id
