"""From which probability a label is given: chosen on dev rows.

One threshold for all labels, and one of its own for a label with enough dev rows, if that pays on
rows that did not choose it. A model that was trained for long has its best threshold near 0.5; one
that was trained little has it far below, and loses half of its labels there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.multilabel.codec import HALF, BoolArray, Probabilities

#: Rows of a label in dev from which it may have a threshold of its own.
ENOUGH_ROWS: Final = 50
GRID: Final = tuple(round(0.02 * step, 2) for step in range(1, 50))
_FOLDS: Final = 2


@dataclass(frozen=True)
class Chosen:
    """Thresholds of all labels, and whether some have one of their own."""

    thresholds: list[float]
    own: bool = False


def choose_thresholds(probabilities: Probabilities, gold: BoolArray) -> Chosen:
    """The thresholds of best micro F1 on these rows [rows, labels].

    Labels get one of their own when that gives a better micro F1 on halves of the rows that had no
    part in choosing it.
    """
    shared = best_threshold(probabilities, gold)
    labels = gold.shape[1]
    common = [shared] * labels
    if labels < 2 or not (gold.sum(axis=0) >= ENOUGH_ROWS).any():
        return Chosen(common)
    rows = np.arange(len(gold))
    one = many = 0.0
    for fold in range(_FOLDS):
        held = rows % _FOLDS == fold
        there, here = (probabilities[~held], gold[~held]), (probabilities[held], gold[held])
        limit = best_threshold(*there)
        one += _f1(here[0] >= limit, here[1])
        many += _f1(here[0] >= np.asarray(_own(*there, limit, ENOUGH_ROWS // _FOLDS)), here[1])
    if many <= one:
        return Chosen(common)
    return Chosen(_own(probabilities, gold, shared, ENOUGH_ROWS), own=True)


def best_threshold(probabilities: Probabilities, gold: BoolArray) -> float:
    """The threshold of :data:`GRID` with the best micro F1; of equals that nearest to 0.5."""
    if not gold.any():
        return HALF
    scores = [_f1(probabilities >= limit, gold) for limit in GRID]
    return max(zip(scores, GRID, strict=True), key=lambda pair: (pair[0], -abs(pair[1] - HALF)))[1]


def _own(probabilities: Probabilities, gold: BoolArray, shared: float, least: int) -> list[float]:
    """The shared threshold, but for labels with ``least`` rows the one that is best for micro F1.

    Each label is chosen in turn with the others as they are, so that it is the F1 of all labels
    that rises and not that of one at the cost of the rest.
    """
    limits = [shared] * gold.shape[1]
    chosen = probabilities >= shared
    right = (chosen & gold).sum(axis=0).astype(np.int64)
    given = chosen.sum(axis=0).astype(np.int64)
    total = int(gold.sum())
    for label in np.flatnonzero(gold.sum(axis=0) >= least).tolist():
        options = _counts(probabilities[:, label], gold[:, label])
        others_right = int(right.sum() - right[label])
        others_given = int(given.sum() - given[label])
        f1 = 2 * (others_right + options[:, 0]) / (others_given + options[:, 1] + total)
        at_shared = f1[GRID.index(shared)]
        best = int(np.lexsort((-np.abs(np.array(GRID) - shared), f1))[-1])
        if f1[best] > at_shared:
            limits[label] = GRID[best]
            right[label], given[label] = options[best]
    return limits


def _counts(values: npt.NDArray[np.float64], gold: npt.NDArray[np.bool_]) -> IntArray:
    """Right and given [thresholds, 2] of one label at each threshold of the grid."""
    chosen = values[None, :] >= np.array(GRID)[:, None]
    found: IntArray = np.stack([(chosen & gold).sum(axis=1), chosen.sum(axis=1)], axis=1)
    return found


def _f1(chosen: BoolArray, gold: BoolArray) -> float:
    """Micro F1; plain arithmetic, since it is needed for every threshold."""
    together = int(chosen.sum()) + int(gold.sum())
    return 2 * int((chosen & gold).sum()) / together if together else 0.0
