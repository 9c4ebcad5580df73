"""The check, and experiments when it fails."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.experiments import CHECK_S, Failure, failure_of, run_experiments
from paddle_lab.environment.experiments.vary import Progress
from paddle_lab.environment.imports.cache import remember_trials
from paddle_lab.environment.imports.trial import check_and_imports
from paddle_lab.i18n import T

#: Runs of the failing step: unchanged, changed together and by halves, and a proof.
_LEAST_RUNS: Final = 6
_LONGEST_LEAST_S: Final = 180.0


def least_seconds(failure: Failure) -> float:
    """What experiments are given even when a slow machine has used the time of the check.

    With fewer runs of the step nothing is proven, and what is then left to say may be wrong.
    """
    seconds = next((p.get("seconds") for p in failure.outcome.phases if not p.get("ok")), None)
    return min(_LEAST_RUNS * float(seconds or 0.0), _LONGEST_LEAST_S)


def check_and_try(
    facts: dict[str, Any],
    python: str | Path | None = None,
    progress: Progress = lambda what: None,
) -> None:
    """Run the check with ``python``: the sections ``check`` and ``imports`` of ``facts``.

    When a step fails, it is repeated with changes, in what is left of the time for all of it: the
    section ``trials``. ``progress`` hears one line for each phase and each trial.
    """

    def heard(phase: str) -> None:
        progress(T("Checking: {phase}", "检查：{phase}", phase=phase))

    ends = time.monotonic() + CHECK_S
    facts.pop("trials", None)  # of an earlier check
    facts.update(check_and_imports(python, heard))
    check = facts["check"]
    if not check.get("ok"):
        failure = failure_of(check)
        left = max(ends - time.monotonic(), least_seconds(failure))
        facts["trials"] = run_experiments(failure, facts, python, left, progress)
        remember_trials(facts["imports"]["key"], facts["trials"])
