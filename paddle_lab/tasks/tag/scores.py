"""Precision, recall and F1 of whole spans, by seqeval in its strict mode, and counts by row."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.tag.spans import Span, character_tags

Spans = Sequence[Sequence[Span]]


@dataclass(frozen=True)
class Score:
    """Figures of one type, or of all together; ``spans`` are those expected."""

    precision: float
    recall: float
    f1: float
    spans: int

    def figures(self) -> tuple[float | None, ...]:
        """Precision, recall, F1 as tables show them: None where no span was expected."""
        values = (self.precision, self.recall, self.f1)
        return tuple(round(value, 4) if self.spans else None for value in values)


def score_spans(
    texts: Sequence[str], gold: Spans, found: Spans, types: Sequence[str]
) -> tuple[Score, dict[str, Score]]:
    """The micro average over all spans, and each type's own figures.

    A span counts as found when start, end and type are exactly right; 0 where nothing counts.
    """
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    if not any(gold) and not any(found):
        return Score(0.0, 0.0, 0.0, 0), {label: Score(0.0, 0.0, 0.0, 0) for label in types}
    # seqeval cuts names at hyphens: types go by number.
    number = {label: f"{index:05d}" for index, label in enumerate(types)}
    expected, answered = (
        [
            character_tags([Span(s, e, number[label]) for s, e, label in row], len(text))
            for text, row in zip(texts, spans, strict=True)
        ]
        for spans in (gold, found)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of types that nobody found: 0, as asked for
        columns = precision_recall_fscore_support(
            expected, answered, average=None, zero_division=0, scheme=IOB2
        )
        micro = precision_recall_fscore_support(
            expected, answered, average="micro", zero_division=0, scheme=IOB2
        )
    present = sorted({number[span.label] for rows in (gold, found) for row in rows for span in row})
    of_type = {
        name: Score(float(p), float(r), float(f), int(n))
        for name, p, r, f, n in zip(present, *columns, strict=True)
    }
    nothing = Score(0.0, 0.0, 0.0, 0)
    by_type = {label: of_type.get(number[label], nothing) for label in types}
    total = sum(len(row) for row in gold)
    return Score(float(micro[0]), float(micro[1]), float(micro[2]), total), by_type


def counts(gold: Spans, found: Spans) -> IntArray:
    """Of each row [rows, 3]: spans that were found, given wrongly, and missed."""
    both = (len(set(right) & set(given)) for right, given in zip(gold, found, strict=True))
    return np.array(
        [
            (hits, len(given) - hits, len(right) - hits)
            for hits, right, given in zip(both, gold, found, strict=True)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
