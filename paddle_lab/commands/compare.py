"""Runs side by side: options that differ, results, and their curves in one picture."""

from __future__ import annotations

from typing import Any

from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.i18n import Text
from paddle_lab.runs import RunRef, RunState
from paddle_lab.runs.comparison import compare_runs, coverage_of, metrics_of, seconds_of
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import duration, figure
from paddle_lab.views.compare import compare_svg
from paddle_lab.views.words import Words, in_order


def compare(refs: list[RunRef]) -> Result:
    """The runs side by side: what differs, how they ended, and their curves in one picture."""
    found = compare_runs(refs)
    states = [side.state for side in found.sides]
    specs = [side.spec for side in found.sides]
    words = Words()
    names = [ref.folder.path.name for ref in refs]
    results = Table([words("compare.results"), *names], beside=True)
    results.add([words("table.state"), *(words(f"state.{state.state}") for state in states)])
    for key in in_order(found.metrics, specs[0].metric):
        results.add(
            [
                words.of_split(found.split, key) if found.split else words.name("metric", key),
                *(_figure(state, key) for state in states),
            ]
        )
    results.add([words("compare.seconds"), *(_took(state, words) for state in states)])
    options = Table([words("compare.options"), *names], beside=True)
    for name in found.differing:
        options.add([name, *(_plain(getattr(spec, name)) for spec in specs)])
    tables = [results, options] if options.rows else [results]

    picture = compare_svg(
        [(ref.folder.path.name, state) for ref, state in zip(refs, states, strict=True)]
    )
    warning = "" if found.warning is None else str(found.warning)
    return Result(
        "\n".join([*(f"{table.text()}\n" for table in tables), warning]).rstrip(),
        html=(f"<p>{escape(warning)}</p>" if warning else "")
        + picture
        + "".join(table.html() for table in tables),
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


def _figure(state: RunState, name: str) -> str:
    return marked(name, metrics_of(state).get(name), coverage_of(state))


def marked(name: str, value: Any, coverage: dict[str, Any] | None) -> str:
    """A metric for a table's cell, with what it leaves out behind it."""
    shown = figure(name, value)
    return shown if coverage is None else f"{shown} ({Text.from_json(coverage['mark'])})"


def _took(state: RunState, words: Words) -> str:
    return duration(seconds_of(state), words.language)


def _plain(value: Any) -> str:
    """An option's value: numbers without digits that say nothing."""
    return f"{value:g}" if isinstance(value, float) else "–" if value is None else str(value)
