"""Evaluations of a classifier that nobody trained: logits beside the right labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bundle.tiny import build_tokenizer_json

from paddle_lab.data import Dataset
from paddle_lab.tasks import Evaluation
from paddle_lab.tasks.classify.codec import ClassifyCodec
from paddle_lab.tasks.codec import Windows


def evaluation_of(
    split: str,
    texts: Sequence[str],
    lines: Sequence[int | None],
    gold: Sequence[int],
    logits: np.ndarray,
    labels: Sequence[str],
) -> Evaluation:
    """``gold`` are class indices, ``logits`` [rows, labels]."""
    rows = len(texts)
    data = Dataset.of_texts("data", list(texts), [labels[index] for index in gold], list(lines))
    windows = Windows(
        [np.zeros(2, np.int64)] * rows, np.arange(rows), [False] * rows, [False] * rows
    )
    codec = ClassifyCodec(build_tokenizer_json(), 16, labels)
    return Evaluation(split, data, codec, windows, {"logits": logits})
