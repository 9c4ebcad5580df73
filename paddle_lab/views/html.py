"""A run as a page fragment: no script, no style sheet, everything of the user's escaped."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.text.html import escape
from paddle_lab.text.html_table import html_table
from paddle_lab.text.numbers import count, figure
from paddle_lab.views.curve import metric_of
from paddle_lab.views.facts import coverage_mark, damage, error_of, facts, proof, state_line
from paddle_lab.views.report_html import report_html
from paddle_lab.views.svg import as_image, run_svg
from paddle_lab.views.words import Words, in_order

_EVALS: Final = 12


def run_html(snapshot: dict[str, Any], words: Words) -> str:
    """The frozen form of a run for readers without the lab extension."""
    parts = [
        f"<p><b>{escape(snapshot['name'])}</b> · {escape(state_line(snapshot, words))}</p>",
        _facts(snapshot, words),
        as_image(run_svg(snapshot, words), words("chart.label")),
    ]
    parts += [f"<p><b>{escape(line)}</b></p>" for line in error_of(snapshot, words)]
    end = snapshot.get("end") or {}
    if end.get("kept"):
        parts.append(f"<p>{escape(words.text(end['kept']))}</p>")
    report = snapshot.get("report")
    if report:
        parts.append(report_html(report, words))
    else:
        parts.append(_evals(snapshot, words))
    sentence = proof(snapshot, words)
    if sentence:
        parts.append(f"<p>{'✓' if snapshot['export'].get('ok') else '✗'} {escape(sentence)}</p>")
    damaged = damage(snapshot, words)
    if damaged:
        parts.append(f"<p>{escape(damaged)}</p>")
    parts.append(f"<p><code>{escape(snapshot['commands']['magic'])}</code></p>")
    return f"<div>{''.join(parts)}</div>"


def _facts(snapshot: dict[str, Any], words: Words) -> str:
    said = " · ".join(
        f"{escape(name)} <b>{escape(value)}</b>" for name, value in facts(snapshot, words)
    )
    return f"<p>{said}</p>" if said else ""


def _evals(snapshot: dict[str, Any], words: Words) -> str:
    evals = snapshot["evals"][-_EVALS:]
    if not evals:
        return ""
    names = in_order({name for item in evals for name in item["metrics"]}, metric_of(snapshot))
    rows = [
        [
            f"{count(item['step'])}{' ★' if item.get('best') else ''}",
            *(figure(name, item["metrics"].get(name)) for name in names),
        ]
        for item in evals
    ]
    mark = coverage_mark(evals[-1], words).strip()
    below = f"<p>{escape(mark)}</p>" if mark else ""
    return (
        html_table([words("number.step"), *(words.name("metric", name) for name in names)], rows)
        + below
    )
