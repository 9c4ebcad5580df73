"""Rules meet facts: findings of a machine, and the explanation of an error text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from paddle_lab.environment import clues as clue_reader
from paddle_lab.environment.advice import values
from paddle_lab.environment.blame import blame_findings, joined
from paddle_lab.environment.conditions import holds, lookup
from paddle_lab.environment.derive import derive
from paddle_lab.environment.findings import SEVERITIES, Finding
from paddle_lab.environment.matching import Searcher, TooCostly
from paddle_lab.environment.origin import ELSEWHERE, HERE, UNKNOWN, origin
from paddle_lab.environment.own_errors import OF_OTHERS, find_own_error
from paddle_lab.environment.rules import FAMILIES, LOOKUPS, Rule, load_rules
from paddle_lab.environment.tables import Tables, load_tables
from paddle_lab.environment.text import tidy
from paddle_lab.i18n import T, Text

Facts = Mapping[str, Any]
MOST_FINDINGS = 3  # an explanation that lists ten causes explains nothing


@dataclass(frozen=True)
class Explanation:
    """What an error text means: findings, best first; ``clues``: what it says of its machine.

    ``complete`` is False when the text was so large or odd that some rules were not tried on it.
    """

    findings: tuple[Finding, ...]
    clues: Mapping[str, Any]
    foreign: bool
    complete: bool = True

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """``findings`` with id, cause, fix and certainty; and what the text told of its machine."""
        return {
            "findings": [finding.to_json(language) for finding in self.findings],
            "clues": {key: value for key, value in self.clues.items() if value},
            "from_another_machine": self.foreign,
            "complete": self.complete,
        }


def diagnose(facts: Facts, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """What is wrong with the environment of a fact sheet; the first to fix comes first.

    Rules whose facts are not in the sheet stay silent.
    """
    tables = load_tables()
    case = derive(facts, tables)
    fill = values(facts, case, tables)
    spoken = [
        (rule, _finding(rule, fill, {}, tables, "confirmed", _evidence(rule.when, case)))
        for rule in (load_rules() if rules is None else rules)
        if rule.when is not None and holds(rule.when, case)
    ]
    covered = {name for rule, _ in spoken for name in rule.covers}
    found = [finding for rule, finding in spoken if rule.id not in covered]
    return sorted(found, key=_first_things_first)


def _first_things_first(finding: Finding) -> tuple[int, int, float]:
    return SEVERITIES.index(finding.severity), FAMILIES.index(finding.family), -finding.score


def explain(
    text: str,
    facts: Facts,
    rules: Iterable[Rule] | None = None,
    facts_join: bool = True,
    from_here: bool = False,
) -> Explanation:
    """What an error text means in Paddle's world, and the fix, checked against ``facts``.

    An error of Paddle Lab itself is told by its code with its own fix, and nothing besides.

    A rule that the facts contradict is dropped. Errors that the facts show by themselves join when
    the text names no known failure (not with ``facts_join`` False). When the facts show nothing,
    and a rule that they contradict knows the text best, it comes from another environment and is
    told as such; not with ``from_here``: the text was made by this environment.
    """
    tables = load_tables()
    own = find_own_error(text)
    quoted, text = text, tidy(text)
    if own is not None and own.code not in OF_OTHERS:
        return Explanation((own.finding(),), {}, foreign=False)
    clues = clue_reader.read(text, tables)
    where = HERE if from_here else origin(text, facts, clues)
    foreign = where == ELSEWHERE
    case = derive(clue_reader.merge({} if foreign else facts, clues), tables, clues)
    here = derive(facts, tables)
    fill = values(facts, case, tables, foreign=foreign)
    spoken: list[tuple[Rule, Finding]] = []
    contradicted: list[tuple[Rule, Finding]] = []
    searcher = Searcher(text)
    for rule in load_rules() if rules is None else rules:
        groups = _match(rule, searcher, case)
        if groups is None:
            continue
        answer = None if foreign else _judged(rule, here)
        certainty = "confirmed" if answer else "likely"
        evidence = _evidence(rule.when, here) if answer else ()
        finding = _finding(rule, fill, groups, tables, certainty, evidence)
        finding = replace(finding, score=_score(rule, groups, answer))
        (contradicted if answer is False else spoken).append((rule, finding))
    shown = [] if foreign else [one for one in diagnose(facts, rules) if one.severity == "error"]
    if contradicted and where == UNKNOWN and not shown:
        best = _choose([*spoken, *contradicted])
        foreign = not any(one.certainty == "confirmed" for one in best) and best[0] in [
            finding for _, finding in contradicted
        ]
    findings = _choose([*spoken, *contradicted] if foreign else spoken)
    findings = joined(blame_findings(quoted, case, here=not foreign), findings)
    if foreign:
        findings = [replace(one, checked=_NOT_CHECKED) for one in findings]
    if facts_join and (not findings or findings[0].score < 20):
        known = {finding.id for finding in shown}
        findings = [*shown, *(finding for finding in findings if finding.id not in known)]
    if own is not None and not findings:
        findings = [own.finding()]
    return Explanation(tuple(findings[:MOST_FINDINGS]), clues, foreign, searcher.complete)


def _match(rule: Rule, searcher: Searcher, case: Facts) -> dict[str, str] | None:
    """The named groups of the patterns that speak, or None when the rule does not."""
    if not rule.text or (rule.given is not None and not holds(rule.given, case)):
        return None
    try:
        hits = [match for match in map(searcher.search, rule.text) if match]
        if not hits or any(map(searcher.search, rule.text_not)):
            return None
        more = [searcher.search(pattern) for pattern in rule.text_all]
    except TooCostly:  # a rule that was not tried in full says nothing
        return None
    if not all(more):
        return None
    groups: dict[str, str] = {}
    empty: dict[str, str] = {}  # optional groups that took part and matched nothing
    for match in [*hits, *[match for match in more if match]]:
        for name, value in match.groupdict().items():
            if value:
                groups.setdefault(name, value[:120])
                # A pattern's `lib2` fills the template's `lib` when the first pattern is silent.
                groups.setdefault(name.rstrip("0123456789"), value[:120])
            else:
                empty[name] = ""
    groups = {**empty, **groups}
    groups["#hits"] = str(len(hits))
    return groups


def _judged(rule: Rule, here: Facts) -> bool | None:
    """Do the facts of this machine confirm a rule (True), contradict it (False), or neither?"""
    if rule.when is not None and holds(rule.when, here):
        return True
    return False if rule.refute is not None and holds(rule.refute, here) else None


def _score(rule: Rule, groups: Mapping[str, str], answer: bool | None) -> float:
    score = rule.level * 10 + rule.weight + min(int(groups["#hits"]), 3) - 1
    score += 2 * (rule.given is not None) + 1 * bool(rule.text_all)
    if answer:
        score += 3
    return score


_NOT_CHECKED = T(
    "The text seems to come from another machine or environment: not checked against this one.",
    "该文本似乎来自另一台机器或环境，未与本机核对。",
)


def _choose(spoken: list[tuple[Rule, Finding]]) -> list[Finding]:
    covered = {name for rule, _ in spoken for name in rule.covers}
    left = [(rule, finding) for rule, finding in spoken if rule.id not in covered]
    left.sort(key=lambda pair: -pair[1].score)
    if not left:
        return []
    best = left[0]
    return [
        finding
        for rule, finding in left
        if rule.level >= min(best[0].level, 2) and finding.score >= best[1].score - 8
    ]


def _finding(
    rule: Rule,
    fill: Mapping[str, Any],
    groups: Mapping[str, str],
    tables: Tables,
    certainty: str,
    evidence: tuple[str, ...],
) -> Finding:
    filled = {
        **_empty_groups(rule),
        **fill,
        **{k: v for k, v in groups.items() if not k.startswith("#")},
    }
    if any("{gpu_install}" in template for template in rule.commands):
        filled["build_why"] = fill["gpu_why"]
    commands = tuple(_command(template, filled, rule, tables) for template in rule.commands)
    for group, table in rule.lookup.items():
        filled.update(_looked_up(group, table, str(filled.get(group, "")), tables))
    return Finding(
        id=rule.id,
        family=rule.family,
        severity=rule.severity,
        certainty=certainty,
        title=Text(rule.title.en, rule.title.zh, filled),
        cause=Text(rule.cause.en, rule.cause.zh, filled),
        fix=Text(rule.fix.en, rule.fix.zh, filled),
        commands=tuple(command for command in commands if command),
        sources=rule.sources,
        evidence=evidence,
        score=rule.level * 10 + rule.weight,
    )


def _empty_groups(rule: Rule) -> dict[str, str]:
    """Groups of patterns that did not speak: templates may still name them."""
    names = {name for pattern in (*rule.text, *rule.text_all) for name in pattern.groupindex}
    empty = dict.fromkeys(names, "…")
    for group, table in rule.lookup.items():
        empty.update({f"{group}_{field}": "" for field in LOOKUPS[table]})
    return empty


def _looked_up(group: str, table: str, value: str, tables: Tables) -> dict[str, str]:
    if table == "distributions":
        top = value.split(".", maxsplit=1)[0]
        known = tables.distributions
        return {
            f"{group}_distribution": known.get(value) or known.get(top) or top.replace("_", "-")
        }
    rows: Mapping[str, Mapping[str, str]] = getattr(tables, table)
    if table == "libraries":
        row = next(
            (row for name, row in rows.items() if name != "*" and value.startswith(name)), rows["*"]
        )
    else:
        row = rows.get(value, rows["*"])
    return {f"{group}_{field}": row.get(field, "") for field in LOOKUPS[table]}


_SAFE = re.compile(r"[\w.+\-]+")
_REQUIREMENT = re.compile(r"[\w.\-]+(?:\[[\w,\- ]+\])?(?:[<>=!~]=?[\w.,<>=!~*]+)?")


def _command(template: str, filled: Mapping[str, Any], rule: Rule, tables: Tables) -> str:
    """A command with its placeholders filled; what came out of a text is quoted for the shell."""
    groups = {name for pattern in (*rule.text, *rule.text_all) for name in pattern.groupindex}
    safe: dict[str, str] = {}
    for name, value in filled.items():
        word = str(value)
        safe[name] = _quoted(word) if name in groups else word
    for group, table in rule.lookup.items():
        for name, value in _looked_up(group, table, str(filled.get(group, "")), tables).items():
            safe[name] = value.format_map(safe) if name.endswith("_command") else _quoted(value)
    return template.format_map(safe)


def _quoted(value: str) -> str:
    """A requirement in double quotes where a shell needs them; anything strange in single ones."""
    if _SAFE.fullmatch(value):
        return value
    return f'"{value}"' if _REQUIREMENT.fullmatch(value) else shlex.quote(value)


def _evidence(condition: Any, case: Facts) -> tuple[str, ...]:
    """The facts that made a condition true, as short lines."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if not isinstance(part, Mapping):
            return
        for group in ("all", "any"):
            for inner in part.get(group, []):
                if holds(inner, case):
                    walk(inner)
        if "package" in part:
            version = lookup(case, "packages") or {}
            known = version.get(part["package"]) if isinstance(version, Mapping) else None
            found.append(f"{part['package']} {known if known else '-'}")
        elif "fact" in part:
            value = lookup(case, part["fact"])
            shown = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            found.append(f"{part['fact'].removeprefix('derived.')} = {shown[:300]}")

    walk(condition)
    return tuple(dict.fromkeys(found))
