"""Bars of the data report, for a terminal and a notebook; every bar stands beside its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.text.bars import Bar
from paddle_lab.text.html import isolated
from paddle_lab.text.html_table import QUIET, html_table
from paddle_lab.text.short import shortened
from paddle_lab.text.tables import aligned

if TYPE_CHECKING:
    from paddle_lab.data.report import DataReport
    from paddle_lab.data.report_parts import Lengths, SampleRow

_COLUMNS: Final = 24
_PIXELS: Final = 180
_TEXT: Final = 60
_TARGET: Final = 20


def text_bar(count: int, most: int) -> str:
    """A bar of at most :data:`_COLUMNS` signs; a thin one for what is more than nothing."""
    return "█" * round(_COLUMNS * count / max(1, most)) or ("▏" if count else "")


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
    """The histogram as a table: range, bar and rows; pale what the model does not read."""
    lengths = report.parts["train"].histogram
    most = max(lengths.counts)
    above = _above(lengths)
    rows = [
        [_range(lengths, n), _Bin(f"{count:,}", count / max(1, most), _PIXELS, below=n >= above)]
        for n, count in enumerate(lengths.counts)
    ]
    heads = (T("characters", "字符数"), T("training rows", "训练数据行数"))
    table = html_table([head.in_language(language) for head in heads], rows, right=[True, False])
    said = isolated(_limit(report).in_language(language))
    return f"{table}<p style='margin:0 0 8px;{QUIET}'>{said}</p>"


@dataclass(frozen=True)
class _Bin(Bar):
    """A bin of the histogram; pale where the model does not read to its end."""

    below: bool = False

    def html(self) -> str:
        """The bar, and its figure."""
        return f"<span style='opacity:.5'>{super().html()}</span>" if self.below else super().html()


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
    head = [text.in_language(language) for text in _HEADS]
    return html_table(head, cells, right=[False] * len(head))


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
