"""Runs side by side: options that differ, results, and their curves in one picture."""

from __future__ import annotations

from typing import Any

from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunRef, RunState
from paddle_lab.runs.comparison import compare_runs, coverage_of, metrics_of, seconds_of
from paddle_lab.text.html import escape


def compare(refs: list[RunRef]) -> Result:
    """The runs side by side: what differs, how they ended, and their curves in one picture."""
    found = compare_runs(refs)
    states = [side.state for side in found.sides]
    specs = [side.spec for side in found.sides]
    table = Table([T("", ""), *(T("{n}", "{n}", n=ref.folder.path.name) for ref in refs)])
    for name in found.differing:
        table.add([name, *(getattr(spec, name) for spec in specs)])
    table.add([str(T("state", "状态")), *(state_name(state.state) for state in states)])
    for key in found.metrics:
        table.add([key, *(_figure(state, key) for state in states)])
    table.add([str(T("training seconds", "训练秒数")), *(_seconds(state) for state in states)])
    from paddle_lab.views.compare import compare_svg

    picture = compare_svg(
        [(ref.folder.path.name, state) for ref, state in zip(refs, states, strict=True)]
    )
    warning = "" if found.warning is None else str(found.warning)
    return Result(
        f"{table.text()}\n{warning}" if warning else table.text(),
        html=picture + table.html() + (f"<p>{escape(warning)}</p>" if warning else ""),
        json=[
            {
                "id": ref.id,
                "metrics": metrics_of(state),
                "coverage": coverage_of(state),
                "options": {name: getattr(spec, name) for name in found.differing},
            }
            for ref, state, spec in zip(refs, states, specs, strict=True)
        ],
    )


def state_name(state: str) -> str:
    """A run's state in the reader's language."""
    names = {
        "queued": T("queued", "排队中"),
        "starting": T("starting", "启动中"),
        "training": T("training", "训练中"),
        "paused": T("paused", "已暂停"),
        "finishing": T("finishing", "收尾中"),
        "finished": T("finished", "已完成"),
        "stopped": T("stopped", "已停止"),
        "failed": T("failed", "失败"),
        "aborted": T("aborted", "已中止"),
        "crashed": T("crashed", "已崩溃"),
    }
    return str(names[state]) if state in names else state


def _figure(state: RunState, name: str) -> str:
    return marked(metrics_of(state).get(name), coverage_of(state))


def marked(value: Any, coverage: dict[str, Any] | None) -> str:
    """A figure for a table's cell, with what it leaves out behind it."""
    if coverage is None:
        return shown(value)
    number = "–" if value is None else shown(value)
    return f"{number} ({Text.from_json(coverage['mark'])})"


def shown(value: Any) -> str:
    """A number for a table's cell."""
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


def _seconds(state: RunState) -> str:
    value = seconds_of(state)
    return f"{value:.1f}" if value is not None else ""
