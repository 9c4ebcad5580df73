"""Delimited text to records: TSV, CSV and their relatives, with or without header and quotes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from paddle_lab.data.column_cells import ColumnCells
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.header import Row
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._alike_rows import AlikeRows, alike_rows
from paddle_lab.data.records import Records
from paddle_lab.data.table_shape import shape_of, usual_width
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_WORDS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_IN_ORDER: Final = ("\t", ",", ";", "|")
# Separators that stand in no text: they go before single signs.
_UNMISTAKABLE: Final = ("_!_", "|||", "\x01", "\x1f")
# Signs that also stand inside of texts and labels; tried where no single sign separates.
_LONG: Final = ("||", "@@", "::", "##", "<SEP>", "[SEP]")
_NEARLY_ALL: Final = 0.95
_ESCAPE: Final = re.compile(r"\\x([0-9a-fA-F]{2})")
_OF_EXCEL: Final = re.compile(r'"?sep=([^"\r]+)"?\r?', re.IGNORECASE)
_REGULAR: Final = 0.8
_HEAD: Final = 200  # lines that are enough to tell a separator by
_SPARE: Final = 20
_WIDE_FIELD: Final = 2**31 - 1
_QUOTED_CELL: Final = re.compile(r'"[^"]*(?:""[^"]*)*"')
_UNCLOSED: Final = T(
    "the quotation mark that opens a cell is never closed, or a mark inside is not doubled",
    "单元格开头的引号没有闭合，或单元格内的引号没有成对书写",
)
_NUL: Final = T("a NUL character in a quoted row", "带引号的行中有 NUL 字符")


class Delimited:
    """The reader of last resort: any text has lines."""

    title: Final = T("a table", "表格")
    form: Final = "table"
    order: Final = 1000

    def recognises(self, text: str, suffix: str) -> bool:
        """Always."""
        return True

    def read(self, text: str, how: TextReading) -> Records:
        """As :func:`parse_delimited`."""
        return parse_delimited(text, how)


READER: Final = Delimited()


def parse_delimited(text: str, how: TextReading) -> Records:
    """Records of a delimited text.

    The separator may be any string, or a word: tab, comma, semicolon, pipe. Without one it is told
    by which gives most of the first lines the same number of columns.

    Raises DataError for a separator that cannot separate.
    """
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    head = _head(text)
    stated = _OF_EXCEL.fullmatch(head[0])  # a line that Excel writes and shows to nobody
    if stated is not None:
        text, head = text[len(head[0]) :], ["", *head[1:]]
    asked = stated[1] if stated is not None and how.separator is None else how.separator
    sep = _named(asked) if asked is not None else _sniff(head, how.suffix)
    shape = shape_of(_numbered(text, sep), how.asked, how.known, sep)
    width, least = shape.width, 1 if how.one_column else 2
    records = Records(shape.header, layout={"format": "delimited", "separator": sep})
    records.notices += shape.notices
    if isinstance(shape.rows, AlikeRows) and len(shape.rows.columns) == width:
        records.cells = ColumnCells(shape.rows.columns)
        records.lines = shape.rows.lines
        return records
    for line, cells in shape.rows:
        if isinstance(cells, Text):
            records.bad.append((line, cells))
        elif len(cells) == width and width >= least:
            records.add(line, cells)
        else:
            records.bad.append((line, _wrong_width(cells, max(width, least), sep, shape.header)))
    return records


def _head(text: str) -> list[str]:
    """The first lines, twice as many as are needed to tell a separator: some are empty."""
    end = -1
    for _ in range(2 * _HEAD):
        end = text.find("\n", end + 1)
        if end < 0:
            return text.split("\n")
    return text[:end].split("\n")


def _named(separator: str) -> str:
    sep = _WORDS.get(separator.lower(), separator)
    sep = _ESCAPE.sub(lambda code: chr(int(code[1], 16)), sep)
    if sep and '"' not in sep and "\n" not in sep and "\r" not in sep:
        return sep
    raise DataError(
        T("'{sep}' cannot separate columns.", "“{sep}”不能用作分隔符。", sep=excerpt(separator)),
        T("It is empty, a quotation mark or a line end.", "它是空的、引号或换行符。"),
        T("For example: --sep tab, --sep comma, --sep '|'",
          "例如：--sep tab、--sep comma、--sep '|'"),
        code="data.separator",
    )  # fmt: skip


# -- which separator ----------------------------------------------------------------------------


def _sniff(lines: Sequence[str], suffix: str) -> str:
    """The separator that gives most of the first lines the same number of columns."""
    head = [line for line in lines[: _HEAD * 2] if line.strip()][:_HEAD]
    # Natural text holds commas, hardly ever tabs.
    tabs = sum("\t" in line for line in head)
    if 2 * tabs > len(head) and suffix != ".csv":
        return "\t"
    if (long := _splitting(head, _UNMISTAKABLE)) is not None:
        return long
    if suffix == ".tsv" and tabs:
        return "\t"
    order = (",", ";", "\t", "|") if suffix == ".csv" else _IN_ORDER
    shares = {sep: _regularity(head, sep) for sep in order}
    best = max(order, key=lambda sep: shares[sep])
    long = _splitting(head, _LONG)
    if shares[best] >= _REGULAR and (long is None or not _encloses(head, long, best)):
        return best
    return long or ("\t" if suffix == ".tsv" else order[0])


def _splitting(head: Sequence[str], signs: Sequence[str]) -> str | None:
    """The first of ``signs`` that gives nearly all lines the same number of columns."""
    for sep in signs:
        counts = Counter(line.count(sep) for line in head)
        times, lines = counts.most_common(1)[0] if counts else (0, 0)
        if times and lines >= _NEARLY_ALL * len(head):
            return sep
    return None


def _encloses(head: Sequence[str], long: str, sign: str) -> bool:
    """Whether ``sign`` stands inside of cells that ``long`` parts, not the other way about."""
    if sign in long:
        return True
    outside = [long in line.partition(sign)[0] and long in line.rpartition(sign)[2]
               for line in head if sign in line]  # fmt: skip
    return sum(outside) >= _NEARLY_ALL * len(outside)


def _regularity(head: Sequence[str], sep: str) -> float:
    """The share of rows with the usual number of columns, if that is more than one."""
    widths = [len(cells) if isinstance(cells, list) else 0 for _, cells in _quoted_rows(head, sep)]
    if not widths:
        return 0.0
    width, count = Counter(widths).most_common(1)[0]
    return count / len(widths) if width > 1 else 0.0


# -- lines to cells -----------------------------------------------------------------------------


def _numbered(text: str, sep: str) -> Sequence[Row]:
    """Numbered cells of each row that is not empty."""
    lines: list[str] | None = None
    quoted = len(sep) == 1 and sep != "\t"
    if sep == "\t" and (text.startswith('"') or '\t"' in text or '\n"' in text):
        lines = text.split("\n")
        quoted = _tabs_are_quoted(lines)
    alike = alike_rows(text, sep, quoted)
    if alike is not None:
        return alike
    lines = lines or text.split("\n")
    return list(_quoted_rows(lines, sep) if quoted else _plain_rows(lines, sep))


def _plain_rows(lines: Sequence[str], sep: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line.removesuffix("\r").split(sep)


def _quoted_rows(lines: Sequence[str], sep: str) -> Iterator[Row]:
    """As the csv module reads them, but a wrong quotation mark costs its own line only.

    Left alone, csv would swallow all lines up to the next quotation mark, and say nothing.
    """
    usual = _usual_cells(lines, sep)
    # Lines that may be read in vain, for marks that are never closed: more in all, not for each.
    spare = _SPARE * len(lines)
    limit = csv.field_size_limit(_WIDE_FIELD)
    try:
        index = 0
        while index < len(lines):
            line, number = lines[index], index + 1
            cells: list[str] | Text
            if '"' in line:
                cells, used, read = _quoted_row(lines, index, sep, usual, max(1, spare))
                spare -= read - used
            else:
                cells, used = line.removesuffix("\r").split(sep), 1
            index += used
            if isinstance(cells, Text) or any(cell.strip() for cell in cells):
                yield number, cells
    finally:
        csv.field_size_limit(limit)


def _quoted_row(
    lines: Sequence[str], start: int, sep: str, usual: Sequence[frozenset[str]], most: int
) -> tuple[list[str] | Text, int, int]:
    """The row that begins at line ``start`` (from 0), how many lines it takes, and were read.

    ``most`` bounds the lines that are looked at.
    """
    following = (lines[index] + "\n" for index in range(start, min(len(lines), start + most)))
    reader = csv.reader(following, delimiter=sep, strict=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        return (_NUL if "NUL" in str(error) else _UNCLOSED), 1, reader.line_num
    used = reader.line_num
    spanned = (line.removesuffix("\r").split(sep) for line in lines[start : start + used])
    # A row over several lines holds its label once; more of them are rows that were swallowed.
    if used > 1 and sum(_is_usual(line, usual) for line in spanned) > 1:
        return _UNCLOSED, 1, used
    return cells, used, used


def _usual_cells(lines: Sequence[str], sep: str) -> list[frozenset[str]]:
    """For each column the values that occur repeatedly in the first lines: most likely labels."""
    # Lines without a separator are parts of a row, or no row.
    split = [line.removesuffix("\r").split(sep) for line in lines[:_HEAD]]
    rows = [cells for cells in split if len(cells) > 1]
    width = usual_width(list(enumerate(rows)))
    columns = [Counter(row[index] for row in rows if len(row) == width) for index in range(width)]
    return [frozenset(cell for cell, n in column.items() if n > 1 and cell.strip())
            for column in columns]  # fmt: skip


def _is_usual(cells: Sequence[str], usual: Sequence[frozenset[str]]) -> bool:
    """Whether a line looks like a whole row: as many columns as usual, and a usual label."""
    return len(cells) == len(usual) and any(map(frozenset.__contains__, usual, cells))


def _tabs_are_quoted(lines: Sequence[str]) -> bool:
    """Whether quotation marks in a tab-separated file quote cells, or belong to the text.

    Most such files are written without quoting, and a review may well begin with a mark. They
    quote when every mark at the start of a cell makes a whole quoted cell and some cell needs it
    or a column is quoted throughout; or when only reading them so gives every row its width.
    """
    marked = [line for line in lines if line.startswith('"') or '\t"' in line]
    if not marked:
        return False
    plain = [cells for _, cells in _plain_rows(lines, "\t") if isinstance(cells, list)]
    irregular = _irregular(plain)
    if irregular:
        return _irregular([cells for _, cells in _quoted_rows(lines, "\t")]) < irregular
    opened = [cell for cells in plain for cell in cells if cell.startswith('"')]
    if not all(_QUOTED_CELL.fullmatch(cell) for cell in opened):
        return False
    doubled = any('""' in cell[1:-1] or "\r" in cell for cell in opened)
    # The first row may be an unquoted header.
    return doubled or any(
        all(row[index].startswith('"') for row in plain[1:] or plain)
        for index in range(len(plain[0]))
    )


def _irregular(rows: Sequence[list[str] | Text]) -> int:
    """How many rows have not the usual number of columns."""
    widths = Counter(len(cells) for cells in rows if isinstance(cells, list))
    return len(rows) - max(widths.values(), default=0)


# -- shape --------------------------------------------------------------------------------------


def _wrong_width(cells: list[str], width: int, sep: str, header: list[str] | None) -> Text:
    sign = {"\t": "<TAB>"}.get(sep, sep)
    names = header or (["text", "label"] if width == 2 else [f"#{n}" for n in range(width)])
    first = sep.join(cells)
    return T(
        '{found} {columns} found, {width} expected ({names}). First 40 characters: "{first}"{hint}',
        "找到 {found} 列，应为 {width} 列（{names}）。前 40 个字符：“{first}”{hint}",
        found=len(cells),
        columns="column" if len(cells) == 1 else "columns",
        width=width,
        names=excerpt(sign.join(names), 80),
        first=excerpt(first),
        hint=_hint(first, len(cells), width, sep),
    )


def _hint(line: str, found: int, width: int, sep: str) -> Text:
    """What most likely stands where the separator should."""
    if found > width:
        if sep == "\t":
            return T("", "")
        return T("; put a cell that holds '{sep}' in double quotes",
                 "；含有“{sep}”的单元格请用双引号括起来", sep=sep)  # fmt: skip
    for sign, en, zh in (
        ("\u3000", "a full-width space (U+3000)", "全角空格（U+3000）"),
        ("\\t", "a backslash and a t", "反斜杠加字母 t"),
        ("，", "a full-width comma (，)", "全角逗号（，）"),
        ("    ", "spaces", "空格"),
    ):
        if sign in line.strip() and sign != sep:
            return T("; it holds {sign}, which does not separate columns here",
                     "；其中的{sign}在此不是分隔符", sign=Text(en, zh))  # fmt: skip
    return T("", "")
