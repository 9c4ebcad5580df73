"""The rules: strict, complete, in both languages, harmless."""

from __future__ import annotations

import re
from typing import Any

import pytest

from paddle_lab.environment.conditions import ConditionError, holds, lookup, validate
from paddle_lab.environment.engine import explain
from paddle_lab.environment.findings import SEVERITIES
from paddle_lab.environment.rules import (
    FAMILIES,
    Rule,
    RuleError,
    load_rules,
    parse_rule,
    parse_rules,
)
from paddle_lab.environment.rules.loading import rule_files
from paddle_lab.environment.tables import load_tables

GOOD: dict[str, Any] = {
    "id": "example",
    "family": "packages",
    "severity": "error",
    "source": ["P#1"],
    "text": ["No module named (?P<name>\\w+)"],
    "examples": ["No module named x"],
    "no_fact": "which module is asked for stands in the text only",
    "title": {"en": "{name}", "zh": "{name}"},
    "cause": {"en": "a", "zh": "甲"},
    "fix": {"en": "b", "zh": "乙"},
}


def test_the_rules_load_and_cover_every_family() -> None:
    rules = load_rules()
    assert len(rules) > 150
    assert {rule.family for rule in rules} == set(FAMILIES)
    assert {rule.severity for rule in rules} == set(SEVERITIES)


def test_the_rules_are_as_strict_with_their_patterns_compiled() -> None:
    assert parse_rules(rule_files()) == load_rules()


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_a_rule_speaks_both_languages_and_names_its_source(rule: Rule) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for text in (rule.title, rule.cause, rule.fix):
        assert chinese.search(text.zh) or text.zh == text.en or "{" in text.zh, text.zh
        assert not chinese.search(re.sub(r"\{\w+\}", "", text.en)), text.en
    assert rule.sources
    assert rule.text or rule.when
    if rule.when is not None:
        assert rule.needs, "a rule over facts says which facts it needs"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"certainty": "sure"}, "certainty"),
        ({"severity": "fatal"}, "severity"),
        ({"family": "misc"}, "family"),
        ({"source": []}, "source"),
        ({"title": {"en": "only English"}}, "en and zh"),
        ({"text": ["("]}, "text"),
        ({"text": "not a list"}, "list"),
        ({"fix": {"en": "{nobody}", "zh": "x"}}, "nobody"),
        ({"commands": ["pip install {nobody}"]}, "nobody"),
        ({"lookup": {"name": "nothing"}}, "nothing"),
        ({"lookup": {"other": "libraries"}}, "other"),
        ({"when": {"package": "x", "is": "newer"}}, "newer"),
        ({"when": {"fact": "a.b"}}, "not a condition"),
        ({"when": {"all": []}}, "list"),
        ({"level": 3}, "level"),
        ({"weight": 2}, "weight"),
        ({"examples": []}, "examples"),
        ({"no_fact": ""}, "no_fact"),
        ({"when": {"package": "x"}}, "and yet there are facts"),
        ({"refute": "otherwise", "no_fact": ""}, "no when"),
        ({"alternatives": [{"label": {"en": "a", "zh": "甲"}}]}, "label and commands"),
        ({"alternatives": [{"label": {"en": "a"}, "commands": ["b"]}]}, "en and zh"),
        ({"extra": 1}, "extra"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_told_with_its_id(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule({**GOOD, **change})
    assert "example" in str(caught.value)
    assert message in str(caught.value)


def test_rules_that_could_never_speak_or_stand_twice_are_refused() -> None:
    silent = {key: value for key, value in GOOD.items() if key != "text"}
    silent["title"] = {"en": "a", "zh": "a"}
    with pytest.raises(RuleError, match="never speak"):
        parse_rule(silent)
    with pytest.raises(RuleError, match="same id"):
        parse_rules([{"family": "packages", "rule": [GOOD]}, {"family": "gpu", "rule": [GOOD]}])
    with pytest.raises(RuleError, match="unknown rules"):
        parse_rules([{"family": "packages", "rule": [{**GOOD, "covers": ["nobody"]}]}])


def test_conditions_know_what_they_do_not_know() -> None:
    facts = {
        "packages": {"numpy": "2.1.0"},
        "gpu": {"driver": "550.1"},
        "n": 3,
        "libs": {"a.so.1": "x"},
    }
    assert holds({"package": "numpy", "is": ">=2"}, facts) is True
    assert holds({"package": "numpy", "is": "<2"}, facts) is False
    assert holds({"package": "scipy"}, facts) is False
    assert holds({"package": "scipy", "installed": False}, facts) is True
    assert holds({"package": "numpy"}, {}) is None
    assert holds({"fact": "n", "at_least": 3}, facts) is True
    assert holds({"fact": "n", "below": 3}, facts) is False
    assert holds({"fact": "gpu.name", "equals": "x"}, facts) is None
    assert holds({"fact": "gpu.name", "exists": False}, facts) is True
    assert holds({"fact": "n", "contains": "x"}, facts) is None
    assert lookup(facts, "libs.a.so.1") == "x"
    unknown, true, false = (
        {"package": "z", "is": "<1"},
        {"fact": "n", "equals": 3},
        {"fact": "n", "equals": 4},
    )
    nothing = {"fact": "nowhere", "equals": 1}
    assert holds({"all": [true, nothing]}, facts) is None
    assert holds({"all": [false, nothing]}, facts) is False
    assert holds({"any": [true, nothing]}, facts) is True
    assert holds({"any": [false, nothing]}, facts) is None
    assert holds({"none": [false, unknown]}, facts) is True
    assert holds({"none": [true]}, facts) is False
    assert (
        holds({"package": "numpy", "is": ">=2"}, {"packages": {"numpy": "not a version"}}) is None
    )


def test_malformed_conditions_are_refused() -> None:
    for condition in (
        "x",
        {},
        {"package": "a", "equals": 1},
        {"fact": "a", "is": ">="},
        {"any": {}},
    ):
        with pytest.raises(ConditionError):
            validate(condition)


def test_what_comes_out_of_a_text_cannot_become_a_command() -> None:
    text = (
        "ImportError: lib$(reboot)x.so.1: cannot open shared object file\n"
        "ModuleNotFoundError: No module named 'a;reboot'"
    )
    for finding in explain(text, {}).findings:
        for command in finding.commands:
            assert "$(reboot)" not in command
            assert ";reboot" not in command.replace("'", "")


def test_the_tables_are_consistent() -> None:
    tables = load_tables()
    assert {row["build"] for row in tables.gpu} == {"cu118", "cu126", "cu129", "cu130"}
    for pattern in tables.cards:
        re.compile(pattern)
    assert set(tables.driver_linux) == set(tables.wheel_archs)
    assert "*" in tables.libraries
    assert "*" in tables.cuda_errors
