"""A run as plain text: for the terminal, and for front ends that draw nothing."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import FROZEN_POINTS, snapshot
from paddle_lab.views.facts import baseline, error_of, facts, proof, state_line
from paddle_lab.views.numbers import number
from paddle_lab.views.words import Words

_CLASSES: Final = 20
_MISTAKES: Final = 3


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
        lines += ["", *_report(report, words)]
    sentence = proof(content, words)
    if sentence:
        lines.append(sentence)
        if (content["export"] or {}).get("ok"):
            lines.append(f"{words('export.bundle')}: {content['export'].get('bundle')}")
    lines.append(f"{words('card.folder')}: {content['folder']}")
    return "\n".join(plain(line) for line in lines if line is not None)


def _report(report: dict[str, Any], words: Words) -> list[str]:
    lines = [words("report.title", split=report["split"], rows=report["rows"])]
    lines.append("  ".join(f"{name} {number(value)}" for name, value in report["metrics"].items()))
    head = [words("report." + key) for key in ("label", "precision", "recall", "f1", "rows")]
    rows = [head] + [
        [
            str(item["label"]),
            *(number(item[key]) for key in ("precision", "recall", "f1")),
            str(item["rows"]),
        ]
        for item in report["classes"][:_CLASSES]
    ]
    lines += aligned(rows)
    if len(report["classes"]) > _CLASSES:
        lines.append(words("report.more", n=len(report["classes"]) - _CLASSES))
    for mistake in report["mistakes"][:_MISTAKES]:
        said = words(
            "report.mistake",
            label=mistake["label"],
            predicted=mistake["predicted"],
            probability=number(mistake["probability"]),
        )
        lines.append(f"  {said}: {shortened(mistake['text'], 60)}")
    sentence = baseline(report, words)
    if sentence:
        lines.append(sentence)
    return lines + ["- " + words.text(item) for item in report["advice"]]


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as columns; Chinese letters count twice, as terminals draw them."""
    columns = range(len(rows[0]))
    widths = [max(width(row[place]) for row in rows) for place in columns]
    lines = []
    for row in rows:
        cells = [
            row[place] + " " * (widths[place] - width(row[place]))
            if place == 0
            else " " * (widths[place] - width(row[place])) + row[place]
            for place in columns
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``, on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain(line: str) -> str:
    """``line`` without control and direction marks: a label must not drive a terminal."""
    return "".join(letter for letter in line if unicodedata.category(letter) not in ("Cc", "Cf"))
