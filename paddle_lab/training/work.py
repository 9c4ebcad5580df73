"""How much work windows are: the tokens that a step, or an evaluation so far, has read.

Windows are not alike. Those of an evaluation come longest first, and the steps of an epoch are of
batches of like length: counted one by one, the first would tell little of the others.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray
from paddle_lab.training.batches import bucket_batches
from paddle_lab.training.windows import Amount

#: What a window costs beside its tokens, in tokens.
_OF_A_WINDOW: Final = 4
#: Epochs whose batches are kept: the first, the last, and that of now are asked for in turn.
_KEPT: Final = 8

Costs = npt.NDArray[np.int64]


class EvaluatedWork:
    """Work of so many windows of the parts ``lengths``, one after the other, again and again."""

    def __init__(self, *lengths: IntArray) -> None:
        costs = [np.sort(one.astype(np.int64))[::-1] + _OF_A_WINDOW for one in lengths]
        self._so_far = _so_far(np.concatenate(costs)) if costs else _so_far(np.zeros(0, np.int64))

    def __call__(self, windows: float) -> float:
        """Tokens of the first ``windows`` of them."""
        rounds, rest = divmod(int(windows), max(1, len(self._so_far) - 1))
        return float(rounds * self._so_far[-1] + self._so_far[rest])


class TrainedWork:
    """Work of so many steps: each epoch has its own order of batches.

    ``batch_size`` and ``seed`` as those of :class:`~paddle_lab.training.batches.BucketLoader`.
    """

    def __init__(self, lengths: IntArray, batch_size: int, seed: int) -> None:
        self._batches = functools.partial(bucket_batches, lengths, batch_size, seed)
        self._lengths = lengths
        self._epochs: dict[int, Costs] = {}
        first = self._of(0)
        self._steps, self._whole = max(1, len(first) - 1), float(first[-1])

    def __call__(self, steps: float) -> float:
        """Tokens of the first ``steps``; all epochs are taken to be as long as the first."""
        epoch, rest = divmod(int(steps), self._steps)
        if not rest:
            return epoch * self._whole
        found = self._of(epoch)
        return epoch * self._whole + self._whole * float(found[rest]) / max(1.0, float(found[-1]))

    def _of(self, epoch: int) -> Costs:
        """Tokens of an epoch so far; those of the last ones asked for are kept."""
        found = self._epochs.pop(epoch, None)
        if found is None:
            batches = self._batches(epoch)
            costs = [int(self._lengths[rows].sum()) + _OF_A_WINDOW * len(rows) for rows in batches]
            found = _so_far(np.array(costs, dtype=np.int64))
        self._epochs[epoch] = found
        if len(self._epochs) > _KEPT:
            del self._epochs[next(iter(self._epochs))]
        return found


def even_work(amount: Amount) -> EvenWork:
    """Work of windows of which only the mean length is known."""
    return EvenWork(amount.tokens / max(1, amount.windows) + _OF_A_WINDOW)


class EvenWork:
    """Work of windows, or steps, that are all alike."""

    def __init__(self, each: float) -> None:
        self._each = each

    def __call__(self, units: float) -> float:
        """So much for each."""
        return units * self._each


def _so_far(costs: Costs) -> Costs:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(costs)])
