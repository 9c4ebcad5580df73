"""A report's blocks as lines for the terminal; matrices and histograms are left to other views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from paddle_lab.text.numbers import cell, outcome_mark, percent
from paddle_lab.text.short import shortened
from paddle_lab.text.tables import aligned
from paddle_lab.views.words import Words

_ROWS: Final = 20
_EXAMPLES: Final = 3
_SPANS: Final = 4


def report_lines(report: dict[str, Any], words: Words) -> list[str]:
    """All blocks, one after the other."""
    lines = [words("report.title", split=report["split"], rows=report["rows"])]
    for block in report["blocks"]:
        draw = _DRAW.get(block["type"])
        if draw is not None:
            lines += draw(block, words)
    return lines


def _verdict(block: dict[str, Any], words: Words) -> list[str]:
    lines = [f"{outcome_mark(block['outcome'])} {words.text(block['text'])}"]
    return lines + [f"  {words.text(text)}" for text in [block.get("detail")] if text]


def _metrics(block: dict[str, Any], words: Words) -> list[str]:
    items = [
        f"{words.name('metric', item['name'])} {cell(item['value'], item['format'])}"
        + (f" ± {cell(item['margin'], item['format'])}" if item.get("margin") else "")
        + (f" ({words.text(item['note'])})" if item.get("note") else "")
        for item in block["items"]
    ]
    return ["  ".join(items)] + [f"! {words.text(text)}" for text in [block.get("note")] if text]


def _advice(block: dict[str, Any], words: Words) -> list[str]:
    return ["- " + words.text(item) for item in block["items"]]


def _table(block: dict[str, Any], words: Words) -> list[str]:
    formats = [column["format"] for column in block["columns"]]
    head = [words.text(column["name"]) for column in block["columns"]]
    rows = [
        [cell(words.value(one), form) for one, form in zip(row, formats, strict=False)]
        for row in block["rows"][:_ROWS]
    ]
    left = len(block["rows"]) - len(rows) + block["more"]
    right = [form != "text" for form in formats]
    table = [f"  {line}" for line in aligned([head, *rows], right=right)]
    lines = [words.text(block["title"]), *table]
    return [*lines, words("report.more", n=left)] if left > 0 else lines


def _examples(block: dict[str, Any], words: Words) -> list[str]:
    lines = [words.text(block["title"])]
    for item in block["items"][:_EXAMPLES]:
        text = shortened(item["text"], 60)
        if item["expected"] is None and item["answered"] is None:
            lines.append("  ".join(["  " + text, *_wrong_spans(item)]))
            continue
        said = words(
            "report.answered" if item["probability"] is None else "report.mistake",
            label=item["expected"],
            predicted=item["answered"],
            probability=percent(item["probability"]),
        )
        lines.append(f"  {said}: {text}")
    return lines


def _wrong_spans(item: dict[str, Any]) -> list[str]:
    """``-北京(LOC)`` for a span that was missed, ``+京(LOC)`` for a wrong one; the first few."""
    signs = {"missed": "-", "wrong": "+"}
    found = [
        f"{signs[mark['kind']]}{shortened(item['text'][mark['start'] : mark['end']], 20)}"
        f"({shortened(mark['label'], 20)})"
        for mark in item.get("marks", ())
        if mark["kind"] in signs
    ]
    return found[:_SPANS] + (["…"] if len(found) > _SPANS else [])


_DRAW: Final[dict[str, Callable[[dict[str, Any], Words], list[str]]]] = {
    "verdict": _verdict,
    "metrics": _metrics,
    "advice": _advice,
    "table": _table,
    "examples": _examples,
}
