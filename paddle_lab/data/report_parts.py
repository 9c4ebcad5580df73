"""Parts of the data report beside its figures: rows as they were read, and how long rows are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.schema import RowSchema
from paddle_lab.text.short import cut

SAMPLES: Final = 2
_CHARACTERS: Final = 200  # of a text that is kept
_BINS: Final = 8
_SPECIAL: Final = 2  # tokens around a text


@dataclass(frozen=True)
class SampleRow:
    """A row as it was read: what it ``given`` by role, its target in words, cut short.

    ``line`` is where it stands, in lines or rows (``unit``), from 1.
    """

    line: int
    unit: str
    given: dict[str, str]
    target: str


@dataclass(frozen=True)
class Lengths:
    """Rows by their characters: ``counts[i]`` have ``edges[i]`` to below ``edges[i + 1]``.

    ``limit`` is the most characters that fit into the model's tokens, roughly: one of the edges
    where some rows are longer.
    """

    edges: list[int]
    counts: list[int]
    limit: int


def sample_rows(schema: RowSchema, part: Dataset) -> list[SampleRow]:
    """The first row, and the first of another class, type or range; else the first two."""
    if not len(part):
        return []
    first = list(schema.counted(part.targets[0]))
    others = (n for n in range(1, len(part)) if list(schema.counted(part.targets[n])) != first)
    second = next(others, 1)
    return [_sample(schema, part, row) for row in (0, second) if row < len(part)]


def _sample(schema: RowSchema, part: Dataset, row: int) -> SampleRow:
    given = {role: values[row] for role, values in part.given.items()}
    line = part.lines[row]
    return SampleRow(
        row + 1 if line is None else line,
        "row" if line is None or "files" in part.provenance else part.unit,
        {role: cut(str(value), _CHARACTERS) for role, value in given.items()},
        cut(schema.target_text(given, part.targets[row]), _CHARACTERS),
    )


def lengths_of(sizes: Sequence[int], max_len: int) -> Lengths:
    """The histogram of ``sizes``, which are sorted; few long rows share the last bin."""
    longest, usual = sizes[-1], sizes[(99 * (len(sizes) - 1)) // 100]
    step = _round_step(max(1, usual / _BINS))
    edges = list(range(0, usual + 1, step))
    limit = max(1, max_len - _SPECIAL)
    if limit < longest:
        edges = sorted({*edges, limit + 1})
    edges.append(longest + 1)
    places = [bisect_left(sizes, edge) for edge in edges]
    counts = [end - start for start, end in pairwise(places)]
    # Bins below the shortest row say nothing.
    empty = next((n for n, count in enumerate(counts) if count), 0)
    return Lengths(edges[empty:], counts[empty:], limit)


def _round_step(least: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10
