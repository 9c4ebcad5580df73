"""A run as plain text: for the terminal, and for front ends that draw nothing."""

from __future__ import annotations

from typing import Any

from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import FROZEN_POINTS, snapshot
from paddle_lab.views.facts import damage, error_of, facts, proof, state_line
from paddle_lab.views.lines import plain
from paddle_lab.views.report_text import report_lines
from paddle_lab.views.words import Words


def report_text(folder: RunFolder, language: str | None = None) -> str:
    """Everything worth saying about a run, in some twenty lines."""
    return snapshot_text(snapshot(folder, max_points=FROZEN_POINTS, log_lines=0), Words(language))


def snapshot_text(content: dict[str, Any], words: Words) -> str:
    """:func:`report_text` of a snapshot."""
    lines = [f"{content['name']} ({content['run_id']})  {state_line(content, words)}"]
    lines.append("  ".join(f"{name} {value}" for name, value in facts(content, words)))
    lines += ["! " + line for line in error_of(content, words)]
    end = content.get("end") or {}
    if end.get("kept"):
        lines.append(words.text(end["kept"]))
    report = content.get("report")
    if report:
        lines += ["", *report_lines(report, words)]
    sentence = proof(content, words)
    if sentence:
        lines.append(sentence)
        if (content["export"] or {}).get("ok"):
            lines.append(f"{words('export.bundle')}: {content['export'].get('bundle')}")
    damaged = damage(content, words)
    if damaged:
        lines.append(damaged)
    lines.append(f"{words('card.folder')}: {content['folder']}")
    return "\n".join(plain(line) for line in lines if line is not None)
