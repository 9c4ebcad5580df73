"""Figures that several tasks use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import FloatArray


def softmax(logits: FloatArray) -> npt.NDArray[np.float64]:
    """Probabilities of each row [rows, choices]."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float64] = values / values.sum(axis=1, keepdims=True)
    return result
