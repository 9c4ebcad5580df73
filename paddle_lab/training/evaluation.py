"""Outputs of many windows from the live model, in batches of similar length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paddle_lab.bundle.program import named
from paddle_lab.tasks.batching import Gathering, inputs_of
from paddle_lab.tasks.codec import Outputs, Signature, Windows
from paddle_lab.training.memory import is_out_of_memory
from paddle_lab.training.ranks.outputs import batches_of, whole_outputs
from paddle_lab.training.ranks.team import Team


def predict_outputs(
    model: Any,
    signature: Signature,
    windows: Windows,
    batch_size: int,
    *,
    pad_id: int = 0,
    team: Team | None = None,
    on_batch: Callable[[int], bool] = lambda done: True,
) -> Outputs | None:
    """The model's outputs in the windows' order; None when ``on_batch`` said to leave.

    ``on_batch`` hears how many windows are done after each batch. When memory runs out, the batch
    is halved and tried again. Of a ``team`` each rank computes a part, and all have all outputs.
    """
    import paddle

    training = model.training
    model.eval()
    lengths = windows.lengths()
    team = team or Team()
    found = Gathering(signature, lengths)
    todo = batches_of(lengths, batch_size, team.rank, team.size)
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
    return whole_outputs(found.outputs(), signature, lengths, batch_size, team)
