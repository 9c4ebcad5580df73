"""A run as a page fragment: no script, no style sheet, everything of the user's escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab.views.facts import baseline, error_of, facts, proof, state_line
from paddle_lab.views.numbers import number, percent
from paddle_lab.views.svg import as_image, run_svg
from paddle_lab.views.words import Words

_CLASSES: Final = 20
_MISTAKES: Final = 5
_EVALS: Final = 12
_NARROW: Final = 12


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
        parts += _report(report, words)
    else:
        parts.append(_evals(snapshot, words))
    sentence = proof(snapshot, words)
    if sentence:
        parts.append(f"<p>{'✓' if snapshot['export'].get('ok') else '✗'} {escape(sentence)}</p>")
    parts.append(f"<p><code>{escape(snapshot['commands']['magic'])}</code></p>")
    return f"<div>{''.join(parts)}</div>"


def escape(value: Any) -> str:
    """Text that a page cannot take for anything else."""
    return html.escape(str(value))


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; every cell is escaped."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _facts(snapshot: dict[str, Any], words: Words) -> str:
    said = " · ".join(
        f"{escape(name)} <b>{escape(value)}</b>" for name, value in facts(snapshot, words)
    )
    return f"<p>{said}</p>" if said else ""


def _evals(snapshot: dict[str, Any], words: Words) -> str:
    evals = snapshot["evals"][-_EVALS:]
    if not evals:
        return ""
    names = list(dict.fromkeys(name for item in evals for name in item["metrics"]))
    rows = [
        [
            f"{item['step']}{' ★' if item.get('best') else ''}",
            *(number(item["metrics"].get(name)) for name in names),
        ]
        for item in evals
    ]
    return table([words("number.step"), *names], rows)


def _report(report: dict[str, Any], words: Words) -> list[str]:
    metrics = " · ".join(
        f"{escape(name)} <b>{number(value)}</b>" for name, value in report["metrics"].items()
    )
    title = words("report.title", split=report["split"], rows=report["rows"])
    parts = [f"<p><b>{escape(title)}</b> · {metrics}</p>"]
    sentence = baseline(report, words)
    if sentence:
        parts.append(f"<p>{escape(sentence)}</p>")
    if report["advice"]:
        items = "".join(f"<li>{escape(words.text(item))}</li>" for item in report["advice"])
        parts.append(f"<p>{escape(words('report.advice'))}</p><ul>{items}</ul>")
    parts.append(_classes(report, words))
    if 0 < len(report["confusion"]) <= _NARROW:
        parts.append(f"<p>{escape(words('report.confusion'))}</p>")
        rows = [
            [label, *counts]
            for label, counts in zip(report["labels"], report["confusion"], strict=False)
        ]
        parts.append(table(["", *report["labels"]], rows))
    if report["mistakes"]:
        parts.append(f"<p>{escape(words('report.mistakes'))}</p>")
        rows = [
            [item["label"], item["predicted"], percent(item["probability"]), item["text"]]
            for item in report["mistakes"][:_MISTAKES]
        ]
        parts.append(table(["", "→", "%", ""], rows))
    return parts


def _classes(report: dict[str, Any], words: Words) -> str:
    head = [words("report." + key) for key in ("label", "precision", "recall", "f1", "rows")]
    rows = [
        [item["label"], *(number(item[key]) for key in ("precision", "recall", "f1")), item["rows"]]
        for item in report["classes"][:_CLASSES]
    ]
    left = len(report["classes"]) - _CLASSES
    return table(head, rows) + (f"<p>{words('report.more', n=left)}</p>" if left > 0 else "")
