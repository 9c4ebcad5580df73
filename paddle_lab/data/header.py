"""Whether the first row of a table names its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import folded
from paddle_lab.i18n import T, Text

Row = tuple[int, "list[str] | Text"]

_LONGEST_NAME: Final = 40
_FEW: Final = 3
_ENOUGH_ROWS: Final = 20
_SHORT: Final = 14
_SHORT_ASCII: Final = 24
_ENDS: Final = "?？:：*"
_NEARLY_ALL: Final = 0.95
_MOSTLY_DIFFERENT: Final = 0.5
_FEW_VALUES: Final = 0.2
_SOME_VALUES: Final = 0.5
_MOSTLY: Final = 0.8
_SIGNS: Final = frozenset("，。！？；：、,.!?;:~…\"'“”")
_HEAD: Final = 200  # rows that are looked at first


def header_of(rows: Sequence[Row], asked: Iterable[str], known: frozenset[str]) -> list[str] | None:
    """The first of numbered rows, where :func:`is_header` says that it names the columns."""
    if not rows or isinstance(rows[0][1], Text):
        return None
    first = rows[0][1]
    others = [cells for _, cells in rows[1:_HEAD] if isinstance(cells, list)]
    if is_header(first, others, asked, known):
        return [cell.strip() for cell in first]
    return None


def odd_first_row(rows: Sequence[Row]) -> list[str] | None:
    """The first row, where it is like no other: a header of words that nobody has foreseen."""
    if not rows or isinstance(rows[0][1], Text):
        return None
    first = rows[0][1]
    # A first look at some rows spares the rest for most files.
    some = [cells for _, cells in rows[1 : _HEAD + 1] if isinstance(cells, list)]
    if not unlike_rows(first, some):
        return None
    others = [cells for _, cells in rows[1:] if isinstance(cells, list)]
    return [cell.strip() for cell in first] if unlike_rows(first, others) else None


def taken_as_header(header: Sequence[str], sep: str) -> Text:
    """What to tell of it."""
    return T(
        "The first line is taken as the header, since it is like no other: {names}. If it is a "
        "row, write a header above it: text{sep}label",
        "第一行与其他行都不同，按表头处理：{names}。"
        "如果它是数据，请在其上方加一行表头：text{sep}label",
        names=excerpt(", ".join(header), 120),
        sep={"\t": "<TAB>"}.get(sep, sep),
    )


def is_header(
    first: list[str], others: list[list[str]], given: Iterable[str], known: frozenset[str]
) -> bool:
    """Whether the first row names the columns of the ``others``.

    It does when it holds a name that was asked for (``given``); or when it is made of short
    different words, no numbers, and holds one of the ``known`` names that is no value of its column
    (a class may well be called "question"), or heads a column that is otherwise all numbers.
    """
    names = [folded(cell) for cell in first]
    if any(folded(name) in names for name in given if not name.isdecimal()):
        return True
    plain = all(len(name) <= _LONGEST_NAME and not _is_number(name) for name in names)
    if len(names) < 2 or len(set(names)) < len(names) or not plain:
        return False
    rows = [row for row in others if len(row) == len(first)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(first)
    return any(
        (name in known and cell not in column)
        or (len(column) >= _FEW and all(map(_is_number, column)))
        for name, cell, column in zip(names, first, columns, strict=True)
    )


def unlike_rows(first: list[str], others: list[list[str]]) -> bool:
    """Whether a first row of unknown words heads the ``others``, since it is like none of them.

    All its cells are short, without punctuation, and no value of their column; one stands over a
    column of few values that each repeat (or of lists of some, which it is no piece of), another
    over texts that are nearly all longer.
    """
    rows = [row for row in others if len(row) == len(first)]
    if len(rows) < _ENOUGH_ROWS or len(set(first)) < len(first):
        return False
    if not all(map(_may_name, first)):
        return False
    if any(map(_is_number, first)):
        return False
    columns = list(zip(*rows, strict=True))
    if any(cell in column for cell, column in zip(first, columns, strict=True)):
        return False
    classes = [_is_class(cell, column) for cell, column in zip(first, columns, strict=True)]
    texts = [
        sum(_is_longer(value, cell) for value in column) >= _NEARLY_ALL * len(column)
        and len(set(column)) > _MOSTLY_DIFFERENT * len(column)
        for cell, column in zip(first, columns, strict=True)
    ]
    return any(classes) and any(texts)


def _is_longer(value: str, cell: str) -> bool:
    """Whether a value is more than a name above it: in Chinese below Latin letters it always is."""
    return len(value) > len(cell) or (cell.isascii() and not value.isascii())


def _may_name(cell: str) -> bool:
    """Whether a cell is short and reads like a name: in words, perhaps with a mark at its end."""
    name = cell.strip().rstrip(_ENDS)
    longest = _SHORT_ASCII if name.isascii() else _SHORT
    return 0 < len(name) <= longest and not _SIGNS & set(name)


def _is_class(cell: str, column: tuple[str, ...]) -> bool:
    """Whether few values stand below ``cell``, nearly all of them more than once."""
    counts = Counter(column)
    if all(map(_is_number, counts)):
        return False
    if len(counts) <= _FEW_VALUES * len(column) and min(counts.values()) > 1:
        return True
    repeated = sum(times for times in counts.values() if times > 1)
    lists = len(counts) <= _SOME_VALUES * len(column) and repeated >= _MOSTLY * len(column)
    return lists and not any(cell in value for value in counts)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
