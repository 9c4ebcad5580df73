"""Ways to answer the same pairs, and the figures that they are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.scores import macro_f1


@dataclass(frozen=True)
class Arm:
    """Answers of one way: class indices [rows], and a score for each class [rows, labels]."""

    predicted: IntArray
    scores: npt.NDArray[Any]

    @classmethod
    def of(cls, scores: npt.NDArray[Any]) -> Arm:
        """The class of the highest score."""
        return cls(scores.argmax(axis=1).astype(np.int64), scores)


@dataclass(frozen=True)
class Figures:
    """Accuracy, macro F1 and AUC of one way; ``always`` is the class that it gives to all rows."""

    accuracy: float
    macro_f1: float
    auc: float
    always: int | None = None


def figures_of(gold: IntArray, arm: Arm) -> Figures:
    """The figures against class indices [rows], which are at least one."""
    kinds = np.unique(arm.predicted)
    varied = len(np.unique(gold)) > 1
    return Figures(
        float((arm.predicted == gold).mean()),
        macro_f1(gold, arm.predicted),
        auc(gold, arm.scores),
        int(kinds[0]) if len(kinds) == 1 and varied else None,
    )


def auc(gold: IntArray, scores: npt.NDArray[Any]) -> float:
    """Area under the ROC curve; of more than two classes the mean of each against the rest.

    Scores of a row may be of any scale, since only their order counts: of two classes that of their
    difference. Classes that do not occur in ``gold`` are left out; NaN where only one does.
    """
    from sklearn.metrics import roc_auc_score

    present: Sequence[int] = np.unique(gold).tolist()
    if len(present) < 2:
        return float("nan")
    if scores.shape[1] == 2:
        return float(roc_auc_score(gold == 1, scores[:, 1] - scores[:, 0]))
    return float(np.mean([roc_auc_score(gold == one, scores[:, one]) for one in present]))
