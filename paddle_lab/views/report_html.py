"""A report's blocks as page fragments for readers without the lab extension; all text escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.text.bars import Bar
from paddle_lab.text.html import escape
from paddle_lab.text.html_table import html_table
from paddle_lab.text.numbers import cell, count, outcome_mark, percent
from paddle_lab.views.words import Words

_ROWS: Final = 20
_EXAMPLES: Final = 5
_NARROW: Final = 12
_BAR: Final = 160
_MARKS: Final = {
    "right": "border-bottom:2px solid currentColor",
    "missed": "border-bottom:2px dashed currentColor",
    "wrong": "text-decoration:line-through",
}


def report_html(report: dict[str, Any], words: Words) -> str:
    """All blocks, one after the other."""
    title = words("report.title", split=report["split"], rows=report["rows"])
    parts = [f"<p><b>{escape(title)}</b></p>"]
    parts += [_DRAW[block["type"]](block, words) for block in report["blocks"]]
    return "".join(parts)


def _verdict(block: dict[str, Any], words: Words) -> str:
    mark = outcome_mark(block["outcome"])
    detail = block.get("detail")
    below = f"<br><small>{escape(words.text(detail))}</small>" if detail else ""
    return f"<p><b>{mark} {escape(words.text(block['text']))}</b>{below}</p>"


def _metrics(block: dict[str, Any], words: Words) -> str:
    items = [
        f"{escape(words.name('metric', item['name']))} "
        f"<b>{escape(cell(item['value'], item['format']))}</b>"
        + (f" ± {escape(cell(item['margin'], item['format']))}" if item.get("margin") else "")
        + (f" ({escape(words.text(item['note']))})" if item.get("note") else "")
        for item in block["items"]
    ]
    note = block.get("note")
    below = f"<p>{escape(words.text(note))}</p>" if note else ""
    return f"<p>{' · '.join(items)}</p>{below}"


def _advice(block: dict[str, Any], words: Words) -> str:
    items = "".join(f"<li>{escape(words.text(item))}</li>" for item in block["items"])
    return f"<p>{escape(words('report.advice'))}</p><ul>{items}</ul>" if items else ""


def _table(block: dict[str, Any], words: Words) -> str:
    formats = [column["format"] for column in block["columns"]]
    head = [words.text(column["name"]) for column in block["columns"]]
    rows = [
        [cell(words.value(one), form) for one, form in zip(row, formats, strict=False)]
        for row in block["rows"][:_ROWS]
    ]
    left = len(block["rows"]) - len(rows) + block["more"]
    more = f"<p>{escape(words('report.more', n=left))}</p>" if left > 0 else ""
    right = [form != "text" for form in formats]
    return _titled(block, words) + html_table(head, rows, right=right) + more


def _matrix(block: dict[str, Any], words: Words) -> str:
    if len(block["labels"]) > _NARROW:
        return ""
    rows = [
        [label, *(_Square(count, sum(counts), index == own) for index, count in enumerate(counts))]
        for own, (label, counts) in enumerate(zip(block["labels"], block["counts"], strict=False))
    ]
    head = [words("report.true"), *block["labels"]]
    right = [False] + [True] * len(block["labels"])
    return _titled(block, words) + html_table(head, rows, right=right)


@dataclass(frozen=True)
class _Square:
    """A count of a matrix, darker the larger its share of the row; right answers are blue."""

    count: int
    whole: int
    right: bool

    def __str__(self) -> str:
        return count(self.count)

    def html(self) -> str:
        color = "33,150,243" if self.right else "244,67,54"
        share = 0.5 * self.count / max(1, self.whole)
        style = f"display:block;padding:0 8px;background:rgba({color},{share:.2f})"
        return f"<span style='{style}'>{self}</span>"


def _examples(block: dict[str, Any], words: Words) -> str:
    items = "".join(
        f"<li>{_marked(item, words)}{_answer(item, words)}</li>"
        for item in block["items"][:_EXAMPLES]
    )
    legend = _legend(words) if any(item["marks"] for item in block["items"]) else ""
    # A page that stands alone has no link: the file is not beside it.
    file = block.get("file")
    more = f"<p>{escape(words('report.file', file=f'report/{file}'))}</p>" if file else ""
    return f"{_titled(block, words)}{legend}<ul>{items}</ul>{more}"


def _legend(words: Words) -> str:
    """What the ways to mark a span mean."""
    kinds = (
        f'<span style="{style}">{escape(words(f"report.span.{kind}"))}</span>'
        for kind, style in _MARKS.items()
    )
    return f"<p>{' · '.join(kinds)}</p>"


def _answer(item: dict[str, Any], words: Words) -> str:
    if item["expected"] is None and item["answered"] is None:
        return ""
    said = words(
        "report.answered" if item["probability"] is None else "report.mistake",
        label=item["expected"],
        predicted=item["answered"],
        probability=percent(item["probability"]),
    )
    return f"<br><small>{escape(said)}</small>"


def _marked(item: dict[str, Any], words: Words) -> str:
    """The text with its spans marked; spans that overlap an earlier one are left out."""
    text, parts, done = item["text"], [], 0
    for mark in sorted(item["marks"], key=lambda mark: (mark["start"], -mark["end"])):
        if mark["start"] < done or mark["end"] > len(text):
            continue
        inside = escape(text[mark["start"] : mark["end"]])
        style, label = _MARKS[mark["kind"]], escape(mark["label"])
        said = " ".join([escape(words(f"report.span.{mark['kind']}")), label]).strip()
        parts += [
            escape(text[done : mark["start"]]),
            f'<span style="{style}" title="{said}">{inside}</span><sub>{label}</sub>',
        ]
        done = mark["end"]
    return "".join([*parts, escape(text[done:])])


def _histogram(block: dict[str, Any], words: Words) -> str:
    most = max([*block["counts"], 1])
    rows = [
        [f"{_edge(low)} – {_edge(high)}", Bar(count(number), number / most, _BAR)]
        for low, high, number in zip(
            block["edges"], block["edges"][1:], block["counts"], strict=False
        )
    ]
    line = block.get("line")
    below = "" if line is None else f"<p>{escape(words.text(block['line_name']))}: {line:g}</p>"
    head = [words("report.range"), words("report.rows")]
    return _titled(block, words) + html_table(head, rows, right=[True, False]) + below


def _edge(value: float) -> str:
    """An edge without digits that mean nothing; counts are whole."""
    return f"{value:g}" if value == int(value) else f"{value:.3g}"


def _titled(block: dict[str, Any], words: Words) -> str:
    return f"<p>{escape(words.text(block['title']))}</p>"


_DRAW: Final[dict[str, Callable[[dict[str, Any], Words], str]]] = {
    "verdict": _verdict,
    "metrics": _metrics,
    "advice": _advice,
    "table": _table,
    "matrix": _matrix,
    "examples": _examples,
    "histogram": _histogram,
}
