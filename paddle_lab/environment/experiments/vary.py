"""Repeat a failing step with changes until one makes it work, and prove that it was this one.

A cause is proven when the step fails, works with the change, and fails again without it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paddle_lab.environment.experiments.changes import Change, is_likely, told
from paddle_lab.environment.experiments.narrowing import narrowed
from paddle_lab.environment.experiments.running import Outcome, run_step
from paddle_lab.environment.experiments.settings import conditions
from paddle_lab.environment.experiments.shown import NO_TIME, line_of
from paddle_lab.environment.redact import clean
from paddle_lab.i18n import T, Text

Trial = dict[str, Any]
Progress = Callable[[Text], None]
_LONGEST_TEXT = 1500
_MOST_ROUNDS = 4  # of hiding what the last error showed


class BudgetSpent(Exception):
    """The time for experiments is over."""


@dataclass(frozen=True)
class Failure:
    """A step of the check that failed: its name, the arguments that repeat it, how it ended."""

    step: str
    wanted: tuple[str, ...]
    outcome: Outcome


@dataclass
class Session:
    """Trials of one failure, within a budget of seconds. ``trials`` is what was tried so far."""

    failure: Failure
    python: str
    state: Mapping[str, Any]
    workspace: Path
    ends: float
    progress: Progress
    trials: list[Trial] = field(default_factory=list)

    proving: bool = False

    @property
    def longest(self) -> float:
        """Seconds of the longest run of the step so far, 1 at least."""
        first = next((p for p in self.failure.outcome.phases if not p.get("ok")), {})
        runs = [float(trial["seconds"]) for trial in self.trials]
        return max(1.0, float(first.get("seconds") or 0.0), *runs)

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.ends - time.monotonic()

    def run(
        self, changes: Sequence[Change], wanted: Sequence[str] = (), step: str = "", **trial: Any
    ) -> Outcome:
        """One trial: the failing step (or another) with ``changes``; it is written down.

        ``trial``: what the prelude is told besides. Raises BudgetSpent when the time that is left
        is not enough for it and, but for a proof, for one more run that proves what it finds.
        """
        tried = step or self.failure.step
        if self.left < self.longest * (1 if self.proving else 2):
            self.trials.append(_not_tried(tried, changes))
            self.progress(line_of(self.trials[-1]))
            raise BudgetSpent
        words = {"step": tried, "change": told(changes)}
        changed = T("  {step} {change}", "  {change} {step}", **words)
        self.progress(changed if changes else T("  {step}", "  {step}", **words))
        with tempfile.TemporaryDirectory(dir=self.workspace) as work:
            setting = conditions(changes, self.state, Path(work))
            if trial:
                setting = setting.also(here=setting.folder or str(Path.cwd()), **trial)
            timeout = min(self.left, max(30.0, 4 * self.longest))
            outcome = run_step(self.python, wanted or self.failure.wanted, setting, timeout)
        self.trials.append(_written(tried, changes, outcome, self.failure))
        return outcome

    def same(self, outcome: Outcome) -> bool:
        """Did it fail as the first time?"""
        return outcome.signature == self.failure.outcome.signature


def _written(step: str, changes: Sequence[Change], outcome: Outcome, failure: Failure) -> Trial:
    return {
        **_asked(step, changes),
        "ok": outcome.ok,
        "ended": outcome.signal or outcome.ended,
        "same": outcome.signature == failure.outcome.signature,
        "text": outcome.text[-_LONGEST_TEXT:],
        "seconds": outcome.seconds,
    }


def _asked(step: str, changes: Sequence[Change]) -> Trial:
    return {
        "step": clean(step),
        "change": clean(told(changes).in_language("en")) or "unchanged",
        "changes": [[change.kind, *map(clean, change.what)] for change in changes],
    }


def _not_tried(step: str, changes: Sequence[Change]) -> Trial:
    nothing = {"ok": False, "ended": NO_TIME, "same": False, "text": "", "seconds": 0.0}
    return {**_asked(step, changes), **nothing}


def cause_among(
    session: Session, changes: Sequence[Change], *, thorough: bool = True
) -> list[Change]:
    """The fewest of the changes with which the step works; none when no set of them does.

    All are tried together first: a failure that stays the same then has none of them as its cause.
    ``thorough``: where it fails otherwise, they are tried one by one.
    """
    if not changes:
        return []
    together = session.run(changes)
    if together.ok:
        return _narrowed(session, changes)
    if not thorough or session.same(together) or len(changes) == 1:
        return []
    return _one_by_one(session, changes)


def _narrowed(session: Session, changes: Sequence[Change]) -> list[Change]:
    """The few that are needed of changes that are enough: one group of them is mostly it."""
    groups = narrowed(_grouped(changes), lambda some: session.run(_flat(some)).ok)
    return narrowed(_flat(groups), lambda some: session.run(some).ok)


def _flat(groups: Sequence[Sequence[Change]]) -> list[Change]:
    return [change for group in groups for change in group]


def _one_by_one(session: Session, changes: Sequence[Change]) -> list[Change]:
    """One change after the other, beside those that changed the error."""
    kept: list[Change] = []
    last = session.failure.outcome.signature
    for group in _grouped(changes):
        outcome = session.run([*kept, *group])
        if outcome.ok:
            return narrowed([*kept, *group], lambda some: session.run(some).ok)
        if outcome.signature != last and group[0].kind in ("folder", "user site"):
            kept, last = [*kept, *group], outcome.signature
    return []


def _grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes of one kind together, in the order of their kinds; likely variables by themselves."""
    groups: dict[tuple[str, bool], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.kind, is_likely(change)), []).append(change)
    return list(groups.values())


