"""What a traceback proves, one mechanism after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.environment.blame import (
    binaries,
    damage,
    denied,
    files,
    misfits,
    missing,
    programs,
    releases,
    roots,
    shadows,
    warned,
)
from paddle_lab.environment.blame.common import LIKELY_SCORE
from paddle_lab.environment.blame.reading import read
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.findings import Finding

Mechanism = Callable[[Traceback, Mapping[str, Any], bool], list[Finding]]
#: In this order: a file that hides a module makes the packages look as if they did not fit.
MECHANISMS: tuple[Mechanism, ...] = (
    warned.findings,
    shadows.findings,
    damage.findings,
    roots.findings,
    misfits.findings,
    missing.findings,
    denied.findings,
    binaries.findings,
    programs.findings,
    releases.findings,
    files.findings,
)
# What damaged files look like from outside.
_OF_DAMAGE = frozenset({"packages-do-not-fit", "package-inconsistent", "older-version-loaded"})


def blame_findings(text: str, facts: Mapping[str, Any], *, here: bool = True) -> list[Finding]:
    """What the structure of the traceback in ``text`` shows, the best first; none without one.

    ``facts`` are those of the environment that the text comes from; with ``here`` False they are
    only what the text itself told, and nothing is "confirmed". A failure in a person's own code
    alone gives nothing.
    """
    trace = read(text)
    return [] if trace is None else findings_of(trace, facts, here=here)


def findings_of(trace: Traceback, facts: Mapping[str, Any], *, here: bool = True) -> list[Finding]:
    """:func:`blame_findings` of a traceback that was read before."""
    found: list[Finding] = []
    for mechanism in MECHANISMS:
        found += mechanism(trace, facts, here)
    if any(finding.id == "damaged-files" for finding in found):
        found = [finding for finding in found if finding.id not in _OF_DAMAGE]
    return sorted(found, key=lambda finding: -finding.score)


def _behind(rule: Finding, blamed: list[Finding]) -> Finding:
    """A rule behind the two packages that the frames name, when it installs others and has no word
    of the importer: it knows another pair, of which one fails in the same words."""
    for finding in blamed:
        commands = " ".join((*rule.commands, *(c for a in rule.alternatives for c in a.commands)))
        words = " ".join((commands, *(one.in_language("en") for one in (rule.cause, rule.fix))))
        misfit = finding.id == "packages-do-not-fit" and bool(finding.about)
        if misfit and " install " in commands and not _mentions(words, finding.about[0]):
            return replace(rule, score=min(rule.score, finding.score - 1))
    return rule


def _mentions(words: str, package: str) -> bool:
    return re.search(rf"(?i)(?<![\w-]){re.escape(package)}(?![\w-])", words) is not None


def joined(blamed: list[Finding], known: list[Finding]) -> list[Finding]:
    """Findings by structure and findings by rules, the best first.

    What this machine confirms goes before what a text alone suggests. Where the structure is
    confirmed, only rules that know the very failure remain beside it.
    """
    if any(finding.certainty == "confirmed" for finding in blamed):
        known = [finding for finding in known if finding.score >= LIKELY_SCORE]
    known = [_behind(finding, blamed) for finding in known]
    ids = {finding.id for finding in blamed}
    both = [*blamed, *(finding for finding in known if finding.id not in ids)]
    return sorted(both, key=lambda one: (one.certainty == "likely", -one.score))
