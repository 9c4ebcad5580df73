"""The table of runs without a page: the same columns and numbers as the page "Training runs"."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from paddle_lab.i18n import Text
from paddle_lab.runs import Registry, RunRef
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.summary import RunSummary
from paddle_lab.runs.table import took
from paddle_lab.text.html_table import html_table
from paddle_lab.text.numbers import count, duration, figure, roughly
from paddle_lab.views.words import Words

COLUMNS: Final = (
    "number", "name", "state", "task", "model", "result", "best", "step", "created", "took", "note",
)  # fmt: skip


def headings(words: Words) -> list[str]:
    """The names of the columns."""
    return [words(f"table.{column}") for column in COLUMNS]


def cells(position: int, run: RunSummary, words: Words) -> list[Any]:
    """A run as a row: ``position`` is its number in the list, 1 for the newest."""
    name = Path(run.folder).name
    if not name.startswith(f"{run.name}-") and run.reason is None:
        name = f"{run.name} ({run.id})"
    return [
        position,
        name,
        state_text(run, words),
        run.task or "–",
        run.model or "–",
        _figure(run.result, None, words),
        _figure(run.best, run.coverage, words),
        _steps(run),
        moment(run.created),
        _time(run, words),
        run.note.replace("\n", " "),
    ]


class ShownRuns(list[RunRef]):
    """Runs, newest first; a notebook shows the table of ``%ernie_runs``."""

    def _repr_html_(self) -> str:
        words, wanted = Words(), {ref.id for ref in self}
        known = RunsBoard(Registry(), limit=None).refresh()
        found = [run for run in known if run.id in wanted]
        rows = [cells(number, run, words) for number, run in enumerate(found, start=1)]
        return html_table(headings(words), rows)


def state_text(run: RunSummary, words: Words) -> str:
    """The state, and why the run failed or cannot be read."""
    key = f"state.{run.state}"
    name = words("table.unreadable") if run.state == "unreadable" else words(key)
    name = run.state if name == key else name
    if run.state == "queued" and run.detail is not None:
        name += f" ({words.text(run.detail.to_json())})"
    if run.no_bundle:
        name += f", {words('table.no_bundle')}"
    why = words.text((run.error or {}).get("what")) if run.reason is None else str(run.reason)
    return f"{name}: {why}" if why else name


def moment(seconds: float) -> str:
    """The local time, or a dash for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return "–"


def _figure(
    measured: tuple[str, float] | None, coverage: dict[str, Any] | None, words: Words
) -> str:
    if measured is None:
        return "–"
    mark = f" ({words.text(Text.from_json(coverage['mark']).to_json())})" if coverage else ""
    return f"{words.name('metric', measured[0])} {figure(*measured)}{mark}"


def _steps(run: RunSummary) -> str:
    if run.total_steps:
        return f"{count(run.step)} / {count(run.total_steps)}"
    return count(run.step) if run.step else "–"


def _time(run: RunSummary, words: Words) -> str:
    if run.live:
        left = roughly(run.left_s, words.language)
        return "" if run.left_s is None else words("table.left", time=left)
    return duration(took(run), words.language)
