"""Outputs of many windows from the live model, in batches of similar length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paddle_lab.bundle.program import named
from paddle_lab.tasks.batching import Gathering, batches_by_length, inputs_of
from paddle_lab.tasks.codec import Outputs, Signature, Windows
from paddle_lab.training.memory import is_out_of_memory


def predict_outputs(
    model: Any,
    signature: Signature,
    windows: Windows,
    batch_size: int,
    *,
    pad_id: int = 0,
    on_batch: Callable[[int], bool] = lambda done: True,
) -> Outputs | None:
    """The model's outputs in the windows' order; None when ``on_batch`` said to leave.

    ``on_batch`` hears how many windows are done after each batch. When memory runs out, the batch
    is halved and tried again.
    """
    import paddle

    training = model.training
    model.eval()
    lengths = windows.lengths()
    found, todo = Gathering(signature, lengths), batches_by_length(lengths, batch_size)
    done = 0
    try:
        with paddle.no_grad():
            while todo:
                rows = todo.pop(0)
                try:
                    inputs = inputs_of(windows, rows, pad_id)
                    given = {name: paddle.to_tensor(array) for name, array in inputs.items()}
                    found.put(rows, named(signature, model(**given)))
                except Exception as error:
                    if not is_out_of_memory(error) or len(rows) == 1:
                        raise
                    half = len(rows) // 2
                    todo[:0] = [rows[:half], rows[half:]]
                    continue
                done += len(rows)
                if not on_batch(done):
                    return None
    finally:
        if training:
            model.train()
    return found.outputs()
