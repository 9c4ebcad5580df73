"""The rules: read from ``rules.toml`` and checked strictly, so that a typing error cannot hide."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from paddle_lab.environment.conditions import ConditionError, validate
from paddle_lab.environment.findings import SEVERITIES
from paddle_lab.environment.tables import read_toml
from paddle_lab.i18n import Text

FAMILIES = (
    "interpreter",
    "install",
    "shadow",
    "packages",
    "versions",
    "native",
    "processor",
    "gpu",
    "driver",
    "container",
    "memory",
    "storage",
    "network",
    "jupyter",
    "windows",
    "macos",
    "training",
    "export",
)
# Placeholders that every template may use; `advice.values` fills them for the case at hand.
VALUES = frozenset(
    [
        "install",
        "uninstall",
        "python",
        "paddle_install",
        "gpu_install",
        "gpu_why",
        "cpu_install",
        "build_why",
        "stack",
        "stack_install",
        "image",
        "image_china",
        "docker_run",
        "best_python",
        "paddlenlp",
        "mirror",
    ]
)
LOOKUPS = {
    "libraries": ("apt", "yum", "en", "zh", "command"),
    "distributions": ("distribution",),
    "cuda_errors": ("en", "zh", "fix_en", "fix_zh"),
}
_REQUIRED = {"id", "family", "severity", "source", "title", "cause", "fix"}
_OPTIONAL = {
    "level",
    "text",
    "text_all",
    "text_not",
    "given",
    "when",
    "refute",
    "lookup",
    "commands",
    "covers",
    "weight",
}


#: ``refute = "otherwise"``: where ``when`` is known not to hold.
OTHERWISE = "otherwise"


class RuleError(ValueError):
    """A rule in the rules file is not well formed."""


@dataclass(frozen=True)
class Rule:
    """One rule: when it speaks (``text`` patterns, ``when`` facts) and what it says.

    ``level`` 3 is one known failure, 2 a family of failures, 1 a mechanism that only speaks when
    nothing better does. ``given`` narrows a text rule by what is known of the case. Where ``when``
    holds it confirms what a text says; where ``refute`` does, the rule is dropped.
    """

    id: str
    family: str
    severity: str
    sources: tuple[str, ...]
    title: Text
    cause: Text
    fix: Text
    level: int
    weight: float
    text: tuple[re.Pattern[str], ...]
    text_all: tuple[re.Pattern[str], ...]
    text_not: tuple[re.Pattern[str], ...]
    given: Mapping[str, Any] | None
    when: Mapping[str, Any] | None
    refute: Mapping[str, Any] | None
    lookup: Mapping[str, str]
    commands: tuple[str, ...]
    covers: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts this rule wants to know: sections of the sheet."""
        found: set[str] = set()
        for condition in (self.when, self.refute, self.given):
            _collect(condition, found)
        return tuple(sorted(found))


def _collect(condition: Any, found: set[str]) -> None:
    if isinstance(condition, Mapping):
        if "package" in condition:
            found.add("packages")
        if "fact" in condition:
            found.add(str(condition["fact"]).split(".")[0])
        for value in condition.values():
            _collect(value, found)
    elif isinstance(condition, list):
        for part in condition:
            _collect(part, found)


# Short names of repositories in the rules file, so that its lines stay readable.
_REPOSITORIES = {
    "P": "PaddlePaddle/Paddle",
    "NLP": "PaddlePaddle/PaddleNLP",
    "OCR": "PaddlePaddle/PaddleOCR",
}


def _source(text: str) -> str:
    """``P#123`` becomes ``PaddlePaddle/Paddle#123``; a Paddle repository's name gets its owner."""
    name, mark, number = text.partition("#")
    if mark and number.isdigit():
        if name in _REPOSITORIES:
            return f"{_REPOSITORIES[name]}#{number}"
        if "/" not in name and (name.startswith("Paddle") or name == "ERNIE"):
            return f"PaddlePaddle/{text}"
    return text


def _text(raw: Any, where: str) -> Text:
    if not isinstance(raw, Mapping) or set(raw) != {"en", "zh"} or not all(raw.values()):
        raise RuleError(f"{where} needs en and zh")
    return Text(raw["en"], raw["zh"])


# ASCII: between a Chinese character and a Latin one there must be a word boundary.
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII


