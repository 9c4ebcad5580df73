"""Confident learning: which labels do probabilities of rows contradict that were not learnt from?

After C. Northcutt, L. Jiang and I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels" (JAIR 70, 2021). Each class has a threshold: the mean probability that its own rows are
given of it, at most 0.9: where a model is all but certain of a class, its mean would be reached by
no other row. A row counts for the most probable class among those whose threshold it reaches; where
that is not its label, the label is likely wrong. Rows are ranked by their margin: the probability
of the label less that of the most probable other class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray

_SURE: Final = 0.9

Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contradictions:
    """For each row: whether its label is ``likely_wrong``, what is ``suggested``, its ``margin``.

    ``suggested`` are class indices, the most probable other class where nothing contradicts;
    margins are from -1 to 1, low where the label is improbable. ``order`` are the rows from the
    most likely wrong on.
    """

    likely_wrong: BoolArray
    suggested: IntArray
    margin: Floats
    order: IntArray


def find_contradictions(
    probabilities: Floats, given: IntArray, known: BoolArray | None = None
) -> Contradictions:
    """Where ``probabilities`` [rows, classes] contradict the labels ``given`` [rows].

    ``known`` says of each row whether its class could be learnt at all; others come last.
    """
    rows = np.arange(len(given))
    classes = probabilities.shape[1]
    own = probabilities[rows, given]
    judged = np.ones(len(given), np.bool_) if known is None else known
    others = probabilities.copy()
    others[rows, given] = -1.0
    best_other = others.argmax(axis=1)
    margin = own - others[rows, best_other]
    sums = np.bincount(given[judged], own[judged], classes)
    counts = np.bincount(given[judged], minlength=classes)
    means = np.minimum(sums / np.maximum(counts, 1), _SURE)
    thresholds = np.where(counts > 0, means, np.inf)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    counted = reached.argmax(axis=1)
    wrong = judged & (reached[rows, counted] >= 0) & (counted != given)
    suggested = np.where(wrong, counted, best_other)
    order = np.lexsort((margin, ~wrong, ~judged))
    return Contradictions(wrong, suggested, margin, order)
