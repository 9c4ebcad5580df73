"""Batches of texts of like length: the biggest saving there is on short Chinese texts.

Length buckets: shuffle, cut into mega-batches, sort each by length, cut into batches, shuffle the
batches (the idea of fairseq's and AllenNLP's bucket samplers). Padding all but vanishes, and each
epoch is still a fresh order. Everything is a pure function of (seed, epoch): a resumed run sees the
same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from paddle_lab.tasks.api import TargetSpec
from paddle_lab.tasks.batching import inputs_of, pad
from paddle_lab.tasks.codec import IntArray, Windows
from paddle_lab.training.ranks.steps import part_of
from paddle_lab.training.ranks.team import Team

MEGA_BATCH = 50


@dataclass(frozen=True)
class Encoded:
    """Windows of tokens with what the loss compares them with.

    ``targets`` are the arrays of ``specs`` by name: one value a window, or a list of one array
    [tokens, ...] for each window.
    """

    windows: Windows
    targets: Mapping[str, Any]
    specs: tuple[TargetSpec, ...]
    pad_id: int

    def __len__(self) -> int:
        return len(self.windows.ids)

    def lengths(self) -> IntArray:
        """Tokens of each window."""
        return self.windows.lengths()

    def take(self, chosen: IntArray) -> Encoded:
        """The windows at ``chosen`` alone, in that order."""
        windows = self.windows

        def of(values: Sequence[Any]) -> Any:
            return [values[index] for index in chosen.tolist()]

        return replace(
            self,
            windows=replace(
                windows,
                ids=of(windows.ids),
                owner=windows.owner[chosen],
                type_ids=None if windows.type_ids is None else of(windows.type_ids),
                offsets=None if windows.offsets is None else of(windows.offsets),
                sequence=None if windows.sequence is None else of(windows.sequence),
            ),
            targets={
                spec.name: of(self.targets[spec.name])
                if spec.per_token
                else self.targets[spec.name][chosen]
                for spec in self.specs
            },
        )

    def collate(self, rows: Sequence[int]) -> dict[str, Any]:
        """``input_ids`` and ``token_type_ids`` [rows, longest], and the targets, as arrays."""
        batch: dict[str, Any] = dict(inputs_of(self.windows, rows, self.pad_id))
        for spec in self.specs:
            values = self.targets[spec.name]
            if spec.per_token:
                batch[spec.name] = pad([values[row] for row in rows], spec.pad)
            else:
                batch[spec.name] = values[np.asarray(rows)]
        return batch


def bucket_batches(lengths: IntArray, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of one epoch: every row once, lists of at most ``batch_size`` row numbers."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    batches: list[list[int]] = []
    mega = batch_size * MEGA_BATCH
    for start in range(0, len(order), mega):
        chunk = order[start : start + mega]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches += [chunk[i : i + batch_size].tolist() for i in range(0, len(chunk), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def batches_in(rows: int, batch_size: int) -> int:
    """How many batches :func:`bucket_batches` makes of so many rows."""
    full_megas, rest = divmod(rows, batch_size * MEGA_BATCH)
    return full_megas * MEGA_BATCH + -(-rest // batch_size)


class BucketLoader:
    """What PaddleNLP's Trainer iterates instead of a DataLoader: no workers, no signal handlers.

    Yields dictionaries of paddle tensors. Set :attr:`epoch` before each iteration. Of a batch each
    rank of a ``team`` gets a part, whose share of the batch is then in :attr:`share`;
    :attr:`tokens` are those of the whole batch, each once, and the one that pads.
    """

    def __init__(self, data: Encoded, batch_size: int, seed: int, team: Team | None = None) -> None:
        self.data = data
        self.team = team or Team()
        self.share = 1.0
        self.tokens: IntArray = np.zeros(0, np.int64)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0
        self._lengths = data.lengths()
        self._pad = np.asarray([data.pad_id], np.int64)

    def __len__(self) -> int:
        return batches_in(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import paddle

        batches = bucket_batches(self._lengths, self.batch_size, self.seed, self.epoch)
        for rows in batches:
            own, self.share = part_of(rows, self.team)
            if self.team.size > 1:
                ids = self.data.windows.ids
                self.tokens = np.unique(np.concatenate([*(ids[row] for row in rows), self._pad]))
            batch = self.data.collate(own)
            yield {name: paddle.to_tensor(array) for name, array in batch.items()}
