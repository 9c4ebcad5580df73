"""Experiments: repeat what failed with one thing changed, until the cause is proven.

>>> from paddle_lab.environment.experiments import failure_of, run_experiments
>>> facts["trials"] = run_experiments(failure_of(facts["check"]), facts)  # doctest: +SKIP
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.experiments import asking
from paddle_lab.environment.experiments.changes import possible
from paddle_lab.environment.experiments.installed import packages_of, try_installed
from paddle_lab.environment.experiments.running import Outcome, outcome_of
from paddle_lab.environment.experiments.suspects import suspects
from paddle_lab.environment.experiments.vary import (
    BudgetSpent,
    Failure,
    Progress,
    Session,
    Trial,
    cause_among,
    files_behind,
    prove,
)
from paddle_lab.i18n import T

#: Seconds of a whole check, its experiments included.
CHECK_S = 55.0

__all__ = ["CHECK_S", "Failure", "Trial", "failure_of", "run_experiments"]


def failure_of(check: Mapping[str, Any]) -> Failure:
    """The first step that failed of the section ``check``, as something that can be repeated."""
    outcome: Outcome = outcome_of(check)
    step = next((str(p["name"]) for p in outcome.phases if not p.get("ok")), "import paddle")
    return Failure(step, ("until", step), outcome)


def run_experiments(
    failure: Failure,
    facts: Mapping[str, Any],
    python: str | Path | None = None,
    budget_s: float = CHECK_S,
    progress: Progress = lambda what: None,
) -> list[Trial]:
    """Repeat ``failure`` with one change at a time, within ``budget_s`` seconds.

    Returns what was tried, in order: ``step``, ``change`` (in English) and ``changes`` (lists of
    kind and names; empty: repeated unchanged), ``ok``, ``ended``, ``same`` (failed as at first),
    ``text`` and ``seconds``. Where the time was over first, the last is what was not tried any
    more: ``ended`` is "no time". A failure that experiments could not tell more about gives none.
    Raises nothing for what the stack does.
    """
    if not _worth_trying(failure, facts):
        return []
    progress(
        T(
            "{step} failed. Looking for the cause by trying, at most {budget} s:",
            "{step} 失败。通过试验查找原因，最多 {budget} 秒：",
            step=failure.step,
            budget=max(0, round(budget_s)),
        )
    )
    program = str(python or sys.executable)
    ends = time.monotonic() + budget_s
    with tempfile.TemporaryDirectory(prefix="paddle-lab-trial-") as work:
        state = asking.surroundings(program)
        session = Session(failure, program, state, Path(work), ends, progress)
        with suppress(BudgetSpent):  # what was tried so far is told
            _search(session, facts)
    return session.trials


def _search(session: Session, facts: Mapping[str, Any]) -> None:
    """What the failure points at, then all else around the packages, then the packages."""
    pointed = suspects(session.failure.outcome, session.state, facts)
    found = cause_among(session, pointed, thorough=False)
    if not found and not _damaged(session.failure.outcome, facts):
        found = files_behind(session, cause_among(session, possible(session.state, facts)))
    if found:
        prove(session, found)
    else:
        try_installed(session, pointed)


def _damaged(outcome: Outcome, facts: Mapping[str, Any]) -> bool:
    """Is a damaged file known, of the packages where it fails? Then the surroundings can wait."""
    damaged = lookup(facts, "files.damaged")
    rows = list(damaged.values()) if isinstance(damaged, Mapping) else []
    files = [str(file.get("path")) for row in rows for file in row.get("files", ())]
    tops = {Path(folder).name for folder in packages_of(outcome)}
    return any(Path(file).parts[:1] and Path(file).parts[0] in tops for file in files)


def _worth_trying(failure: Failure, facts: Mapping[str, Any]) -> bool:
    """Not when the process was killed for its memory, nor when the package is not installed."""
    if failure.outcome.ended == "not started" or failure.outcome.signal == "SIGKILL":
        return False
    last = failure.outcome.text.rstrip().rpartition("\n")[2]
    package = failure.step.removeprefix("import ")
    absent = last.startswith("ModuleNotFoundError") and last.endswith(f"'{package}'")
    packages = facts.get("packages")
    known = packages if isinstance(packages, Mapping) else {}
    names = {"paddle": ("paddlepaddle", "paddlepaddle-gpu")}.get(package, (package,))
    return not absent or any(name in known for name in names)
