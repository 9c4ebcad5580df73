"""One rule: parsed strictly, so that a typing error cannot hide."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.conditions import ConditionError, validate
from paddle_lab.environment.findings import SEVERITIES
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
        "gpu_image",
        "docker_run",
        "docker_run_gpu",
        "best_python",
        "paddlenlp",
        "mirror",
        "paddle2onnx",
        "raiser",
        "raiser_package",
        "new_environment",
        "new_install",
        "new_paddle_install",
        "new_gpu_install",
        "new_stack_install",
        "uv_install",
        "uv_paddle_install",
        "uv_gpu_install",
        "uv_stack_install",
    ]
)
LOOKUPS = {
    "libraries": ("apt", "yum", "en", "zh", "command"),
    "distributions": ("distribution",),
    "cuda_errors": ("en", "zh", "fix_en", "fix_zh"),
}
_REQUIRED = {"id", "family", "severity", "source", "title", "cause", "fix"}
_PATTERNS = ("text", "text_all", "text_not")
_FACTS = ("given", "when", "confirm", "refute")
_OPTIONAL = {
    *_PATTERNS,
    *_FACTS,
    "last",
    "no_fact",
    "lookup",
    "commands",
    "alternatives",
    "covers",
    "examples",
    "counter_examples",
}


#: ``refute = "otherwise"``: where ``when`` is known not to hold.
OTHERWISE = "otherwise"


class RuleError(ValueError):
    """A rule in the rules file is not well formed."""


# ASCII: between a Chinese character and a Latin one there must be a word boundary.
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII
_GROUP = re.compile(r"\(\?P<(\w+)>")


@dataclass(frozen=True)
class RulePattern:
    """A regular expression of a rule, compiled when a text is searched and not before.

    There are hundreds, and the page of a healthy environment searches with none.
    """

    pattern: str

    @property
    def flags(self) -> int:
        """What each is compiled with."""
        return int(_FLAGS)

    @property
    def groups(self) -> frozenset[str]:
        """The names of its groups."""
        return frozenset(_GROUP.findall(self.pattern))


@dataclass(frozen=True)
class Rule:
    """One rule: when it speaks (``text`` patterns, ``when`` facts) and what it says.

    ``given`` narrows a text rule by what is known of the case. Where ``when`` or ``confirm`` holds
    it confirms what a text says; where ``refute`` does, the rule is dropped; ``no_fact`` says why
    no fact can do either. A rule that speaks ``last`` does so when no other knows the text.
    ``alternatives`` are ways to the same end beside ``commands``: labels with their commands.
    """

    id: str
    family: str
    severity: str
    sources: tuple[str, ...]
    title: Text
    cause: Text
    fix: Text
    text: tuple[RulePattern, ...]
    text_all: tuple[RulePattern, ...]
    text_not: tuple[RulePattern, ...]
    given: Mapping[str, Any] | None
    when: Mapping[str, Any] | None
    confirm: Mapping[str, Any] | None
    refute: Mapping[str, Any] | None
    no_fact: str
    last: bool
    lookup: Mapping[str, str]
    commands: tuple[str, ...]
    alternatives: tuple[tuple[Text, tuple[str, ...]], ...]
    covers: tuple[str, ...]
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]

    @property
    def every_command(self) -> tuple[str, ...]:
        """The commands of the recommended way and of the others, as templates."""
        return (*self.commands, *(one for _, commands in self.alternatives for one in commands))

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts this rule wants to know: sections of the sheet."""
        found: set[str] = set()
        for condition in (self.when, self.confirm, self.refute, self.given):
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


# Short names of repositories in the rules files, so that its lines stay readable.
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


def _patterns(raw: Any, where: str, *, compiled: bool) -> tuple[RulePattern, ...]:
    if not isinstance(raw, list):
        raise RuleError(f"{where} is a list of regular expressions")
    try:
        if compiled:
            for pattern in raw:
                re.compile(pattern, _FLAGS)
    except re.error as error:
        raise RuleError(f"{where}: {error}") from error
    return tuple(map(RulePattern, raw))


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _check_placeholders(rule: Rule) -> None:
    known = set(VALUES)
    groups = [pattern.groups for pattern in (*rule.text, *rule.text_all)]
    known |= set().union(*groups) if groups else set()
    for group, table in rule.lookup.items():
        if table not in LOOKUPS:
            raise RuleError(f"{rule.id}: no table {table}")
        if not any(group in names for names in groups):
            raise RuleError(f"{rule.id}: lookup of {group}, which no pattern captures")
        known |= {f"{group}_{field}" for field in LOOKUPS[table]}
    texts = (rule.title, rule.cause, rule.fix)
    for template in (*[t.en for t in texts], *[t.zh for t in texts], *rule.every_command):
        unknown = _placeholders(template) - known
        if unknown:
            raise RuleError(f"{rule.id}: unknown placeholder {sorted(unknown)} in {template!r}")


def _alternative(raw: Any, name: str) -> tuple[Text, tuple[str, ...]]:
    if not isinstance(raw, Mapping) or set(raw) != {"label", "commands"} or not raw["commands"]:
        raise RuleError(f"{name}: an alternative has a label and commands")
    return _text(raw["label"], f"{name}: label"), tuple(raw["commands"])


def _refutation(raw: Mapping[str, Any], name: str) -> Any:
    refute = raw.get("refute")
    if refute != OTHERWISE:
        return refute
    if "when" not in raw:
        raise RuleError(f"{name}: refute is otherwise, and there is no when")
    return {"none": [raw["when"]]}


def parse_rule(raw: Mapping[str, Any], *, compiled: bool = True) -> Rule:
    """One rule from its TOML table. Raises RuleError with the rule's id and what is wrong.

    ``compiled`` False leaves it to the first search to find an expression that is not well formed.
    """
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
    for key in _FACTS:
        if key in raw and raw[key] != OTHERWISE:
            try:
                validate(raw[key])
            except (ConditionError, re.error) as error:
                raise RuleError(f"{name}: {error}") from error
    if raw.get("no_fact") and any(key in raw for key in ("when", "confirm", "refute")):
        raise RuleError(f"{name}: no_fact, and yet there are facts")
    if not raw.get("no_fact") and not any(key in raw for key in ("when", "confirm", "refute")):
        raise RuleError(f"{name}: neither facts that confirm or refute it, nor no_fact")
    if raw.get("text") and not raw.get("examples"):
        raise RuleError(f"{name}: a rule over texts has examples")
    rule = Rule(
        id=name,
        family=raw["family"],
        severity=raw["severity"],
        sources=tuple(_source(str(text)) for text in raw["source"]),
        title=_text(raw["title"], f"{name}: title"),
        cause=_text(raw["cause"], f"{name}: cause"),
        fix=_text(raw["fix"], f"{name}: fix"),
        last=raw.get("last", False) is True,
        **{
            key: _patterns(raw.get(key, []), f"{name}: {key}", compiled=compiled)
            for key in _PATTERNS
        },
        given=raw.get("given"),
        when=raw.get("when"),
        confirm=raw.get("confirm"),
        refute=_refutation(raw, name),
        no_fact=str(raw.get("no_fact", "")),
        lookup=raw.get("lookup", {}),
        commands=tuple(raw.get("commands", [])),
        alternatives=tuple(_alternative(one, name) for one in raw.get("alternatives", [])),
        covers=tuple(raw.get("covers", [])),
        examples=tuple(raw.get("examples", [])),
        counter_examples=tuple(raw.get("counter_examples", [])),
    )
    _check_placeholders(rule)
    return rule
