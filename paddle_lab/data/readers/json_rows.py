"""JSON to records: one value a line, or one array."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.data.table_shape import with_shape
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ARRAY_OF_OBJECTS: Final = re.compile(r"\s*\[\s*\{\s*\"")
_ARRAY_OF_LISTS: Final = re.compile(r"\[\s*(?=\[)")
# RecursionError: a value nested so deeply that the parser gives up.
_BROKEN: Final = (ValueError, RecursionError)


class JsonRows:
    """JSON by its suffix or by its look."""

    title: Final = T("JSON rows", "JSON 数据行")
    form: Final = "table"
    order: Final = 900

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether the file is called JSON, or begins as lines or an array of rows do."""
        if suffix in SUFFIXES or looks_like_json_lines(text):
            return True
        return _ARRAY_OF_OBJECTS.match(text) is not None or _begins_with_lists(text)

    def read(self, text: str, how: TextReading) -> Records:
        """As :func:`parse_json`."""
        return parse_json(text, how)


READER: Final = JsonRows()


def looks_like_json_lines(text: str) -> bool:
    """Whether the first line that is not empty is a whole JSON object."""
    start = _end_of_space(text, 0)
    if text[start : start + 1] != "{":
        return False
    end = text.find("\n", start)
    try:
        return isinstance(json.loads(text[start : end if end >= 0 else None]), dict)
    except _BROKEN:
        return False


def _begins_with_lists(text: str) -> bool:
    """Whether an array of lists, or lines of them, stand at the beginning, with cells of JSON."""
    start = _end_of_space(text, 0)
    outer = _ARRAY_OF_LISTS.match(text, start)
    try:
        first, end = json.JSONDecoder().raw_decode(text, start if outer is None else outer.end())
    except _BROKEN:
        return False
    if not isinstance(first, list) or len(first) < 2:
        return False
    return text[_end_of_space(text, end) :][:1] in ((",", "]") if outer is not None else ("[",))


def parse_json(text: str, how: TextReading) -> Records:
    """Records of a JSON array, or of JSON lines; each row an object, or a list of cells.

    Lists of two are a text and its label; of more, columns that a first row may name.

    Raises DataError when the file as a whole is neither.
    """
    records = Records(header=None, layout={"format": "JSON"})
    array = is_array(text)
    if not array:
        records.layout["format"] = "JSON lines"
        refuse_one_object(text, how.name)
    values = values_of_array(text, how.name, records) if array else values_of_lines(text, records)
    objects: list[tuple[int, dict[str, Any]]] = []
    lists: list[tuple[int, list[Any]]] = []
    for line, value in values:
        if isinstance(value, dict):
            objects.append((line, value))
        elif isinstance(value, list) and len(value) > 1:
            lists.append((line, value))
        else:
            records.bad.append((line, _no_row(value)))
    if objects:
        records.add_objects(objects)
        records.bad += [(line, _no_row(value)) for line, value in lists]
        return records
    width = Counter(len(value) for _, value in lists).most_common(1)[0][0] if lists else 2
    for line, value in lists:
        if len(value) == width:
            records.add(line, value)
        else:
            records.bad.append((line, _no_row(value)))
    records = with_shape(records, how.asked, how.known)
    if width == 2 and records.header is None:
        records.header = ["label", "text"] if _label_first(records.cells) else ["text", "label"]
    return records


def _label_first(pairs: Sequence[Sequence[Any]]) -> bool:
    """Whether pairs begin with a number and end with a text."""
    return bool(pairs) and all(
        not isinstance(first, str) and isinstance(second, str) for first, second in pairs
    )


def is_array(text: str) -> bool:
    """Whether it is one JSON array, not a value a line."""
    return text[_end_of_space(text, 0) :].startswith("[") and not _first_line_is_a_row(text)


def values_of_lines(text: str, records: Records) -> Iterator[tuple[int, Any]]:
    """The value of each line, with its number; lines that are no JSON go to ``records.bad``."""
    # Only "\n" ends a line: str.splitlines would also cut inside strings, at U+2028 for one.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except _BROKEN as error:
            records.bad.append((number, _not_json(line, error)))
        else:
            yield number, value


def values_of_array(text: str, name: str, records: Records) -> list[tuple[int, Any]]:
    """The elements of an array, with the line on which each begins.

    Where several begin on one line, a line says little: they are numbered from 1, and the records'
    unit is "row". Raises DataError for a broken array.
    """
    decoder = json.JSONDecoder()
    index = _end_of_space(text, _end_of_space(text, 0) + 1)
    line, counted = 1, 0
    lines: list[int] = []
    found: list[Any] = []
    while text[index : index + 1] != "]":
        line += text.count("\n", counted, index)
        counted = index
        try:
            value, end = decoder.raw_decode(text, index)
        except _BROKEN as error:
            raise _broken_array(name, line, len(found) + 1, text, index, error) from error
        lines.append(line)
        found.append(value)
        index = _end_of_space(text, end)
        if text[index : index + 1] == ",":
            index = _end_of_space(text, index + 1)
        elif text[index : index + 1] != "]":
            problem = ValueError("',' or ']' expected")
            raise _broken_array(name, line, len(found), text, index, problem)
    if len(set(lines)) < len(lines):
        records.unit = "row"
        return list(enumerate(found, start=1))
    return list(zip(lines, found, strict=True))


def _first_line_is_a_row(text: str) -> bool:
    """JSON lines of pairs begin with "[" as well; an array on one line holds no second one."""
    first, _, rest = text.strip().partition("\n")
    if not rest.lstrip().startswith("["):
        return False
    try:
        return isinstance(json.loads(first), list)
    except _BROKEN:
        return False


def refuse_one_object(text: str, name: str) -> None:
    """Raise DataError for a single object over many lines: a document, not rows."""
    if looks_like_json_lines(text) or not text.lstrip().startswith("{"):
        return
    try:
        document = json.loads(text)
    except _BROKEN:
        return
    raise DataError(
        T("{name} holds one JSON object, not rows.",
          "{name} 是一个 JSON 对象，不是数据行。", name=name),
        T("Its keys: {keys}.", "它的键：{keys}。",
          keys=excerpt(", ".join(map(str, document)), 200)),
        T(
            'Give an array of objects, or one object a line: {"text": ..., "label": ...}',
            '请提供对象数组，或每行一个对象：{"text": ..., "label": ...}',
        ),
        code="data.one_object",
    )  # fmt: skip


def _end_of_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _not_json(line: str, error: Exception) -> Text:
    return T(
        'not JSON ({error}). First 40 characters: "{first}"',
        "不是 JSON（{error}）。前 40 个字符：“{first}”",
        error=_reason(error),
        first=excerpt(line),
    )


def _no_row(value: Any) -> Text:
    return T(
        "a JSON {kind} found, an object with a text and a label expected",
        "这里是 JSON {kind}，应为包含文本和标签的对象",
        kind=type(value).__name__,
    )


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]


def _broken_array(
    name: str, line: int, row: int, text: str, index: int, error: Exception
) -> DataError:
    return DataError(
        T("{name} line {line}: not valid JSON.", "{name} 第 {line} 行：不是有效的 JSON。",
          name=name, line=line),
        T('Row {row}: {error}. Found: "{found}"', "第 {row} 条：{error}。实际内容：“{found}”",
          row=row, error=_reason(error), found=excerpt(text[index : index + 80])),
        T("Give an array of objects, or one object a line (.jsonl).",
          "请提供对象数组，或每行一个对象（.jsonl）。"),
        code="data.json",
    )  # fmt: skip
