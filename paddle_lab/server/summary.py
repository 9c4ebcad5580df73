"""Runs in one line each: for lists in the sidebar and over HTTP. Blocking; call from a thread."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.runs import Registry, RunRef, RunState

MOST_RUNS: Final = 50
SPARK_POINTS: Final = 60


def summaries(registry: Registry, limit: int = MOST_RUNS) -> list[dict[str, Any]]:
    """Summaries of the newest runs; a run whose folder cannot be read is listed as such."""
    return [summary(ref) for ref in registry.list()[:limit]]


def summary(ref: RunRef) -> dict[str, Any]:
    """What a list shows of a run: state, phase, progress, last loss, best metric, a sparkline."""
    head: dict[str, Any] = {
        "id": ref.id,
        "name": ref.name,
        "created": ref.created,
        "folder": str(ref.folder.path),
    }
    try:
        state = ref.folder.state()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {**head, "state": "unreadable", "reason": str(error)}
    return {**head, **of_state(state)}


def of_state(state: RunState) -> dict[str, Any]:
    """The part of a summary that the events tell."""
    losses = [loss for loss in state.columns["loss"] if loss is not None]
    stride = max(1, -(-len(losses) // SPARK_POINTS))
    return {
        "state": state.state,
        "phase": state.phase.get("phase") if state.phase else None,
        "step": state.step,
        "total_steps": state.total_steps,
        "left_s": state.left_s,
        "loss": losses[-1] if losses else None,
        "best": state.best.get("metrics") if state.best else None,
        "spark": losses[::-1][::stride][::-1],
        "ended": state.ended,
    }
