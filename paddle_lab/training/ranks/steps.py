"""The gradient of a whole batch from those of its parts, which lie with the ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from paddle_lab.training.ranks.team import Team


def part_of(rows: list[int], team: Team) -> tuple[list[int], float]:
    """The rows of a batch that this rank computes, and their share of the batch.

    Every so-many-th, so that each rank gets short and long texts alike: the rows of a batch lie in
    the order of their lengths. A rank for which none is left takes the first, with the share 0:
    it does all that a step does, and adds nothing to it.
    """
    if team.size == 1:
        return rows, 1.0
    own = rows[team.rank :: team.size]
    return (own, len(own) / len(rows)) if own else (rows[:1], 0.0)


def sum_gradients(parameters: Iterable[Any], loss: Any, team: Team) -> Any:
    """Make each parameter's gradient that of the whole batch; returns the whole batch's loss.

    Each rank's gradient and ``loss`` are those of its part times its share, so that their sums are
    the means over the batch, whatever the parts' sizes.
    """
    if team.size == 1:
        return loss
    import paddle

    gradients = [one.grad for one in parameters if one.grad is not None]
    whole = paddle.to_tensor([float(loss)], dtype="float32")
    team.sum([*gradients, whole])
    return whole[0]
