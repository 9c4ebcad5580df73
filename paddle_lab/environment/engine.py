"""The explanation of an error text: structure, what programs say, evidence, and rules last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from paddle_lab.environment import clues as clue_reader
from paddle_lab.environment.advice import values
from paddle_lab.environment.already import another_way
from paddle_lab.environment.blame import Raised, Traceback, findings_of, joined, read, released
from paddle_lab.environment.concerns import concerning, nearest_first
from paddle_lab.environment.conditions import holds
from paddle_lab.environment.derive import derive
from paddle_lab.environment.diagnosis import diagnose
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.explanation import Explanation
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.for_another import for_another, parties
from paddle_lab.environment.imports.verdict import failed_so
from paddle_lab.environment.matching import Searcher, TooCostly
from paddle_lab.environment.origin import ELSEWHERE, HERE, UNKNOWN, origin
from paddle_lab.environment.own_code import of_a_person
from paddle_lab.environment.own_errors import OF_OTHERS, find_own_error
from paddle_lab.environment.redact import clean
from paddle_lab.environment.rules import Rule, load_rules
from paddle_lab.environment.said import own_modules, said_findings
from paddle_lab.environment.specificity import (
    LAST,
    OF_A_FACT,
    Region,
    conditions,
    rank,
    regions,
    score,
)
from paddle_lab.environment.tables import Tables, load_tables
from paddle_lab.environment.text import tidy
from paddle_lab.environment.wording import evidence_of, finding_of
from paddle_lab.i18n import T

Facts = Mapping[str, Any]
MOST_FINDINGS = 3  # an explanation that lists ten causes explains nothing
_WORTH_TELLING = 0.85  # of the best score


def explain(
    text: str,
    facts: Facts,
    rules: Iterable[Rule] | None = None,
    facts_join: bool = True,
    from_here: bool = False,
) -> Explanation:
    """What an error text means in Paddle's world, and the fix, checked against ``facts``.

    An error of Paddle Lab itself is told by its code with its own fix, and nothing besides.

    A rule that the facts contradict is dropped. What is known here of an import that failed with
    this very error goes first. Errors that the facts show by themselves go first where the text is
    about them, and where nothing knows it well (not with ``facts_join`` False). When the facts show
    nothing, and a rule that they contradict knows the text best, it comes from another environment
    and is told as such; not with ``from_here``: the text was made by this environment.
    """
    tables = load_tables()
    own = find_own_error(text)
    quoted, text = text, tidy(text)
    if own is not None and own.code not in OF_OTHERS:
        return Explanation((own.finding(),), {}, foreign=False)
    clues = clue_reader.read(text, tables)
    trace = read(quoted)
    failed_here = failed_so(text, facts)
    if of_a_person(trace) and not failed_here:
        return Explanation((own.finding(),) if own else (), clues, foreign=False)
    where = HERE if from_here else origin(text, facts, clues)
    if where == UNKNOWN and failed_here:
        where = HERE
    foreign = where == ELSEWHERE
    abroad = derive(clue_reader.merge({}, clues), tables, clues)
    case = abroad if foreign else derive(clue_reader.merge(facts, clues), tables, clues)
    searcher = Searcher(text)
    known = _known(searcher, case, regions(text, trace), rules)
    known = _with_what_it_tells(known, abroad, trace, rules)
    if not foreign:
        here = derive(facts, tables)
        known = [replace(one, judged=_judged(one.rule, here)) for one in known]
    shown = [] if foreign else _errors(facts, rules)
    if where == UNKNOWN and not shown and _of_elsewhere(known):
        foreign, case = True, abroad
        known = [replace(one, judged=_NOT_JUDGED) for one in known]
    asked = "gpu" in clues or "paddlepaddle-gpu" in text
    told = values(facts, case, tables, foreign=foreign, gpu_asked=asked)
    fill = {**told, **parties(trace)}
    told_packages = clues.get("packages", {})
    findings = _choose(
        [
            (one.rule, another_way(_told(one, _words(one, fill, tables, case)), told_packages))
            for one in known
            if one.judged.answer is not False
        ]
    )
    blamed, spoken = _structure(text, case, trace, known, here=not foreign)
    if any(one.id == own_modules.ID for one in spoken):
        blamed, findings = [], []  # nothing that is installed is at fault
    findings = [for_another(one, trace, text, told) for one in findings]
    findings = _without_doubles(
        joined([*blamed, *spoken], findings), {one.rule.id for one in known}
    )
    if foreign:
        findings = [replace(one, checked=_NOT_CHECKED) for one in findings]
    if facts_join:
        vague = not findings or findings[0].score < LAST
        if failed_here and not foreign:
            told_here = {one.id for one in shown}
            sure = [f for f in findings if f.certainty == "confirmed" and f.id not in told_here]
            first = [*trial_findings(facts), *nearest_first([*sure, *shown], quoted, facts)]
        else:
            warned = [] if foreign or failed_here else _warned(facts, text)
            first = [*warned, *(shown if vague else concerning(shown, text))]
        names = {finding.id for finding in first}
        findings = [*first, *(finding for finding in findings if finding.id not in names)]
    if own is not None and not findings:
        findings = [own.finding()]
    return Explanation(tuple(findings[:MOST_FINDINGS]), clues, foreign, searcher.complete)


def _structure(
    text: str, case: Facts, trace: Traceback | None, known: list[_Known], *, here: bool
) -> tuple[list[Finding], list[Finding]]:
    """What the frames show, and what programs say of themselves, without what a rule covers."""
    blamed = [] if trace is None else findings_of(trace, case, here=here)
    spoken = said_findings(text, case, trace)
    if any(one.id == released.ID for one in blamed):  # by its frames, which tell who asked
        spoken = [one for one in spoken if one.id != released.ID]
    covered = {name for one in known for name in one.rule.covers}
    return (
        [one for one in blamed if one.id not in covered],
        [one for one in spoken if one.id not in covered],
    )


def _without_doubles(findings: list[Finding], rules: set[str]) -> list[Finding]:
    """Without guesses by ``rules`` of the same family behind what a mechanism says more exactly."""
    if not findings or findings[0].id in rules:
        return findings
    first, *others = findings
    return [
        first,
        *(
            one
            for one in others
            if one.id not in rules or one.family != first.family or one.certainty != "likely"
        ),
    ]


def _errors(facts: Facts, rules: Iterable[Rule] | None) -> list[Finding]:
    """The errors that the facts show, those by evidence first, each once."""
    found: dict[str, Finding] = {}
    for one in (*evidence_findings(facts), *diagnose(facts, rules)):
        if one.severity == "error":
            found.setdefault(one.id, one)
    return list(found.values())


def _warned(facts: Facts, text: str) -> list[Finding]:
    """The warnings by evidence about a file that ``text`` names."""
    shown = [one for one in evidence_findings(facts) if one.severity == "warning"]
    files = [replace(one, about=tuple(name for name in one.about if "/" in name)) for one in shown]
    return concerning(files, clean(text))


@dataclass(frozen=True)
class _Judged:
    """Do facts confirm a rule (True), contradict it (False), or neither? What they showed."""

    answer: bool | None = None
    evidence: tuple[str, ...] = ()
    facts: int = 0


_NOT_JUDGED = _Judged()


@dataclass(frozen=True)
class _Known:
    """A rule that knows the text: the groups of its patterns, how specific the match is."""

    rule: Rule
    groups: Mapping[str, str]
    rank: float
    judged: _Judged = _NOT_JUDGED

    @property
    def score(self) -> float:
        return score(self.rank + OF_A_FACT * self.judged.facts, last=self.rule.last)


def _known(
    searcher: Searcher, case: Facts, ends: tuple[Region, ...], rules: Iterable[Rule] | None
) -> list[_Known]:
    """The rules that know a text."""
    tried = (
        _match(rule, searcher, case, ends) for rule in (load_rules() if rules is None else rules)
    )
    return [found for found in tried if found is not None]


def _match(rule: Rule, searcher: Searcher, case: Facts, ends: tuple[Region, ...]) -> _Known | None:
    if not rule.text or (rule.given is not None and not holds(rule.given, case)):
        return None
    try:
        hits = [(pattern, found) for pattern in rule.text if (found := searcher.search(pattern))]
        if not hits or any(map(searcher.search, rule.text_not)):
            return None
        more = [(one, found) for one in rule.text_all if (found := searcher.search(one))]
    except TooCostly:  # a rule that was not tried in full says nothing
        return None
    if len(more) < len(rule.text_all):
        return None
    groups: dict[str, str] = {}
    empty: dict[str, str] = {}  # optional groups that took part and matched nothing
    for _, match in [*hits, *more]:
        for name, value in match.groupdict().items():
            if value:
                groups.setdefault(name, value[:120])
                # A pattern's `lib2` fills the template's `lib` when the first pattern is silent.
                groups.setdefault(name.rstrip("0123456789"), value[:120])
            else:
                empty[name] = ""
    return _Known(rule, {**empty, **groups}, rank(hits, more, conditions(rule.given), ends))


#: Families that speak of packages which do not fit one another, and errors that come of it.
_OF_PACKAGES = frozenset({"install", "packages", "versions"})
_OF_MISFITS = frozenset(
    {"AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "TypeError", "ValueError"}
)
#: What the system's loader says of a file that it cannot load: no matter of names and versions.
_OF_A_LOADER = re.compile(
    r"DLL load failed|cannot open shared object|cannot load library|Library not loaded|dlopen\("
)
_TOLD = 45.0


def _of_misfits(error: Raised) -> bool:
    return error.kind in _OF_MISFITS and not _OF_A_LOADER.search(error.message)


def _with_what_it_tells(
    known: list[_Known], told: Facts, trace: Traceback | None, rules: Iterable[Rule] | None
) -> list[_Known]:
    """With the rules that hold of the packages which the text itself lists, where its error is of
    the kind that packages cause which do not fit."""
    if trace is None or not any(map(_of_misfits, trace.errors)):
        return known
    found = {one.rule.id: one for one in known}
    for rule in load_rules() if rules is None else rules:
        speaks = rule.severity == "error" and rule.family in _OF_PACKAGES
        if speaks and rule.when is not None and holds(rule.when, told):
            old = found.get(rule.id, _Known(rule, {}, _TOLD))
            found[rule.id] = replace(old, rank=old.rank + OF_A_FACT * conditions(rule.when))
    return list(found.values())


def _judged(rule: Rule, here: Facts) -> _Judged:
    for condition in (rule.when, rule.confirm):
        if condition is not None and holds(condition, here):
            return _Judged(True, evidence_of(condition, here), conditions(condition))
    refuted = rule.refute is not None and holds(rule.refute, here)
    return _Judged(False if refuted else None)


def _of_elsewhere(known: list[_Known]) -> bool:
    """Is the rule that knows a text best one that the facts contradict, and none confirmed?"""
    covered = {name for one in known for name in one.rule.covers}
    left = [one for one in known if one.rule.id not in covered]
    if not left or any(one.judged.answer for one in left):
        return False
    return max(left, key=lambda one: one.score).judged.answer is False


def _told(known: _Known, finding: Finding) -> Finding:
    return replace(
        finding,
        certainty="confirmed" if known.judged.answer else "likely",
        evidence=known.judged.evidence,
        score=known.score,
    )


def _words(known: _Known, fill: Facts, tables: Tables, case: Facts) -> Finding:
    return finding_of(known.rule, fill, known.groups, tables, case)


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
    best = left[0][1].score
    floor = LAST if best >= LAST else 0.0
    return [one for _, one in left if one.score >= max(floor, best * _WORTH_TELLING)]
