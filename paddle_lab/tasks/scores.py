"""Figures that several tasks use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import FloatArray, IntArray


def softmax(logits: FloatArray) -> npt.NDArray[np.float64]:
    """Probabilities of each row [rows, choices]."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float64] = values / values.sum(axis=1, keepdims=True)
    return result


def cross_entropy(logits: FloatArray, gold: IntArray) -> float:
    """Mean of minus the logarithm of the right class's probability."""
    values = logits.astype(np.float64)
    values = values - values.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(values).sum(axis=1))
    return float((log_sums - values[np.arange(len(gold)), gold]).mean())


def macro_f1(gold: IntArray, predicted: IntArray) -> float:
    """The mean F1 over the classes that occur in ``gold``.

    NaN where fewer than two do: whoever answers nothing but that class would have 1.
    """
    from sklearn.metrics import f1_score

    present = np.unique(gold)
    if len(present) < 2:
        return float("nan")
    return float(f1_score(gold, predicted, labels=present, average="macro", zero_division=0.0))
