"""Where a table keeps its labels, and how: columns of 0/1, lists, vectors, or text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.cells import label_of
from paddle_lab.data.columns import SAMPLE, like_text, sample_values, shown
from paddle_lab.data.names import folded
from paddle_lab.data.records import Records
from paddle_lab.tasks.multilabel.cells import (
    as_list,
    bit_of,
    bits_of,
    distinct_in_row,
    is_blank,
    is_word_bit,
    vector_items,
)
from paddle_lab.tasks.multilabel.separators import Separator, find_separator

# A column so called is the label, whatever stands beside it; "rating" or "topic" may be one of
# several 0/1 columns.
_PLAIN_NAMES: Final = frozenset(
    {"label", "labels", "class", "category", "target", "标签", "类别", "分类"}
)
_REPEATING: Final = 0.5
_FEW_ROWS: Final = 20
_TWICE: Final = 0.2
_MOST_COLUMNS: Final = 200
_FEW_VALUES: Final = 0.2


@dataclass(frozen=True)
class Lists:
    """What the list cells of a column say: rows with a list, and with several labels."""

    rows: int
    several: int
    repeating: bool


def one_hot_columns(records: Records, taken: Mapping[str, int]) -> list[int]:
    """Indices of two or more columns that hold 0 and 1 alone; empty where a label has its own.

    ``taken`` are columns that are known to be something else, by role. Columns of yes and no in
    words may say anything of a row: beside a class they are no labels.
    """
    if records.width < 3 or "label" in taken:
        return []
    if any(folded(name) in _PLAIN_NAMES for name in records.header or []):
        return []
    found = [
        index
        for index in range(records.width)
        if index not in taken.values() and _is_binary(records, index)
    ]
    if len(found) < 2:
        return []
    in_words = any(is_word_bit(row[index]) for row in records.cells[:SAMPLE] for index in found)
    return [] if in_words and _class_among(records, {*found, *taken.values()}) else found


def _class_among(records: Records, but: set[int]) -> bool:
    """Whether another column has few values, each more than once."""
    for index, values in enumerate(sample_values(records)):
        kinds = len(set(values))
        if index not in but and 1 < kinds <= _FEW_VALUES * len(values):
            return True
    return False


def _is_binary(records: Records, index: int) -> bool:
    cells = [row[index] for row in records.cells[:SAMPLE]]
    if any(bit_of(cell) is None for cell in cells):
        return False
    return any(not is_blank(cell) for cell in cells)


def list_column(records: Records, taken: Mapping[str, int]) -> int | None:
    """The one column whose cells are lists of labels; None where there is none, or several."""
    found = [
        index
        for index in range(records.width)
        if index not in taken.values() and (lists := lists_in(records, index)) and lists.repeating
    ]
    return found[0] if len(found) == 1 else None


def lists_in(records: Records, index: int) -> Lists | None:
    """What the list cells of a column say; None where it has hardly any, or they are no labels.

    Labels are single values, hardly ever twice in a row, and are met again in other rows; they are
    not the words of a text.
    """
    rows = records.cells[:SAMPLE]
    lists = [items for row in rows if (items := as_list(row[index])) is not None]
    if not lists or all(_are_words_of(as_list(row[index]) or [], row) for row in rows):
        return None
    counts: Counter[str] = Counter()
    twice = 0
    for items in lists:
        if any(isinstance(item, (list, tuple, Mapping)) for item in items):
            return None
        twice += not distinct_in_row(items) and not _is_vector(items)
        counts.update(map(shown, items))
    if twice > _TWICE * len(lists):
        return None
    repeating = len(lists) < _FEW_ROWS or len(counts) <= _REPEATING * counts.total()
    return Lists(len(lists), sum(len(items) > 1 for items in lists), repeating)


def _are_words_of(items: Sequence[Any], row: Sequence[Any]) -> bool:
    """Whether the items put together are a text of the row."""
    joined = "".join(map(shown, items))
    return any(isinstance(cell, str) and "".join(cell.split()) == joined for cell in row)


def _is_vector(items: Sequence[Any]) -> bool:
    return bits_of(list(items)) is not None


def vector_width(cells: Sequence[Any]) -> int | None:
    """How many 0 and 1 each cell holds, where all are lists of equally many, some repeated."""
    items: list[list[Any]] = []
    for cell in cells:
        if is_blank(cell):
            continue
        found = vector_items(cell)
        if found is None:  # as of nearly all data: no further cell is looked at
            return None
        items.append(found)
    widths = set(map(len, items))
    if len(widths) != 1 or widths <= {0, 1} or any(bits_of(cell) is None for cell in cells):
        return None
    # [0, 1] in every row may be two labels called 0 and 1; [0, 1, 1] cannot.
    if all(map(distinct_in_row, items)):
        return None
    return widths.pop()


def text_cells(cells: Sequence[Any]) -> list[str]:
    """The cells that are no lists, as text."""
    labels = [label_of(cell) for cell in cells if not is_blank(cell) and as_list(cell) is None]
    return [label for label in labels if isinstance(label, str)]


def separator_in(records: Records, index: int) -> Separator | None:
    """The separator of a column's first cells; None for vectors of 0 and 1."""
    cells = [row[index] for row in records.cells[:SAMPLE]]
    if vector_width(cells) is not None:
        return None
    return find_separator(text_cells(cells))


def by_shape(records: Records, found: Mapping[str, int]) -> dict[str, int]:
    """Indices of the text and the label column, what is ``found`` kept.

    The text is the longest of the columns of different sentences; the label has lists, else cells
    that a separator surely splits, else the fewest different values. It is one of the first columns
    that are left: all of a very wide table are not looked into.
    """
    values = sample_values(records)
    free = [index for index in range(records.width) if index not in found.values()]
    chosen = dict(found)
    if "text" not in chosen:
        texts = [index for index in free if like_text(values[index])]
        chosen["text"] = max(texts or free, key=lambda index: sum(map(len, values[index])))
        free.remove(chosen["text"])
    if "label" not in chosen:
        chosen["label"] = min(
            free[:_MOST_COLUMNS], key=lambda index: _rank(records, index, values[index])
        )
    return chosen


def class_beside(records: Records, found: Mapping[str, int], label: int) -> bool:
    """Whether a column besides ``label`` and those found has few values, each more than once."""
    taken = {label, *found.values()}
    if "text" not in found:
        taken.add(by_shape(records, {**found, "label": label})["text"])
    return _class_among(records, taken)


def _rank(records: Records, index: int, values: Sequence[str]) -> tuple[bool, bool, bool, int, int]:
    separator = separator_in(records, index)
    kinds = len(set(values))
    return (
        lists_in(records, index) is None,
        separator is None or not separator.certain,
        kinds < 2,
        kinds,
        index,
    )
