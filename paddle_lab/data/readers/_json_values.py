"""JSON values with the lines on which they begin, for readers of JSON formats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from paddle_lab.data.readers.json_rows import (
    is_array,
    looks_like_json_lines,
    refuse_one_object,
    values_of_array,
    values_of_lines,
)
from paddle_lab.data.records import Records

_HEAD_OBJECTS: Final = 200
_HEAD_CHARACTERS: Final = 4_000_000
_SOMETHING: Final = re.compile(r"\S")
_BETWEEN: Final = re.compile(r"[ \t\r\n,]*")
_BROKEN: Final = (ValueError, RecursionError)


def json_values(text: str, name: str, records: Records) -> Iterator[tuple[int, Any]]:
    """All values of a JSON array or of JSON lines; lines that are no JSON go to ``records.bad``.

    Raises DataError for a broken array, and for one object over many lines.
    """
    if is_array(text):
        return iter(values_of_array(text, name, records))
    refuse_one_object(text, name)
    return values_of_lines(text, records)


def is_object_a_line(text: str) -> bool:
    """Whether the first line that is not empty is an object, and something stands below it."""
    if not looks_like_json_lines(text):
        return False
    end = text.find("\n", text.index("{"))
    return end >= 0 and _SOMETHING.search(text, end) is not None


def head_objects(text: str) -> list[dict[str, Any]]:
    """The first objects of an array or of lines; the text may end anywhere."""
    decoder = json.JSONDecoder()
    text = text[:_HEAD_CHARACTERS]
    start = _after_space(text, 0)
    if text[start : start + 1] not in ("{", "["):
        return []
    position = start + 1 if text[start] == "[" and is_array(text) else start
    found: list[dict[str, Any]] = []
    while len(found) < _HEAD_OBJECTS:
        position = _after_space(text, position)
        try:
            value, position = decoder.raw_decode(text, position)
        except _BROKEN:
            break
        if isinstance(value, dict):
            found.append(value)
    return found


def _after_space(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position
