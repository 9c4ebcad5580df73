"""An interpreter that does not start: which of the files that run at its start ends it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from paddle_lab.environment.experiments.asking import surroundings
from paddle_lab.environment.experiments.changes import Change
from paddle_lab.environment.experiments.running import run_step
from paddle_lab.environment.experiments.settings import conditions

_TIMEOUT_S = 10.0
_MOST = 10
_NOTHING = ("alone", "sys")


def ended_by(python: str | Path) -> str | None:
    """The .pth file or sitecustomize.py without which ``python`` starts.

    None when it starts as it is, or with none of them left out alone.
    """
    state = surroundings(str(python))
    with tempfile.TemporaryDirectory() as work:
        if run_step(python, _NOTHING, conditions([], state, Path(work)), _TIMEOUT_S).ok:
            return None
        for file in list(state.get("started", ()))[:_MOST]:
            without = conditions([Change("start", (str(file),))], state, Path(work))
            if run_step(python, _NOTHING, without, _TIMEOUT_S).ok:
                return str(file)
    return None
