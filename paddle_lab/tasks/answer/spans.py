"""The best spans of a context, by the logits of where an answer begins and where it ends."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from paddle_lab.tasks.answer.likeness import Array, likeness
from paddle_lab.tasks.codec import FloatArray, IntArray, Outputs, Rows, Windows

CONTEXT: Final = 1  # the second text of a pair
#: Spans kept of each window; a longer list is cut.
KEPT: Final = 20


@dataclass(frozen=True)
class Preferences:
    """What counts beside the model's probabilities when spans are ranked.

    ``likeness`` is added in proportion to how like the question a span's sentence is (0 to 1,
    :mod:`~paddle_lab.tasks.answer.likeness`), ``brevity`` taken off for each character.
    """

    likeness: float = 0.0
    brevity: float = 0.0


NONE: Final = Preferences()


@dataclass(frozen=True)
class Span:
    """Characters of the context, the end exclusive.

    ``log_probability`` is the model's, ``score`` what spans are ranked by: with preferences.
    """

    start: int
    end: int
    score: float
    log_probability: float = 0.0


@dataclass(frozen=True)
class RowSpans:
    """The best spans of one row, best first, and ``null``: the score of "no answer here".

    Each window gives its first token's score, which says that the answer is not in it; the row's is
    the lowest of them.
    """

    spans: Sequence[Span]
    null: float

    @property
    def doubt(self) -> float:
        """How much likelier no answer is than the best one; infinite when there is no span."""
        return self.null - self.spans[0].score if self.spans else float("inf")


def row_spans(
    rows: Rows,
    windows: Windows,
    outputs: Outputs,
    longest: int,
    preferences: Preferences = NONE,
    only: Container[int] | None = None,
) -> list[RowSpans]:
    """The best spans of every row, of at most ``longest`` characters, over all of its windows.

    ``only``: rows to look at; the others have no spans.
    """
    assert windows.offsets is not None and windows.sequence is not None
    count = len(windows.empty)
    found: list[dict[tuple[int, int], Span]] = [{} for _ in range(count)]
    nulls = [float("inf")] * count
    alike: dict[int, Array] = {}
    for index, owner in enumerate(windows.owner.tolist()):
        if only is not None and owner not in only:
            continue
        tokens = np.flatnonzero(windows.sequence[index] == CONTEXT)
        start = log_shares(outputs["start_logits"][index], tokens)
        end = log_shares(outputs["end_logits"][index], tokens)
        nulls[owner] = min(nulls[owner], float(start[0] + end[0]))
        offsets = windows.offsets[index][tokens]
        added = np.zeros(len(tokens))
        if preferences.likeness and len(tokens):
            if owner not in alike:
                alike = {owner: likeness(rows["question"][owner], rows["context"][owner])}
            added = preferences.likeness * alike[owner][offsets[:, 0]]
        for span in _best(start[1:], end[1:], added, offsets, longest, preferences.brevity):
            key = (span.start, span.end)
            # Windows overlap: a span that stands in two counts by the better one.
            if key not in found[owner] or found[owner][key].score < span.score:
                found[owner][key] = span
    return [
        RowSpans(_ordered(spans.values()), null) for spans, null in zip(found, nulls, strict=True)
    ]


def log_shares(logits: FloatArray, tokens: IntArray) -> Array:
    """Logarithms of the probabilities of the first token and of the context's ``tokens``.

    The question, the separators and the padding can be no answer.
    """
    values = logits[np.concatenate(([0], tokens))].astype(np.float64)
    values -= values.max()
    result: Array = values - np.log(np.exp(values).sum())
    return result


def _best(
    start: Array, end: Array, added: Array, offsets: IntArray, longest: int, brevity: float
) -> list[Span]:
    """The :data:`KEPT` best spans of one window, in no order.

    ``added`` counts for all spans from a token on, ``brevity`` against each character.
    """
    count = len(offsets)
    if not count:
        return []
    # No token stands for less than a character, but for a few signs that become several tokens.
    width = min(count, 2 * longest)
    first = np.arange(count)[:, None]
    last = first + np.arange(width)[None, :]
    inside = last < count
    last = np.minimum(last, count - 1)
    sizes = offsets[last, 1] - offsets[first, 0]
    sums = start[first] + end[last]
    allowed = inside & (sizes > 0) & (sizes <= longest)
    scores = np.where(allowed, sums + added[first] - brevity * sizes, -np.inf)
    flat = scores.ravel()
    chosen = np.argpartition(-flat, min(KEPT, len(flat)) - 1)[:KEPT]
    return [
        Span(
            int(offsets[position // width, 0]),
            int(offsets[last.ravel()[position], 1]),
            float(flat[position]),
            float(sums.ravel()[position]),
        )
        for position in chosen.tolist()
        if np.isfinite(flat[position])
    ]


def _ordered(spans: Iterable[Span]) -> list[Span]:
    """Best first; of equal ones the earlier and shorter."""
    return sorted(spans, key=lambda span: (-span.score, span.start, span.end))[:KEPT]