def prove(session: Session, changes: Sequence[Change]) -> None:
    """Once more with exactly these changes, and once more without: it must work, and fail again."""
    session.proving = True
    written = [[change.kind, *map(clean, change.what)] for change in changes]
    if session.trials[-1]["changes"] == written or session.run(changes).ok:
        session.run([])


def files_behind(session: Session, changes: Sequence[Change]) -> list[Change]:
    """The same changes, with searched folders narrowed to the files in them that matter."""
    folders = {change: _folders(change, session.state) for change in changes}
    own = [folder for change in changes for folder in folders[change]]
    rest = [change for change in changes if not folders[change]]
    if not own:
        return list(changes)
    candidates = _candidates(session.run(rest, own=own), session.failure.outcome)
    for _ in range(_MOST_ROUNDS):
        if not candidates:
            break
        outcome = session.run([*rest, *candidates], own=own)
        if outcome.ok:
            needed = narrowed(candidates, lambda some: session.run([*rest, *some]).ok)
            return [*rest, *needed]
        more = [c for c in _candidates(outcome, outcome) if c not in candidates]
        if not more:  # then it is something that no import finds there
            break
        candidates = [*candidates, *more]
    return list(changes)


def _folders(change: Change, state: Mapping[str, Any]) -> list[str]:
    """The folders that Python no longer searches with this change."""
    if change.kind == "folder":
        return [str(Path.cwd())]
    if change.kind == "user site":
        return [str(state["user_site"])]
    if change == Change("variable", ("PYTHONPATH",)):
        entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        return [str(Path(entry).absolute()) for entry in entries if entry]
    return []


def _candidates(seen: Outcome, failed: Outcome) -> list[Change]:
    """What was found in folders of one's own, those in the traceback first, the last one first."""
    found = {(words[1], words[3]) for words in seen.told if words[0] == "found" and len(words) == 4}
    order = {file: place for place, (_, file, _) in enumerate(failed.frames)}
    return [
        Change("file", pair) for pair in sorted(found, key=lambda pair: -order.get(pair[1], -1))
    ]
