"""What is learnt on the dev rows: when to say that there is no answer, and what to prefer."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.tasks.answer.scores import score
from paddle_lab.tasks.answer.spans import NONE, Preferences, RowSpans

#: Preferences that are tried, the plainest first.
TRIED: Final = tuple(
    Preferences(likeness, brevity) for likeness in (0.0, 4.0, 8.0, 16.0) for brevity in (0.0, 0.1)
)
_MOST_ROWS: Final = 150  # to try them on
_LEAST_GAIN: Final = 0.005


def best_preferences(
    spans_with: Callable[[Preferences, Container[int]], Sequence[RowSpans]],
    contexts: Sequence[str],
    targets: Sequence[Mapping[str, Any]],
) -> Preferences:
    """Those with the best mean F1 of the first spans, on some of the rows that have an answer.

    Others than none must be worth half a point more than plainer ones.
    """
    rows = [row for row, target in enumerate(targets) if target["answers"]]
    if not rows:
        return NONE
    chosen = rows[:: -(-len(rows) // _MOST_ROWS)]
    best, best_f1 = NONE, -1.0
    for preferences in TRIED:
        found = spans_with(preferences, set(chosen))
        mean = float(np.mean([_f1(found[row], contexts[row], targets[row]) for row in chosen]))
        if mean > best_f1 + (_LEAST_GAIN if best_f1 >= 0 else 0):
            best, best_f1 = preferences, mean
    return best


def _f1(found: RowSpans, context: str, target: Mapping[str, Any]) -> float:
    right = [answer["text"] for answer in target["answers"]]
    text = context[found.spans[0].start : found.spans[0].end] if found.spans else None
    return score(text, right).f1


def best_threshold(
    found: Sequence[RowSpans], contexts: Sequence[str], targets: Sequence[Mapping[str, Any]]
) -> float:
    """The doubt above which "no answer" gives the best mean F1 on these rows.

    It lies half-way between two rows, so that a slight change of scores turns none of them. 0.0,
    which takes the likelier of the two, where there are no rows.
    """
    doubts: list[float] = []
    gains: list[float] = []
    for spans, context, target in zip(found, contexts, targets, strict=True):
        if not spans.spans:
            continue
        best = spans.spans[0]
        right = [answer["text"] for answer in target["answers"]]
        answered = score(context[best.start : best.end], right).f1
        doubts.append(spans.doubt)
        gains.append(answered - score(None, right).f1)
    if not doubts:
        return 0.0
    order = np.argsort(doubts, kind="stable")
    sorted_doubts = np.asarray(doubts)[order]
    # Position k: the k rows of least doubt are answered.
    totals = np.concatenate(([0.0], np.cumsum(np.asarray(gains)[order])))
    edges = np.concatenate(
        ([sorted_doubts[0] - 1], (sorted_doubts[1:] + sorted_doubts[:-1]) / 2,
         [sorted_doubts[-1] + 1])
    )  # fmt: skip
    parts = np.concatenate(([True], sorted_doubts[1:] > sorted_doubts[:-1], [True]))
    totals = np.where(parts, totals, -np.inf)
    # Of equal ones the one nearest to 0, the plain choice.
    best_total = totals.max()
    candidates = edges[totals >= best_total - 1e-9]
    return float(candidates[np.argmin(np.abs(candidates))])
