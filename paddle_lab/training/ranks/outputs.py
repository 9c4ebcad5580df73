"""The outputs of an evaluation that the ranks have shared out among themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddle_lab.tasks.batching import batches_by_length
from paddle_lab.tasks.codec import IntArray, Outputs, Signature, TensorSpec
from paddle_lab.training.ranks.team import Team


def batches_of(lengths: IntArray, batch_size: int, rank: int, size: int) -> list[list[int]]:
    """The batches of an evaluation that a rank computes: each window is in one batch of one."""
    return batches_by_length(lengths, batch_size)[rank::size]


def whole_outputs(
    found: Outputs, signature: Signature, lengths: IntArray, batch_size: int, team: Team
) -> Outputs:
    """The outputs of all windows, in their order, on every rank, from what each has ``found``.

    Raises PeersLost.
    """
    if team.size == 1:
        return found
    whole = {spec.name: _empty(spec, len(lengths)) for spec in signature.outputs}
    for source in range(team.size):
        rows = [row for one in batches_of(lengths, batch_size, source, team.size) for row in one]
        if not rows:
            continue
        for spec in signature.outputs:
            mine = _flat(found[spec.name], rows) if source == team.rank else None
            count = int(lengths[rows].sum()) if spec.per_token else len(rows)
            values = _of_rank(mine, (count, *_tail(spec)), source, team)
            if spec.per_token:
                parts = np.split(values, np.cumsum(lengths[rows])[:-1])
                for row, part in zip(rows, parts, strict=True):
                    whole[spec.name][row] = part
            else:
                whole[spec.name][rows] = values
    return whole


def _of_rank(values: Any, shape: tuple[int, ...], source: int, team: Team) -> Any:
    import paddle

    tensor = paddle.zeros(shape) if values is None else paddle.to_tensor(values)
    team.copy([tensor], source)
    return tensor.numpy()


def _flat(values: Any, rows: list[int]) -> Any:
    """Outputs of windows, one behind the other, float32."""
    chosen = [values[row] for row in rows]
    joined = np.concatenate(chosen) if isinstance(values, list) else np.stack(chosen)
    return np.ascontiguousarray(joined, dtype=np.float32)


def _empty(spec: TensorSpec, windows: int) -> Any:
    if spec.per_token:
        return [None] * windows
    return np.empty((windows, *_tail(spec)), dtype=np.float32)


def _tail(spec: TensorSpec) -> tuple[int, ...]:
    """Sizes of one value of an output: of a window, or of a token."""
    return tuple(int(size) for size in spec.dims[2 if spec.per_token else 1 :])
