"""Batches of texts of like length: the biggest saving there is on short Chinese texts.

Length buckets: shuffle, cut into mega-batches, sort each by length, cut into batches, shuffle the
batches (the idea of fairseq's and AllenNLP's bucket samplers). Padding all but vanishes, and each
epoch is still a fresh order. Everything is a pure function of (seed, epoch): a resumed run sees the
same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MEGA_BATCH = 50

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """Token ids of texts, each with its special tokens; ``labels`` are class indices."""

    ids: list[IntArray]
    labels: IntArray
    pad_id: int

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> IntArray:
        """Tokens of each text."""
        return np.array([len(ids) for ids in self.ids], dtype=np.int64)

    def collate(self, rows: Sequence[int]) -> dict[str, IntArray]:
        """``input_ids`` and ``token_type_ids`` of shape [rows, longest], ``labels`` of [rows]."""
        longest = max(len(self.ids[row]) for row in rows)
        input_ids = np.full((len(rows), longest), self.pad_id, dtype=np.int64)
        for place, row in enumerate(rows):
            input_ids[place, : len(self.ids[row])] = self.ids[row]
        return {
            "input_ids": input_ids,
            "token_type_ids": np.zeros_like(input_ids),
            "labels": self.labels[np.asarray(rows)],
        }


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


def sorted_batches(lengths: IntArray, batch_size: int) -> list[list[int]]:
    """Batches for evaluation: longest first, so that a lack of memory shows at once."""
    order = np.argsort(-lengths, kind="stable")
    return [order[i : i + batch_size].tolist() for i in range(0, len(order), batch_size)]


class BucketLoader:
    """What PaddleNLP's Trainer iterates instead of a DataLoader: no workers, no signal handlers.

    Yields dictionaries of paddle tensors. Set :attr:`epoch` before each iteration.
    """

    def __init__(self, data: Encoded, batch_size: int, seed: int) -> None:
        self.data = data
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0
        self._lengths = data.lengths()

    def __len__(self) -> int:
        return batches_in(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import paddle

        batches = bucket_batches(self._lengths, self.batch_size, self.seed, self.epoch)
        for rows in batches:
            batch = self.data.collate(rows)
            yield {name: paddle.to_tensor(array) for name, array in batch.items()}
