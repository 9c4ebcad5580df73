"""Figures of predicted labels against the right ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import FloatArray, IntArray
from paddle_lab.tasks.multilabel.codec import BoolArray


def counts(gold: BoolArray, predicted: BoolArray) -> IntArray:
    """Labels found, wrongly given and missed in each row [rows, 3]."""
    columns = (gold & predicted, ~gold & predicted, gold & ~predicted)
    found: IntArray = np.stack([column.sum(axis=1) for column in columns], axis=1).astype(np.int64)
    return found


def micro_f1(gold: BoolArray, predicted: BoolArray) -> float:
    """F1 of all labels of all rows together; 0 where none is right."""
    from sklearn.metrics import f1_score

    if not gold.size:
        return 0.0
    return float(f1_score(gold.ravel(), predicted.ravel(), average="binary", zero_division=0.0))


def macro_f1(gold: BoolArray, predicted: BoolArray) -> float:
    """The mean F1 of the labels that occur in ``gold``; NaN where none does."""
    occurring = gold.any(axis=0)
    if not occurring.any():
        return float("nan")
    return float(by_label(gold[:, occurring], predicted[:, occurring])[2].mean())


def by_label(gold: BoolArray, predicted: BoolArray) -> tuple[npt.NDArray[Any], ...]:
    """Precision, recall, F1 (0 where undefined) and rows [labels] of each label."""
    from sklearn.metrics import precision_recall_fscore_support

    labels = np.arange(gold.shape[1])
    # A single column would count as two classes, 0 and 1.
    wide = [np.pad(answers, ((0, 0), (0, 1))) for answers in (gold, predicted)]
    found: tuple[npt.NDArray[Any], ...] = precision_recall_fscore_support(
        *wide, labels=labels, zero_division=0.0
    )
    return found


def subset_accuracy(gold: BoolArray, predicted: BoolArray) -> float:
    """The share of rows whose labels are all right and no other given."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(gold, predicted)) if gold.size else 0.0


def cross_entropy(logits: FloatArray, gold: BoolArray) -> npt.NDArray[np.float64]:
    """The mean binary cross-entropy of each row's labels [rows]."""
    values = logits.astype(np.float64)
    losses = np.maximum(values, 0) - values * gold + np.log1p(np.exp(-np.abs(values)))
    result: npt.NDArray[np.float64] = losses.mean(axis=1)
    return result
