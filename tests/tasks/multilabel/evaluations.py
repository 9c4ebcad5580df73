"""Evaluations of a model that nobody trained: logits beside the right labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bundle.tiny import build_tokenizer_json

from paddle_lab.data import Dataset
from paddle_lab.tasks import Evaluation
from paddle_lab.tasks.codec import Windows
from paddle_lab.tasks.multilabel.codec import MultiLabelCodec

TOKENIZER = build_tokenizer_json()


def evaluation_of(
    targets: Sequence[Sequence[str]],
    logits: np.ndarray,
    labels: Sequence[str],
    *,
    texts: Sequence[str] | None = None,
    thresholds: Sequence[float] | None = None,
    split: str = "dev",
    options: Any = None,
) -> Evaluation:
    """``targets`` are the labels of each row, ``logits`` [rows, labels]."""
    rows = len(targets)
    given = {"text": list(texts or [f"第{n}条" for n in range(rows)])}
    data = Dataset("data", given, [sorted(target) for target in targets],
                   [n + 1 for n in range(rows)])  # fmt: skip
    windows = Windows(
        [np.zeros(2, np.int64)] * rows, np.arange(rows), [False] * rows, [False] * rows
    )
    codec = MultiLabelCodec(TOKENIZER, 16, labels, thresholds)
    return Evaluation(
        split, data, codec, windows, {"logits": np.asarray(logits, np.float32)}, options
    )


def logit(probabilities: np.ndarray) -> np.ndarray:
    """The logits of probabilities."""
    return np.log(probabilities / (1 - probabilities)).astype(np.float32)
