"""Logits of many texts from the live model, in sorted batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.training.batches import Encoded, sorted_batches
from paddle_lab.training.memory import is_out_of_memory


def predict_logits(
    model: Any,
    data: Encoded,
    batch_size: int,
    on_batch: Callable[[int], bool] = lambda done: True,
) -> npt.NDArray[np.float32] | None:
    """Logits of shape [rows, classes] in the rows' order; None when ``on_batch`` said to leave.

    ``on_batch`` hears how many rows are done after each batch. When memory runs out, the batch is
    halved and tried again.
    """
    import paddle

    training = model.training
    model.eval()
    rows_of, found = sorted_batches(data.lengths(), batch_size), []
    done = 0
    try:
        with paddle.no_grad():
            while rows_of:
                rows = rows_of.pop(0)
                try:
                    batch = data.collate(rows)
                    ids = paddle.to_tensor(batch["input_ids"])
                    types = paddle.to_tensor(batch["token_type_ids"])
                    found.append((rows, model(ids, token_type_ids=types).numpy()))
                except Exception as error:
                    if not is_out_of_memory(error) or len(rows) == 1:
                        raise
                    half = len(rows) // 2
                    rows_of[:0] = [rows[:half], rows[half:]]
                    continue
                done += len(rows)
                if not on_batch(done):
                    return None
    finally:
        if training:
            model.train()
    logits = np.empty((len(data), found[0][1].shape[1]), dtype=np.float32)
    for rows, values in found:
        logits[rows] = values
    return logits
