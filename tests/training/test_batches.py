"""Length buckets: every row once, little padding, the same again for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddle_lab.tasks.api import TargetSpec
from paddle_lab.tasks.batching import batches_by_length
from paddle_lab.tasks.codec import Windows
from paddle_lab.training.batches import BucketLoader, Encoded, bucket_batches


def encoded(ids: list[np.ndarray], labels: np.ndarray, pad_id: int) -> Encoded:
    rows = len(ids)
    windows = Windows(ids, np.arange(rows), [False] * rows, [False] * rows)
    return Encoded(windows, {"labels": labels}, (TargetSpec("labels"),), pad_id)


@given(
    lengths=st.lists(st.integers(2, 128), min_size=1, max_size=400),
    batch_size=st.integers(1, 40),
    seed=st.integers(0, 5),
    epoch=st.integers(0, 3),
)
def test_an_epoch_sees_every_row_once(
    lengths: list[int], batch_size: int, seed: int, epoch: int
) -> None:
    array = np.array(lengths)
    batches = bucket_batches(array, batch_size, seed, epoch)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert max(len(batch) for batch in batches) <= batch_size
    data = encoded([np.zeros(n, dtype=np.int64) for n in lengths], np.zeros_like(array), 0)
    assert len(BucketLoader(data, batch_size, seed)) == len(batches)


def test_epochs_differ_and_repeat() -> None:
    lengths = np.arange(2, 130)
    first, again = bucket_batches(lengths, 8, 1, 0), bucket_batches(lengths, 8, 1, 0)
    assert first == again
    assert first != bucket_batches(lengths, 8, 1, 1)
    assert first != bucket_batches(lengths, 8, 2, 0)


def test_padding_all_but_vanishes() -> None:
    rng = np.random.default_rng(0)
    lengths = np.minimum(128, rng.lognormal(3.9, 0.7, 8000).astype(int) + 2)
    slots = sum(
        len(batch) * max(lengths[row] for row in batch)
        for batch in bucket_batches(lengths, 32, 0, 0)
    )
    assert slots / lengths.sum() < 1.05


def test_collate_pads_with_the_pad_id() -> None:
    data = encoded([np.array([5, 6, 7]), np.array([8])], np.array([1, 0]), 9)
    batch = data.collate([1, 0])
    assert batch["input_ids"].tolist() == [[8, 9, 9], [5, 6, 7]]
    assert batch["token_type_ids"].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert batch["labels"].tolist() == [0, 1]


def test_pairs_and_targets_of_tokens_are_padded_too() -> None:
    ids = [np.array([5, 6, 7]), np.array([8])]
    windows = Windows(
        ids, np.arange(2), [False] * 2, [False] * 2, type_ids=[ids[0] * 0 + 1, ids[1]]
    )
    specs = (TargetSpec("tags", per_token=True), TargetSpec("score", "float32"))
    targets = {"tags": [np.array([0, 1, 2]), np.array([3])], "score": np.array([0.5, 1.0])}
    batch = Encoded(windows, targets, specs, 9).collate([1, 0])
    assert batch["token_type_ids"].tolist() == [[8, 0, 0], [1, 1, 1]]
    assert batch["tags"].tolist() == [[3, -100, -100], [0, 1, 2]]
    assert batch["score"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_evaluation_starts_with_the_longest(batch_size: int) -> None:
    lengths = np.array([3, 9, 5, 7])
    batches = batches_by_length(lengths, batch_size)
    assert batches[0][0] == 1
    assert sorted(row for batch in batches for row in batch) == [0, 1, 2, 3]
