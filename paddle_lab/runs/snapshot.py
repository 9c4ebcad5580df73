"""The whole of a run in one JSON object: what a view needs to draw it from nothing.

The server's socket, the widget's comm and the frozen cell output carry the same object; its form
stands in ``schema.json`` (``Snapshot``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.runs.about import read_about
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.events import Event
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.model_name import model_name
from paddle_lab.runs.reproduce import commands
from paddle_lab.runs.state import RunState

LIVE_POINTS = 2000
FROZEN_POINTS = 500


def snapshot(
    folder: RunFolder,
    *,
    state: RunState | None = None,
    max_points: int = LIVE_POINTS,
    log_lines: int = 200,
) -> dict[str, Any]:
    """Everything known of a run now; at most ``max_points`` points of the curve."""
    info = folder.info()
    state = state if state is not None else folder.state()
    spec = folder.spec()
    return {
        "version": 1,
        "run_id": info["id"],
        "name": read_about(folder).name or info["name"],
        "folder": str(folder.path),
        "notebook": info.get("notebook"),
        "state": state.state,
        "seq": state.seq,
        "phase": state.phase,
        "started": state.started,
        "ended": state.ended,
        "total_steps": state.total_steps,
        "epochs": state.epochs,
        "left_s": state.left_s,
        "share": state.share,
        "stopping": state.stopping,
        "points": state.points,
        "columns": decimate(state.columns, max_points),
        "evals": state.evals,
        "checkpoints": state.checkpoints[-3:],
        "notices": state.notices[-50:],
        "export": state.export,
        "end": state.end,
        "no_bundle": folder.lacks_bundle(state.export),
        "passed_over": state.passed_over,
        "task": spec.task,
        "model": model_name(spec.model),
        "metric": spec.metric,
        "commands": commands(spec),
        "report": folder.report_data() if state.end or state.export else None,
        "log": folder.log_tail(log_lines),
    }


def delta(events: Sequence[Event]) -> dict[str, Any]:
    """New events for a view that already holds a snapshot: ``{"seq", "events"}``."""
    return {"seq": events[-1]["seq"], "events": list(events)}
