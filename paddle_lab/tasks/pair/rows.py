"""Two texts and a label from a table."""

from __future__ import annotations

from typing import Final

from paddle_lab.data.cells import label_of, whole
from paddle_lab.data.columns import column_names, sample_values
from paddle_lab.data.names import LABEL_NAMES
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.pair import problems
from paddle_lab.tasks.pair.triples import read_triples, triple_columns
from paddle_lab.tasks.pair_columns import (
    FIRST_NAMES,
    SECOND_NAMES,
    TEXT,
    TEXT2,
    Shape,
    are_document,
    enough_rows,
    named_pair,
    numbers_in,
    pair_of,
    shape_of,
    two_texts,
)

ROLES: Final = (
    Role(TEXT, T("first text", "第一条文本"), FIRST_NAMES),
    Role(TEXT2, T("second text", "第二条文本"), SECOND_NAMES),
)
TARGET: Final = Role("label", T("label", "标签"), ("label", "labels", *LABEL_NAMES))
LABEL: Final = TARGET.name
#: How OCNLI and CMNLI mark a row whose annotators did not agree.
_NO_AGREEMENT: Final = "-"


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Pairs with a label each, and the rows that lack one of the three. Raises DataError."""
    triple = triple_columns(records, reading)
    if triple is not None:
        return read_triples(records, reading, triple)
    columns, guessed = choose_columns(records, reading)
    read = RowsRead({TEXT: [], TEXT2: []}, columns=column_names(records, columns), guessed=guessed)
    for line, cells in zip(records.lines, records.cells, strict=True):
        texts, label = (
            pair_of(cells, columns[TEXT], columns[TEXT2]),
            label_of(cells[columns[LABEL]]),
        )
        if isinstance(texts, Text):
            read.bad.append((line, texts))
        elif isinstance(label, Text):
            read.bad.append((line, label))
        elif label == _NO_AGREEMENT:
            read.bad.append((line, problems.no_agreement()))
        else:
            read.add(line, texts, whole(label))
    return read


def recognise(records: Records) -> Recognition | None:
    """Certain of two columns of texts beside one of few classes, and of named triples.

    Possible where there are two or three columns of texts and no class: no task can learn from
    them, and this one says why.
    """
    reading = Reading("data")
    if triple_columns(records, reading) is not None:
        return "certain"
    try:
        found = named_pair(records, reading, ROLES, TARGET)
    except DataError:
        return None
    by_name = TEXT in found and TEXT2 in found
    shape = shape_of(records, list(found.values()))
    found = two_texts(records, found, shape)
    if TEXT not in found or TEXT2 not in found:
        return "possible" if len(shape.texts) == 3 and not shape.classes else None
    if not by_name and are_document(records, (found[TEXT], found[TEXT2])):
        return None
    return _by_target(records, found.get(LABEL), shape, by_name)


def _by_target(
    records: Records, label: int | None, shape: Shape, by_name: bool
) -> Recognition | None:
    """What two columns of texts are, by what stands beside them."""
    if label is not None:
        return None if _are_scores(records, label) else "certain"
    if shape.classes and not shape.scores:
        return "certain"
    bare = not shape.classes and not shape.scores and not shape.counts
    return "possible" if bare and (by_name or enough_rows(records)) else None


def choose_columns(records: Records, reading: Reading) -> tuple[dict[str, int], bool]:
    """Indices of both texts and the label, and whether their shape alone told one of them.

    Raises DataError when one cannot be told, when there are no labels, or scores in their place.
    """
    found = named_pair(records, reading, ROLES, TARGET)
    if LABEL in found and _are_scores(records, found[LABEL]):
        raise problems.scores(records, reading.name, found[LABEL])
    guessed = len(found) < 3
    shape = shape_of(records, list(found.values()))
    if LABEL not in found:
        label = _label_by_shape(records, shape)
        if label is not None:
            found[LABEL] = label
    found = two_texts(records, found, shape)
    if LABEL in found:
        found = _short_texts(records, found)
    if TEXT not in found or TEXT2 not in found:
        if len(shape.texts) >= 3 and LABEL not in found:
            raise problems.three_texts(records, reading.name, ROLES, TARGET)
        raise problems.no_pair(records, reading.name, ROLES, TARGET)
    if LABEL not in found:
        if shape.scores or shape.counts:
            raise problems.scores(records, reading.name, (shape.scores or shape.counts)[0])
        raise problems.unlabelled(records, reading.name, ROLES, TARGET)
    if not any(label_is_there(cells[found[LABEL]]) for cells in records.cells):
        raise problems.unlabelled(records, reading.name, ROLES, TARGET)
    return found, guessed


def label_is_there(cell: object) -> bool:
    """Whether a cell holds a label."""
    return not isinstance(label_of(cell), Text)


def _label_by_shape(records: Records, shape: Shape) -> int | None:
    """The column of the fewest classes; None where no column has few."""
    values = sample_values(records)
    return min(
        shape.classes, key=lambda index: (len(set(values[index])) < 2, len(set(values[index]))),
        default=None,
    )  # fmt: skip


def _short_texts(records: Records, found: dict[str, int]) -> dict[str, int]:
    """Texts too short to look like ones: what is left when the label is known, if that is enough.

    Columns of numbers alone, or that hold nothing, are never taken.
    """
    missing = [role for role in (TEXT, TEXT2) if role not in found]
    values = sample_values(records)
    free = [
        index
        for index in range(records.width)
        if index not in found.values()
        and any(value.strip() for value in values[index])
        and numbers_in([value for value in values[index] if value.strip()]) is None
    ]
    if not missing or len(free) != len(missing):
        return found
    return {**found, **dict(zip(missing, free, strict=True))}


def _are_scores(records: Records, index: int) -> bool:
    """Whether a column holds numbers with fractions: a score, not a class."""
    filled = [value.strip() for value in sample_values(records)[index] if value.strip()]
    numbers = numbers_in(filled)
    return numbers is not None and not all(map(float.is_integer, numbers))
