"""A batch is the same whatever the number of ranks: each row is one rank's, counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from paddle_lab.tasks.codec import Signature, TensorSpec
from paddle_lab.training.ranks.outputs import batches_of, whole_outputs
from paddle_lab.training.ranks.steps import GradientSums, part_of
from paddle_lab.training.ranks.team import Team


def parts(rows: list[int], size: int) -> list[tuple[list[int], float]]:
    return [part_of(rows, Team(rank, size)) for rank in range(size)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16])
@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_each_row_has_its_share_of_the_mean(count: int, size: int) -> None:
    rows = list(range(100, 100 + count))
    weights: dict[int, float] = {}
    for own, share in parts(rows, size):
        for row in own:
            weights[row] = weights.get(row, 0.0) + share / len(own)
    assert weights == pytest.approx(dict.fromkeys(rows, 1 / count))


def test_each_rank_gets_short_and_long_rows_alike() -> None:
    longest = [max(own) for own, _ in parts(list(range(32)), 4)]
    assert max(longest) - min(longest) < 4


def test_a_rank_without_a_row_takes_one_that_counts_nothing() -> None:
    assert parts([5], 2) == [([5], 1.0), ([5], 0.0)]


@pytest.mark.parametrize("windows", [1, 5, 33])
def test_an_evaluation_has_each_window_once_whatever_the_number_of_ranks(windows: int) -> None:
    lengths = np.arange(1, windows + 1)
    for size in (1, 2, 4):
        found = [
            row for rank in range(size) for one in batches_of(lengths, 4, rank, size) for row in one
        ]
        assert sorted(found) == list(range(windows))


class Ranks:
    """Ranks one after the other: what each copies to the others is kept, then given to them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.copied: dict[int, list[Any]] = {rank: [] for rank in range(size)}

    def telling(self, number: int) -> Team:
        """A rank of which it is kept what it copies."""

        def copy(tensors: Sequence[Any], source: int = 0) -> None:
            if source == number:
                self.copied[number] += [tensor.numpy() for tensor in tensors]

        return self._team(number, copy)

    def hearing(self, number: int) -> Team:
        """A rank that is given what all have copied."""
        left = {rank: list(arrays) for rank, arrays in self.copied.items()}

        def copy(tensors: Sequence[Any], source: int = 0) -> None:
            for tensor in tensors:
                array = left[source].pop(0)
                assert tuple(tensor.shape) == array.shape
                tensor.set_value(array)

        return self._team(number, copy)

    def _team(self, number: int, copy: Any) -> Team:
        team = Team(number, self.size)
        team.copy = copy  # type: ignore[method-assign]
        return team


@pytest.mark.slow
@pytest.mark.parametrize("windows", [1, 9])
def test_every_rank_ends_up_with_the_outputs_of_all_windows_in_their_order(windows: int) -> None:
    signature = Signature(
        (), (TensorSpec("scores", ("rows", 3)), TensorSpec("tags", ("rows", "tokens", 2)))
    )
    lengths = np.random.default_rng(1).integers(1, 6, windows)
    scores = np.arange(windows * 3, dtype=np.float32).reshape(windows, 3)
    tags = [np.full((length, 2), row, np.float32) for row, length in enumerate(lengths)]
    ranks = Ranks(3)

    def work(number: int, team: Team) -> Any:
        rows = [row for one in batches_of(lengths, 2, number, 3) for row in one]
        own_scores = np.full_like(scores, np.nan)
        own_scores[rows] = scores[rows]
        own = {
            "scores": own_scores if rows else np.zeros((0, 3), np.float32),
            "tags": [tags[row] if row in rows else None for row in range(windows)] if rows else [],
        }
        return whole_outputs(own, signature, lengths, 2, team)

    for number in range(3):
        work(number, ranks.telling(number))
    found = [work(number, ranks.hearing(number)) for number in range(3)]
    for outputs in found:
        np.testing.assert_array_equal(outputs["scores"], scores)
        for got, expected in zip(outputs["tags"], tags, strict=True):
            np.testing.assert_array_equal(got, expected)


class Counting(Team):
    """A team of two whose other rank has the same gradients; counts what travels."""

    def __init__(self) -> None:
        super().__init__(0, 2)
        self.sent: list[int] = []

    def sum(self, tensors: Sequence[Any]) -> None:
        self.sent.append(sum(int(tensor.size) for tensor in tensors))
        for tensor in tensors:
            tensor.set_value(2 * tensor)


@pytest.mark.slow
@pytest.mark.parametrize("tied", [False, True])
def test_of_a_table_of_embeddings_the_rows_of_the_batch_travel_and_no_sum_changes(
    tied: bool,
) -> None:
    import paddle

    paddle.seed(3)
    embedding, head = paddle.nn.Embedding(500, 8), paddle.nn.Linear(8, 2)
    model = paddle.nn.LayerList([embedding, head])
    team = Counting()
    sums = GradientSums(model, team)
    small = 8 * 2 + 2 + 1
    for step, ids in enumerate(([4, 7, 7, 9], [1, 2, 499], [3, 5, 8, 11, 13])):
        hidden = embedding(paddle.to_tensor([ids]))
        loss = (head(hidden) ** 2).mean()
        if tied:  # as a language model's output
            loss = loss + paddle.matmul(hidden, embedding.weight, transpose_y=True).mean()
        loss.backward()
        expected = [2 * one.grad.numpy() for one in model.parameters()]
        whole = sums.sum(loss, np.unique([0, *ids]))
        assert float(whole) == pytest.approx(2 * float(loss))
        for one, summed in zip(model.parameters(), expected, strict=True):
            np.testing.assert_array_equal(one.grad.numpy(), summed)
            one.clear_grad()
        rows = 500 if tied or step == 0 else len({0, *ids})
        assert team.sent[step] == 8 * rows + small


@pytest.mark.slow
def test_a_step_without_a_gradient_says_nothing_of_the_rows_that_travel() -> None:
    import paddle

    embedding = paddle.nn.Embedding(500, 8)
    team = Counting()
    sums = GradientSums(embedding, team)
    for scale in (0.0, 1.0, 1.0):
        (scale * embedding(paddle.to_tensor([3, 4])).sum()).backward()
        sums.sum(paddle.to_tensor(1.0), np.asarray([0, 3, 4]))
        embedding.weight.clear_grad()
    assert team.sent == [4001, 4001, 25]
