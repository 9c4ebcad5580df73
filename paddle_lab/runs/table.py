"""The table of runs: one page of it, filtered and sorted. It knows summaries, and reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.runs.summary import RunSummary

LARGEST_PAGE: Final = 200


@dataclass(frozen=True)
class TableQuery:
    """``words`` must all stand in a run's name, note, id, task, model or notebook; "" is any."""

    words: str = ""
    state: str = ""
    task: str = ""
    model: str = ""
    sort: str = "created"
    down: bool = True
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True)
class Selection:
    """A page of rows; ``total`` of them match. The names are those of all rows, for the filters."""

    rows: tuple[RunSummary, ...]
    total: int
    states: tuple[str, ...]
    tasks: tuple[str, ...]
    models: tuple[str, ...]


def select(runs: Sequence[RunSummary], query: TableQuery) -> Selection:
    """The page of ``runs`` that is asked for. Raises KeyError for a sort that is not known."""
    key = SORTS[query.sort]
    words = query.words.casefold().split()
    found = [run for run in runs if _matches(run, query, words)]
    known = [run for run in found if key(run) is not None]
    known.sort(key=key, reverse=query.down)
    ordered = known + [run for run in found if key(run) is None]
    return Selection(
        rows=tuple(ordered[query.offset : query.offset + query.limit]),
        total=len(found),
        states=_names(run.state for run in runs),
        tasks=_names(run.task for run in runs),
        models=_names(run.model for run in runs),
    )


def took(run: RunSummary) -> float | None:
    """Seconds from its first event to its end, None while there is none."""
    if run.started is None or run.ended is None:
        return None
    return run.ended - run.started


_Key = Callable[[RunSummary], Any]
#: What the table is sorted by. None, for what a run has not, comes last in both directions.
SORTS: Final[dict[str, _Key]] = {
    "created": lambda run: run.created,
    "name": lambda run: run.name.casefold(),
    "state": lambda run: run.state,
    "task": lambda run: run.task or None,
    "model": lambda run: run.model or None,
    "result": lambda run: run.result[1] if run.result else None,
    "best": lambda run: run.best[1] if run.best else None,
    "step": lambda run: run.step or None,
    "took": took,
    "note": lambda run: run.note.casefold() or None,
}


def row_json(run: RunSummary) -> dict[str, Any]:
    """A row as the page has it (``RunRow`` in ``page.schema.json``)."""
    why = run.reason.to_json() if run.reason else (run.error or {}).get("what")
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "live": run.live,
        "task": run.task,
        "model": run.model,
        "result": list(run.result) if run.result else None,
        "best": list(run.best) if run.best else None,
        "step": run.step,
        "total_steps": run.total_steps,
        "created": run.created,
        "took": took(run),
        "left_s": run.left_s,
        "note": run.note,
        "reason": why,
        "no_bundle": run.no_bundle,
    }


def _matches(run: RunSummary, query: TableQuery, words: Sequence[str]) -> bool:
    for wanted, value in ((query.state, run.state), (query.task, run.task)):
        if wanted and wanted != value:
            return False
    if query.model and query.model != run.model:
        return False
    text = " ".join((run.name, run.note, run.id, run.task, run.model, run.notebook or ""))
    text = text.casefold()
    return all(word in text for word in words)


def _names(names: Any) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))