def _patterns(raw: Any, where: str) -> tuple[re.Pattern[str], ...]:
    if not isinstance(raw, list):
        raise RuleError(f"{where} is a list of regular expressions")
    try:
        return tuple(re.compile(pattern, _FLAGS) for pattern in raw)
    except re.error as error:
        raise RuleError(f"{where}: {error}") from error


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _check_placeholders(rule: Rule) -> None:
    known = set(VALUES)
    groups = [set(pattern.groupindex) for pattern in (*rule.text, *rule.text_all)]
    known |= set().union(*groups) if groups else set()
    for group, table in rule.lookup.items():
        if table not in LOOKUPS:
            raise RuleError(f"{rule.id}: no table {table}")
        if not any(group in names for names in groups):
            raise RuleError(f"{rule.id}: lookup of {group}, which no pattern captures")
        known |= {f"{group}_{field}" for field in LOOKUPS[table]}
    texts = (rule.title, rule.cause, rule.fix)
    for template in (*[t.en for t in texts], *[t.zh for t in texts], *rule.commands):
        unknown = _placeholders(template) - known
        if unknown:
            raise RuleError(f"{rule.id}: unknown placeholder {sorted(unknown)} in {template!r}")


def _refutation(raw: Mapping[str, Any], name: str) -> Any:
    refute = raw.get("refute")
    if refute != OTHERWISE:
        return refute
    if "when" not in raw:
        raise RuleError(f"{name}: refute is otherwise, and there is no when")
    return {"none": [raw["when"]]}


def parse_rule(raw: Mapping[str, Any]) -> Rule:
    """One rule from its TOML table. Raises RuleError with the rule's id and what is wrong."""
    name = str(raw.get("id", "?"))
    if _REQUIRED - set(raw) or set(raw) - _REQUIRED - _OPTIONAL:
        wrong = sorted((_REQUIRED - set(raw)) | (set(raw) - _REQUIRED - _OPTIONAL))
        raise RuleError(f"{name}: missing or unknown keys {wrong}")
    for key, allowed in (
        ("family", FAMILIES),
        ("severity", SEVERITIES),
    ):
        if raw[key] not in allowed:
            raise RuleError(f"{name}: {key} is {raw[key]!r}, one of {allowed} expected")
    if not raw["source"] or not isinstance(raw["source"], list):
        raise RuleError(f"{name}: a rule names its source")
    if "text" not in raw and "when" not in raw:
        raise RuleError(f"{name}: neither text nor when: it could never speak")
    for key in ("given", "when", "refute"):
        if key in raw and raw[key] != OTHERWISE:
            try:
                validate(raw[key])
            except (ConditionError, re.error) as error:
                raise RuleError(f"{name}: {error}") from error
    rule = Rule(
        id=name,
        family=raw["family"],
        severity=raw["severity"],
        sources=tuple(_source(str(text)) for text in raw["source"]),
        title=_text(raw["title"], f"{name}: title"),
        cause=_text(raw["cause"], f"{name}: cause"),
        fix=_text(raw["fix"], f"{name}: fix"),
        level=int(raw.get("level", 3)),
        weight=float(raw.get("weight", 0)),
        text=_patterns(raw.get("text", []), f"{name}: text"),
        text_all=_patterns(raw.get("text_all", []), f"{name}: text_all"),
        text_not=_patterns(raw.get("text_not", []), f"{name}: text_not"),
        given=raw.get("given"),
        when=raw.get("when"),
        refute=_refutation(raw, name),
        lookup=raw.get("lookup", {}),
        commands=tuple(raw.get("commands", [])),
        covers=tuple(raw.get("covers", [])),
    )
    if rule.level not in (1, 2, 3):
        raise RuleError(f"{name}: level is 1, 2 or 3")
    _check_placeholders(rule)
    return rule


def parse_rules(data: Mapping[str, Any]) -> tuple[Rule, ...]:
    """All rules of a parsed rules file; ids are unique and ``covers`` names rules that exist."""
    rules = tuple(parse_rule(raw) for raw in data["rule"])
    names = [rule.id for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RuleError(f"two rules with the same id: {twice}")
    for rule in rules:
        unknown = set(rule.covers) - set(names)
        if unknown:
            raise RuleError(f"{rule.id} covers unknown rules {sorted(unknown)}")
    return rules


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """The rules of the package; read once per process (they are immutable data)."""
    return parse_rules(read_toml("rules.toml"))
