"""A report as Markdown, in English and Chinese; texts and labels are never markup."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab.i18n import T, Text

_OUTCOMES: Final = {"better": "✓", "level": "=", "worse": "✗"}


def markdown(report: dict[str, Any]) -> str:
    """All blocks of ``report``, one after the other."""
    heading = T("{rows} rows of the {split} part", "{split} 部分的 {rows} 行",
                rows=report["rows"], split=report["split"])  # fmt: skip
    parts = [f"# {_both(T('Evaluation', '评估报告').to_json())}", _both(heading.to_json())]
    for block in report["blocks"]:
        parts += _WRITERS[block["type"]](block)
    return "\n\n".join(parts) + "\n"


def _verdict(block: dict[str, Any]) -> list[str]:
    text = block["text"]
    parts = [f"**{_OUTCOMES[block['outcome']]} {_plain(text['en'])}**\n{_plain(text['zh'])}"]
    return parts + _said(block.get("detail"))


def _said(text: dict[str, str] | None) -> list[str]:
    """A sentence in both languages, if there is one."""
    return [f"{_plain(text['en'])}\n{_plain(text['zh'])}"] if text else []


def _metrics(block: dict[str, Any]) -> list[str]:
    rows = [
        [item["name"], _number(item["value"]), _margin(item["margin"]), _note(item.get("note"))]
        for item in block["items"]
    ]
    if not any(row[-1] for row in rows):
        return [_table(["", "", "±"], [row[:-1] for row in rows])]
    return [_table(["", "", "±", ""], rows), *_said(block.get("note"))]


def _note(text: dict[str, str] | None) -> str:
    return _both(text) if text else ""


def _margin(value: float | None) -> str:
    return "" if value is None else _number(value)


def _advice(block: dict[str, Any]) -> list[str]:
    lines = [f"- {_plain(item['en'])}\n  {_plain(item['zh'])}" for item in block["items"]]
    return ["\n".join(lines)] if lines else []


def _table_block(block: dict[str, Any]) -> list[str]:
    head = [_both(column["name"]) for column in block["columns"]]
    rows = [[_number(cell) for cell in row] for row in block["rows"]]
    parts = [f"## {_both(block['title'])}", _table(head, rows)]
    if block["more"]:
        parts.append(_both(T("{n} more", "另有 {n} 行", n=block["more"]).to_json()))
    return parts


def _matrix(block: dict[str, Any]) -> list[str]:
    rows = [
        [label, *(str(count) for count in counts)]
        for label, counts in zip(block["labels"], block["counts"], strict=True)
    ]
    return [f"## {_both(block['title'])}", _table(["", *block["labels"]], rows)]


def _examples(block: dict[str, Any]) -> list[str]:
    if not block["items"]:
        return []
    head = [
        _both(T(en, zh).to_json())
        for en, zh in (("text", "文本"), ("expected", "标签"), ("answered", "预测"),
                       ("probability", "概率"), ("line", "行"))
    ]  # fmt: skip
    rows = [
        [
            _marked(item),
            *(_number(item[key]) for key in ("expected", "answered", "probability", "line")),
        ]
        for item in block["items"]
    ]
    return [f"## {_both(block['title'])}", _table(head, rows)]


def _marked(item: dict[str, Any]) -> str:
    """The text, and after it the spans that were missed (-) or wrong (+)."""
    spans = [
        f"{'-' if mark['kind'] == 'missed' else '+'}{item['text'][mark['start'] : mark['end']]}"
        f"({mark['label']})"
        for mark in item["marks"]
        if mark["kind"] != "right"
    ]
    return " ".join([item["text"], *spans])


def _histogram(block: dict[str, Any]) -> list[str]:
    edges = block["edges"]
    rows = [
        [f"{low:g} – {high:g}", str(count)]
        for low, high, count in zip(edges, edges[1:], block["counts"], strict=False)
    ]
    return [f"## {_both(block['title'])}", _table(["", ""], rows)]


_WRITERS: Final = {
    "verdict": _verdict,
    "metrics": _metrics,
    "advice": _advice,
    "table": _table_block,
    "matrix": _matrix,
    "examples": _examples,
    "histogram": _histogram,
}


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Text inside a Markdown table: no markup, no line breaks, no HTML."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]#~!":
        flat = flat.replace(mark, f"\\{mark}")
    return html.escape(flat, quote=False).replace("|", "\\|")


def _plain(text: str) -> str:
    return html.escape(text, quote=False)


def _both(text: dict[str, str]) -> str:
    both = Text.from_json(text)
    return f"{both.in_language('en')} / {both.in_language('zh')}"


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return _both(value)
    return f"{value:.4f}" if isinstance(value, float) else str(value)
