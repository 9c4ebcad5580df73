"""The CRF's loss and its best path, beside sums over every path there is."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from paddle_lab.tasks.tag.viterbi import allowed, best_paths, path_score

TAGS = 5  # two types


def scores(lengths: list[int], seed: int = 0) -> tuple[list[np.ndarray[Any, Any]], Any]:
    chance = np.random.default_rng(seed)
    emissions = [chance.normal(size=(n, TAGS)).astype(np.float32) for n in lengths]
    return emissions, chance.normal(size=(TAGS, TAGS))


def all_paths(length: int) -> list[Any]:
    return [np.array(path) for path in itertools.product(range(TAGS), repeat=length)]


def is_allowed(path: Any) -> bool:
    table = allowed(TAGS)
    starts = path[0] == 0 or path[0] % 2 == 1
    return starts and all(table[a, b] for a, b in itertools.pairwise(path))


def test_spans_are_continued_by_their_own_type_alone() -> None:
    table = allowed(TAGS)
    outside, begin, inside, begin2, inside2 = range(TAGS)
    assert table[begin, inside] and table[inside, inside] and table[inside, begin]
    assert not table[outside, inside] and not table[begin, inside2] and not table[inside2, inside]
    assert table[begin2, inside2] and table[:, [outside, begin, begin2]].all()


def test_the_best_path_is_the_best_of_all_that_bio_allows() -> None:
    emissions, transitions = scores([1, 4, 0, 5, 3, 5], seed=1)
    found = best_paths(emissions, transitions)
    for own, path in zip(emissions, found, strict=True):
        assert len(path) == len(own)
        if len(own):
            best = max(
                (one for one in all_paths(len(own)) if is_allowed(one)),
                key=lambda one: path_score(own, one, transitions),
            )
            assert path.tolist() == best.tolist()


def test_argmax_would_break_the_scheme_and_the_best_path_does_not() -> None:
    emissions = np.zeros((3, TAGS), dtype=np.float32)
    emissions[:, 2] = 5  # continues a span that nobody began
    (path,) = best_paths([emissions], np.zeros((TAGS, TAGS)))
    assert path.tolist() == [1, 2, 2] or path[0] in (0, 1)
    assert is_allowed(path)


@pytest.fixture
def padded() -> tuple[Any, Any, Any, list[Any], list[Any]]:
    """A batch of windows between special tokens, padded, and its parts without them."""
    emissions, transitions = scores([3, 1, 4, 2], seed=2)
    chance = np.random.default_rng(3)
    gold = [chance.integers(0, TAGS, size=len(own)) for own in emissions]
    longest = max(map(len, emissions)) + 2
    batch = np.full((4, longest, TAGS), 7.0, dtype=np.float32)
    tags = np.full((4, longest), -100, dtype=np.int64)
    for row, (own, path) in enumerate(zip(emissions, gold, strict=True)):
        batch[row, 1 : 1 + len(own)] = own
        tags[row, 1 : 1 + len(own)] = path
    return batch, tags, transitions, emissions, gold


def losses_of(batch: Any, tags: Any, transitions: Any) -> Any:
    import paddle

    from paddle_lab.tasks.tag.crf import losses

    to = paddle.to_tensor
    return losses(to(batch), to(tags), to(transitions.astype(np.float32))).numpy()


def test_the_loss_is_minus_the_log_of_the_paths_share(padded: Any) -> None:
    batch, tags, transitions, emissions, gold = padded
    found = losses_of(batch, tags, transitions)
    for row, (own, path) in enumerate(zip(emissions, gold, strict=True)):
        every = [path_score(own, one, transitions) for one in all_paths(len(own))]
        share = path_score(own, path, transitions) - np.logaddexp.reduce(every)
        assert found[row] == pytest.approx(-share / len(own), abs=1e-5)


def test_a_batch_in_parts_has_the_losses_of_the_whole(padded: Any) -> None:
    batch, tags, transitions, *_ = padded
    whole = losses_of(batch, tags, transitions)
    parts = [
        losses_of(batch[rows, :length], tags[rows, :length], transitions)
        for rows, length in (([0, 1], 5), ([2], 6), ([3], 4))
    ]
    assert np.array_equal(whole, np.concatenate(parts))


def test_a_window_without_tokens_costs_nothing(padded: Any) -> None:
    batch, tags, transitions, *_ = padded
    assert losses_of(batch, np.full_like(tags, -100), transitions).tolist() == [0.0] * 4


def test_the_gradient_is_that_of_differences(padded: Any) -> None:
    import paddle

    from paddle_lab.tasks.tag.crf import losses

    batch, tags, transitions, *_ = padded
    emissions = paddle.to_tensor(batch, stop_gradient=False)
    steps = paddle.to_tensor(transitions.astype(np.float32), stop_gradient=False)
    losses(emissions, paddle.to_tensor(tags), steps).sum().backward()
    assert np.all(emissions.grad.numpy()[tags < 0] == 0), "special tokens and padding are not in it"
    tiny = 1e-2
    for place in ((0, 2), (3, 4)):
        moved = [transitions.copy() for _ in range(2)]
        moved[0][place] += tiny
        moved[1][place] -= tiny
        up, down = (losses_of(batch, tags, one).astype(np.float64).sum() for one in moved)
        assert steps.grad.numpy()[place] == pytest.approx((up - down) / (2 * tiny), abs=2e-3)
    assert float(np.abs(steps.grad.numpy()).sum()) > 0
