"""Which columns of a table are two texts, and which their target: by name, else by their shape.

For every task that reads two texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from paddle_lab.data.cells import text_of, whole
from paddle_lab.data.columns import ENOUGH_ROWS, named_columns, sample_values
from paddle_lab.data.names import PAIR_NAMES, TEXT_NAMES, folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Role
from paddle_lab.i18n import T, Text

#: Names of the columns of first and second texts, the surest first.
FIRST_NAMES: Final = tuple(dict.fromkeys(first for first, _ in PAIR_NAMES))
SECOND_NAMES: Final = tuple(dict.fromkeys(second for _, second in PAIR_NAMES))
TEXT, TEXT2 = "text", "text2"

_MOSTLY: Final = 0.9
_MOST_CLASSES: Final = 50
_SURE_CLASSES: Final = 10
# Parts of one document: a headline and its body are no two texts to compare.
_DOCUMENT: Final = (set(TEXT_NAMES) | {"keywords", "summary", "关键词"}) - set(FIRST_NAMES)


@dataclass(frozen=True)
class Shape:
    """What the columns look like that no name tells: indices by kind.

    ``texts`` are worded in nearly all rows, ``classes`` hold few different values, ``scores``
    numbers with fractions, ``counts`` whole numbers; a column of few whole numbers is one of
    ``classes`` too. Columns that hold nothing, or one value beside others that hold more, are left
    out.
    """

    texts: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


def shape_of(records: Records, taken: Sequence[int] = ()) -> Shape:
    """The kinds of the columns that are not ``taken``, by the first rows."""
    found = Shape()
    constant: list[int] = []
    lengths: dict[int, float] = {}
    worded: dict[int, bool] = {}
    for index, values in enumerate(sample_values(records)):
        filled = [value.strip() for value in values if value.strip()]
        if index in taken or not filled:
            continue
        lengths[index] = sum(map(len, filled)) / len(filled)
        worded[index] = _worded(filled) and len(filled) >= _MOSTLY * len(values)
        kinds = len(set(filled))
        numbers = numbers_in(filled)
        if numbers is not None and not all(map(float.is_integer, numbers)):
            found.scores.append(index)
            continue
        if numbers is not None:
            found.counts.append(index)
        if kinds == 1:
            constant.append(index)
        elif _few(kinds, len(filled)):
            found.classes.append(index)
        elif numbers is None and worded[index]:
            found.texts.append(index)
    # A query that stands beside many titles repeats like a class; it is the longer one.
    while len(found.texts) < 2 and len(found.classes) > 1:
        longest = max(found.classes, key=lambda index: lengths[index])
        if longest in found.counts or not worded[longest]:
            break
        found.classes.remove(longest)
        found.texts.append(longest)
    found.texts.sort()
    if len(lengths) == len(found.texts) + 1 and len(constant) == 1:
        found.classes.extend(constant)
    return found


def numbers_in(values: Sequence[str]) -> list[float] | None:
    """The values as numbers, where nearly all are; None where they are not."""
    found = [number for value in values if (number := number_of(value)) is not None]
    return found if found and len(found) >= _MOSTLY * len(values) else None


def number_of(value: str) -> float | None:
    """A finite number written as people write it; None for anything else."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in value else None


def named_pair(
    records: Records, reading: Reading, roles: Sequence[Role], target: Role
) -> dict[str, int]:
    """Indices by role of the columns that were asked for or have names that go together.

    ``sentence1`` names a first text only where there is a ``sentence2``. Raises DataError for a
    column that was asked for and is not there.
    """
    bare = [replace(role, names=()) for role in roles]
    found = named_columns(records, reading, bare, target)
    header = [folded(column) for column in records.header or []]
    for first, second in PAIR_NAMES:
        if first not in header or second not in header:
            continue
        columns_of_roles = {TEXT: header.index(first), TEXT2: header.index(second)}
        known = [role for role in columns_of_roles if found.get(role) == columns_of_roles[role]]
        if TEXT in found and TEXT2 in found:
            break
        if (TEXT in found or TEXT2 in found) and not known:
            continue
        for role, index in columns_of_roles.items():
            if index not in found.values():
                found.setdefault(role, index)
    return found


def two_texts(records: Records, found: dict[str, int], shape: Shape) -> dict[str, int]:
    """``found`` with both texts, where the shape leaves no doubt which they are."""
    missing = [role for role in (TEXT, TEXT2) if role not in found]
    texts = [index for index in shape.texts if index not in found.values()]
    if len(texts) != len(missing):
        return found
    return {**found, **dict(zip(missing, texts, strict=True))}


def are_document(records: Records, columns: Sequence[int]) -> bool:
    """Whether the columns are called as parts of one document are: title, content."""
    if records.header is None:
        return False
    return any(folded(records.header[index]) in _DOCUMENT for index in columns)


def enough_rows(records: Records) -> bool:
    """Whether there are rows enough to tell texts from names of classes."""
    return len(records.cells) >= ENOUGH_ROWS


def pair_of(cells: Sequence[Any], first: int, second: int) -> tuple[str, str] | Text:
    """Both texts of a row, or why there are none."""
    texts = text_of(cells[first]), text_of(cells[second])
    if isinstance(texts[0], Text):
        return T("the first text: {why}", "第一条文本：{why}", why=texts[0])
    if isinstance(texts[1], Text):
        return T("the second text: {why}", "第二条文本：{why}", why=texts[1])
    return whole(texts[0]), whole(texts[1])


def _few(kinds: int, rows: int) -> bool:
    """Whether so many different values in so many rows may be classes."""
    most = max(min(_SURE_CLASSES, rows // 2), min(_MOST_CLASSES, rows // 5))
    return kinds <= max(2, most) and kinds < rows


def _worded(values: Sequence[str]) -> bool:
    """Whether most values are phrases: a few characters of Chinese, or several words."""
    phrases = sum(len(value) >= 3 and (not value.isascii() or " " in value) for value in values)
    return 2 * phrases > len(values)
