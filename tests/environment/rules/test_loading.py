"""What rules may cover besides other rules is really said by a mechanism."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab import environment
from paddle_lab.environment.rules.loading import OF_MECHANISMS, parse_rules
from paddle_lab.environment.rules.rule import RuleError

HERE = Path(environment.__file__).parent
RULE = {
    "id": "one",
    "severity": "error",
    "source": ["x"],
    "text": ["one"],
    "no_fact": "x",
    "title": {"en": "x", "zh": "x"},
    "cause": {"en": "x", "zh": "x"},
    "fix": {"en": "x", "zh": "x"},
    "commands": ["x"],
    "examples": ["one"],
    "counter_examples": ["two"],
}


@pytest.mark.parametrize("name", sorted(OF_MECHANISMS))
def test_a_mechanism_says_it(name: str) -> None:
    sources = [*(HERE / "said").glob("*.py"), *(HERE / "blame").glob("*.py")]
    assert any(f'"{name}"' in path.read_text("utf-8") for path in sources)


def test_what_nobody_says_cannot_be_covered() -> None:
    covers = {**RULE, "covers": ["dll-not-found"]}
    assert parse_rules([{"family": "native", "rule": [covers]}])[0].covers == ("dll-not-found",)
    with pytest.raises(RuleError, match="covers unknown rules"):
        parse_rules([{"family": "native", "rule": [{**RULE, "covers": ["nobody"]}]}])
