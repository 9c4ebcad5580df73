"""When to say that a context does not answer a question: learnt on the dev rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from paddle_lab.tasks.answer.scores import score
from paddle_lab.tasks.answer.spans import RowSpans


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
