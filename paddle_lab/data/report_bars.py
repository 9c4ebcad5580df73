"""Bars of the data report, for a terminal and a notebook; every bar stands beside its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.text.html import isolated
from paddle_lab.text.short import shortened
from paddle_lab.text.tables import aligned

if TYPE_CHECKING:
    from paddle_lab.data.report import DataReport
    from paddle_lab.data.report_parts import Lengths, SampleRow

_COLUMNS: Final = 24
_PIXELS: Final = 180
_TEXT: Final = 60
_TARGET: Final = 20
_BAR: Final = "height:.8em;background:var(--jp-brand-color1,#2196f3)"
_LEFT: Final = "text-align:left"
_LINE: Final = (
    "text-align:left;border-top:2px dashed var(--jp-warn-color-normal,#f57c00);"
    "color:var(--jp-ui-font-color2,inherit)"
)


def text_bar(count: int, most: int) -> str:
    """A bar of at most :data:`_COLUMNS` signs; a thin one for what is more than nothing."""
    return "█" * round(_COLUMNS * count / max(1, most)) or ("▏" if count else "")


def html_bar(count: int, most: int) -> str:
    """A bar as an element without words: its number stands beside it."""
    wide = max(1, round(_PIXELS * count / max(1, most))) if count else 0
    return f"<div aria-hidden='true' style='width:{wide}px;{_BAR}'></div>"


# -- lengths ------------------------------------------------------------------------------------


def lengths_text(report: DataReport, language: str) -> list[str]:
    """The histogram of the training rows, with the line of what the model reads."""
    lengths = report.parts["train"].histogram
    most = max(lengths.counts)
    grid = [[_range(lengths, n), f"{count:,}", text_bar(count, most)]
            for n, count in enumerate(lengths.counts)]  # fmt: skip
    widths = [max(len(row[column]) for row in grid) for column in (0, 1)]
    lines = [f"{name:>{widths[0]}}  {count:>{widths[1]}}  {bar}".rstrip()
             for name, count, bar in grid]  # fmt: skip
    said = f"-- {_limit(report).in_language(language)} --"
    lines.insert(_above(lengths), said)
    return [_title(report).in_language(language), *lines]


def lengths_html(report: DataReport, language: str) -> str:
    """The histogram as a table: range, rows, bar; a dashed line where the model's reading ends."""
    lengths = report.parts["train"].histogram
    most = max(lengths.counts)
    rows = [
        f"<tr><td style='text-align:right'>{isolated(_range(lengths, n))}</td>"
        f"<td style='text-align:right'>{count:,}</td>"
        f"<td style='text-align:left'>{html_bar(count, most)}</td></tr>"
        for n, count in enumerate(lengths.counts)
    ]
    said = isolated(_limit(report).in_language(language))
    rows.insert(_above(lengths), f"<tr><td colspan='3' style='{_LINE}'>{said}</td></tr>")
    title = isolated(_title(report).in_language(language))
    return f"<strong>{title}</strong><table>{''.join(rows)}</table>"


def _title(report: DataReport) -> Text:
    return T("Characters of the training rows", "训练数据每行的字符数")


def _range(lengths: Lengths, index: int) -> str:
    first, last = lengths.edges[index], lengths.edges[index + 1] - 1
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"


def _above(lengths: Lengths) -> int:
    """How many bins stand above the line: those of rows that fit."""
    return sum(edge <= lengths.limit for edge in lengths.edges[:-1])


def _limit(report: DataReport) -> Text:
    part = report.parts["train"]
    if not part.too_long:
        return T("--max-len {n}: no row is longer", "--max-len {n}：没有更长的行", n=report.max_len)
    return T(
        "--max-len {n}: about {share:.1%} of the rows are longer{what}",
        "--max-len {n}：约 {share:.1%} 的行更长{what}",
        n=report.max_len,
        share=part.too_long,
        what=T(", their end is not read", "，超出部分不会被读取")
        if report.long_text == "truncate"
        else T(", they are read in several pieces", "，会分段读取"),
    )


# -- rows ---------------------------------------------------------------------------------------


def samples_text(report: DataReport, language: str) -> list[str]:
    """Two rows as they were read."""
    grid = [
        [_where(row).in_language(language), excerpt(shortened(row.target, _TARGET), _TARGET),
         _given(report, row, language, _TEXT)]
        for row in report.parts["train"].samples
    ]  # fmt: skip
    head = [text.in_language(language) for text in _HEADS]
    return aligned([head, *grid])


def samples_html(report: DataReport, language: str) -> str:
    """Two rows as they were read, as a table."""
    cells: Sequence[Sequence[str]] = [
        [_where(row).in_language(language), excerpt(row.target, 3 * _TARGET),
         _given(report, row, language, 3 * _TEXT)]
        for row in report.parts["train"].samples
    ]  # fmt: skip
    head = "".join(
        f"<th style='{_LEFT};white-space:nowrap'>{isolated(text.in_language(language))}</th>"
        for text in _HEADS
    )
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{isolated(cell)}</td>" for cell in row)
        + "</tr>"
        for row in cells
    )  # fmt: skip
    return f"<table><tr>{head}</tr>{rows}</table>"


_HEADS: Final = (T("rows as read", "读取结果示例"), T("target", "目标"), T("text", "文本"))


def _where(row: SampleRow) -> Text:
    if row.unit == "line":
        return T("line {n}", "第 {n} 行", n=row.line)
    return T("row {n}", "第 {n} 条", n=row.line)


def _given(report: DataReport, row: SampleRow, language: str, most: int) -> str:
    """What the row gives; by name where that is more than one thing."""
    room = most // len(row.given)
    texts = {role: excerpt(shortened(text, room), room) for role, text in row.given.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    named = [
        f"{report.roles.get(role, Text(role, role)).in_language(language)}: {text}"
        for role, text in texts.items()
    ]
    return "  ".join(named)
