"""One JSON object that holds a whole table: of pandas (``to_json``), of `datasets`, of an API.

``{"columns": [...], "data": [[...]]}`` (split), ``{"schema": {...}, "data": [{...}]}`` (table),
``{"text": {"0": ...}}`` (columns), ``{"0": {"text": ...}}`` (index), ``{"text": [...]}``, and rows
under any one key: ``{"data": [{...}]}``, ``{"values": [[...]]}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._json_values import is_object_a_line
from paddle_lab.data.records import Records
from paddle_lab.data.table_shape import with_shape
from paddle_lab.errors import DataError
from paddle_lab.i18n import T

_START: Final = re.compile(r'\s*\{\s*"')
_NUMBER: Final = re.compile(r"-?[0-9]+")
_NEARLY_ALL: Final = 0.9
#: Lists of objects that one row has: such an object is that row, and no table.
_OF_A_ROW: Final = frozenset(
    {"answers", "labels", "label", "entities", "spans", "annotations", "relations", "choices"}
)
_NO_OBJECT: Final = T("an object with a text and a label expected", "应为包含文本和标签的对象")
_BROKEN: Final = (ValueError, RecursionError)

Table = tuple["list[str] | None", list[Any]]


class JsonTables:
    """A table in one object."""

    title: Final = T("a table in one JSON object", "单个 JSON 对象中的表格")
    form: Final = "table"
    order: Final = 890

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether the text is one object, and holds a table or several."""
        document = _document(text)
        return document is not None and (
            table_of(document) is not None or len(_tables_in(document)) > 1
        )

    def read(self, text: str, how: TextReading) -> Records:
        """Its rows, numbered from 1. Raises DataError for several tables."""
        document = _document(text) or {}
        table = table_of(document)
        if table is None:
            raise _several(how.name, _tables_in(document))
        header, rows = table
        records = Records(header, unit="row", layout={"format": "JSON"})
        numbered = list(enumerate(rows, start=1))
        if header is None and isinstance(rows[0], dict):
            records.add_objects([(n, row) for n, row in numbered if isinstance(row, dict)])
            records.bad += [(n, _NO_OBJECT) for n, row in numbered if not isinstance(row, dict)]
            return records
        width = len(header) if header is not None else len(rows[0])
        for n, row in numbered:
            if isinstance(row, list) and len(row) == width:
                records.add(n, row)
            else:
                records.bad.append((n, T("{n} values expected", "应有 {n} 个值", n=width)))
        return with_shape(records, how.asked, how.known)


READER: Final = JsonTables()


def table_of(document: Mapping[str, Any]) -> Table | None:
    """Names of the columns (None where rows name them, or nothing does), and the rows.

    None for an object that is no table.
    """
    for found in (_split, _table, _wrapped, _lists, _mappings):
        table = found(document)
        if table is not None:
            return table
    return None


def _document(text: str) -> dict[str, Any] | None:
    """The object that the whole text is."""
    if _START.match(text) is None:
        return None
    if is_object_a_line(text):
        return None
    try:
        document = json.loads(text)
    except _BROKEN:
        return None
    return document if isinstance(document, dict) else None


def _split(document: Mapping[str, Any]) -> Table | None:
    """pandas' ``split``."""
    columns, rows = document.get("columns"), document.get("data")
    if not isinstance(columns, list) or not isinstance(rows, list) or not _rows_of_cells(rows):
        return None
    return [str(column) for column in columns], rows


def _table(document: Mapping[str, Any]) -> Table | None:
    """pandas' ``table``, without the index that it names."""
    schema, rows = document.get("schema"), document.get("data")
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        return None
    if not isinstance(rows, list) or not _rows_of_names(rows):
        return None
    index = schema.get("primaryKey")
    index = set(map(str, index)) if isinstance(index, list) else set()
    named = [field.get("name") for field in schema["fields"] if isinstance(field, dict)]
    columns = [str(name) for name in named if str(name) not in index]
    return columns, [
        [row.get(name) for name in columns] if isinstance(row, dict) else row for row in rows
    ]


def _wrapped(document: Mapping[str, Any]) -> Table | None:
    """Rows under one key, beside a version, a count, a description."""
    tables = _tables_in(document)
    if len(tables) != 1:
        return None
    return None, next(iter(tables.values()))


def _lists(document: Mapping[str, Any]) -> Table | None:
    """A list for each column."""
    columns = list(document.values())
    if len(columns) < 2 or not all(isinstance(column, list) for column in columns):
        return None
    if len({len(column) for column in columns}) != 1 or not columns[0]:
        return None
    return list(map(str, document)), [list(row) for row in zip(*columns, strict=True)]


def _mappings(document: Mapping[str, Any]) -> Table | None:
    """pandas' ``columns`` and ``index``: names of columns and rows within each other."""
    inner = list(document.values())
    if not inner or not all(isinstance(one, dict) and one for one in inner):
        return None
    if any(isinstance(value, dict) for one in inner for value in one.values()):
        return None
    if set(inner[0]) != set(inner[-1]):
        return None
    if not _by_columns(document, inner[0]):
        return None, inner
    rows = dict.fromkeys(key for column in inner for key in column)
    return list(map(str, document)), [[column.get(key) for column in inner] for key in rows]


def _by_columns(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool:
    """Whether the outer names are those of columns: rows have numbers, or are more."""
    numbers = [all(map(_NUMBER.fullmatch, names)) for names in (outer, inner)]
    if numbers[0] != numbers[1]:
        return numbers[1]
    return len(outer) < len(inner)


def _tables_in(document: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values that are rows, by their keys."""
    return {
        key: value
        for key, value in document.items()
        if key not in _OF_A_ROW
        and (_rows_of_names(value) or (_rows_of_cells(value) and len(value[0]) > 1))
    }


def _rows_of_names(value: Any) -> bool:
    return _nearly_all(value, dict)


def _rows_of_cells(value: Any) -> bool:
    return _nearly_all(value, list)


def _nearly_all(value: Any, kind: type) -> bool:
    """Whether it is a list of values of a kind, but for a few that somebody broke."""
    if not isinstance(value, list) or not value or not isinstance(value[0], kind):
        return False
    return sum(isinstance(row, kind) for row in value) >= _NEARLY_ALL * len(value)


def _several(name: str, tables: Mapping[str, Sequence[Any]]) -> DataError:
    shown = ", ".join(f"{key} ({len(rows)})" for key, rows in tables.items())
    return DataError(
        T("{name} holds several tables in one JSON object.",
          "{name} 的一个 JSON 对象中有多个表格。", name=name),
        T("They are, with their rows: {tables}", "它们及其行数：{tables}",
          tables=excerpt(shown, 200)),
        T("Save each as a file of its own and give them as TRAIN, DEV and --test.",
          "请分别保存为文件，再作为 TRAIN、DEV 和 --test 给出。"),
        code="data.several_tables",
    )  # fmt: skip
