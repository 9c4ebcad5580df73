"""File text to records: lists of cells with their line, and the header if there is one."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

TEXT_NAMES: Final = (
    "text",
    "text_a",
    "sentence",
    "content",
    "review",
    "comment",
    "title",
    "文本",
    "句子",
    "内容",
    "评论",
    "评价",
    "正文",
)
LABEL_NAMES: Final = (
    "label",
    "labels",
    "class",
    "category",
    "target",
    "stars",
    "sentiment",
    "rating",
    "label_desc",
    "标签",
    "类别",
    "分类",
    "情感",
    "评分",
)
_SEPARATORS: Final = ("\t", ",", ";", "|")


@dataclass
class Records:
    """Cells of a file. ``header`` are the column names, None when there are none."""

    header: list[str] | None
    cells: list[list[Any]]
    lines: list[int]
    bad: list[tuple[int, Text]] = field(default_factory=list)
    separator: str | None = None


def parse(text: str, suffix: str, separator: str | None, columns: Sequence[str]) -> Records:
    """Records of a file's text; ``suffix`` tells JSON from columns.

    ``columns`` are the names a person gave, which help to know a header.
    """
    if suffix in (".jsonl", ".ndjson", ".json"):
        return _parse_json(text)
    return _parse_columns(text, separator, columns)


def _parse_json(text: str) -> Records:
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("["):
        return _json_array(text)
    records = Records(header=[], cells=[], lines=[])
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            records.bad.append(
                (number, T("not JSON ({error})", "不是 JSON（{error}）", error=error))
            )
            continue
        if not isinstance(value, dict):
            records.bad.append((number, T("no JSON object", "不是 JSON 对象")))
            continue
        rows.append((number, value))
    return _from_objects(records, rows)


def _json_array(text: str) -> Records:
    records = Records(header=[], cells=[], lines=[])
    try:
        values = json.loads(text.lstrip("\ufeff"))
    except ValueError as error:
        raise DataError(
            T("The file is not valid JSON.", "文件不是有效的 JSON。"),
            T("{error}", "{error}", error=error),
            T(
                "Give a JSON array of objects, or one object a line (.jsonl).",
                "请提供对象数组，或每行一个对象（.jsonl）。",
            ),
        ) from error
    rows = []
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            rows.append((number, value))
        else:
            records.bad.append((number, T("no JSON object", "不是 JSON 对象")))
    return _from_objects(records, rows)


def _from_objects(records: Records, rows: list[tuple[int, dict[str, Any]]]) -> Records:
    names: dict[str, None] = {}
    for _, value in rows:
        names.update(dict.fromkeys(map(str, value)))
    records.header = list(names)
    for number, value in rows:
        records.cells.append([value.get(name) for name in names])
        records.lines.append(number)
    return records


def _parse_columns(text: str, separator: str | None, columns: Sequence[str]) -> Records:
    separator = {"\\t": "\t", "tab": "\t"}.get(separator or "", separator) or _sniff(text)
    rows = list(_rows(text, separator))
    records = Records(header=None, cells=[], lines=[], separator=separator)
    if rows and _is_header(rows[0][1], columns):
        records.header = [cell.strip().lstrip("\ufeff") for cell in rows[0][1]]
        rows = rows[1:]
    width = len(records.header) if records.header else _usual_width(rows)
    for number, cells in rows:
        if len(cells) == width and width > 1:
            records.cells.append(cells)
            records.lines.append(number)
        else:
            records.bad.append((number, _wrong_width(cells, max(width, 2), separator)))
    return records


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of each line that is not empty. Tabs are seldom quoted, commas often are."""
    if separator != "\t" or _quoted_tabs(text):
        yield from _quoted_rows(text, separator)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r").split("\t")


def _quoted_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    limit = csv.field_size_limit(sys.maxsize)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        start = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)


def _quoted_tabs(text: str) -> bool:
    """Whether cells are quoted as in CSV: every quote opens or closes one."""
    head = text[:20_000]
    return (
        '"' in head
        and any(
            cell.startswith('"') and cell.endswith('"') and len(cell) > 1
            for line in head.split("\n")[:50]
            for cell in line.rstrip("\r").split("\t")[:1]
        )
        and head.count('"') % 2 == 0
    )


def _sniff(text: str) -> str:
    """The separator that most of the first lines have; tab when none does."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:50]
    for separator in _SEPARATORS:
        if lines and sum(separator in line for line in lines) >= 0.8 * len(lines):
            return separator
    return "\t"


def _is_header(cells: list[str], columns: Sequence[str]) -> bool:
    names = {cell.strip().lstrip("\ufeff").lower() for cell in cells}
    if columns and all(column.lower() in names for column in columns):
        return True
    return bool(names & set(LABEL_NAMES)) and (len(names & set(TEXT_NAMES)) > 0 or len(names) > 1)


def _usual_width(rows: list[tuple[int, list[str]]]) -> int:
    counts: dict[int, int] = {}
    for _, cells in rows[:1000]:
        counts[len(cells)] = counts.get(len(cells), 0) + 1
    return max(counts, key=lambda width: (counts[width], width)) if counts else 0


def _wrong_width(cells: list[str], width: int, separator: str) -> Text:
    sign = {"\t": "<TAB>"}.get(separator, separator)
    first = separator.join(cells)[:40]
    return T(
        "{found} column(s) found, {width} expected (text{sign}label). "
        'First 40 characters: "{first}"',
        "找到 {found} 列，应为 {width} 列（文本{sign}标签）。前 40 个字符：“{first}”",
        found=len(cells),
        width=width,
        sign=sign,
        first=first,
    )
