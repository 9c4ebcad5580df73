"""All rules: one file a family beside this module, each read and checked once per process."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.rules.rule import Rule, RuleError, parse_rule
from paddle_lab.environment.tables import read_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

FOLDER = Path(__file__).parent
#: What mechanisms say of any package: a rule that knows more of one covers it by name.
OF_MECHANISMS: Final = frozenset(
    {
        "dll-does-not-start",
        "dll-not-found",
        "dll-of-other-version",
        "package-inconsistent",
        "packages-do-not-fit",
        "system-library-missing",
    }
)


def parse_rules(files: Sequence[Mapping[str, Any]], *, compiled: bool = True) -> tuple[Rule, ...]:
    """All rules of parsed files; ids are unique and ``covers`` names what exists.

    That is another rule, or what a mechanism says of any package.
    """
    rules = tuple(
        parse_rule({"family": data["family"], **raw}, compiled=compiled)
        for data in files
        for raw in data["rule"]
    )
    names = [rule.id for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RuleError(f"two rules with the same id: {twice}")
    for rule in rules:
        unknown = set(rule.covers) - set(names) - OF_MECHANISMS
        if unknown:
            raise RuleError(f"{rule.id} covers unknown rules {sorted(unknown)}")
    return rules


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """The rules of the package; read once per process (they are immutable data)."""
    return parse_rules(rule_files(), compiled=False)


@lru_cache(maxsize=1)
def rules_of_facts() -> tuple[Rule, ...]:
    """Those of :func:`load_rules` that speak without a text; the others are not even parsed."""
    found: list[Rule] = []
    for path in sorted(FOLDER.glob("*.toml")):
        head, *blocks = path.read_text("utf-8").split("[[rule]]")
        mine = [block for block in blocks if "\nwhen = " in block]
        data = tomllib.loads("[[rule]]".join([head, *mine]))
        found += (
            parse_rule({"family": data["family"], **raw}, compiled=False)
            for raw in data.get("rule", [])
            if "when" in raw
        )
    return tuple(found)


def rule_files() -> list[Mapping[str, Any]]:
    """The content of each file of rules."""
    names = sorted(path.name for path in FOLDER.glob("*.toml"))
    return [read_toml(f"{FOLDER.name}/{name}") for name in names]
