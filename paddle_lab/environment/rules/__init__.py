"""The rules, for what no mechanism can know: drivers, containers, hardware, services, bugs."""

from __future__ import annotations

from paddle_lab.environment.rules.loading import load_rules, parse_rules, rules_of_facts
from paddle_lab.environment.rules.rule import FAMILIES, LOOKUPS, Rule, RuleError, parse_rule

__all__ = [
    "FAMILIES",
    "LOOKUPS",
    "Rule",
    "RuleError",
    "load_rules",
    "parse_rule",
    "parse_rules",
    "rules_of_facts",
]
