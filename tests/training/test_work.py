"""What windows and steps cost: by their tokens, in the order in which they come."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from paddle_lab.training.proof_time import proof_seconds
from paddle_lab.training.windows import Amount
from paddle_lab.training.work import EvaluatedWork, TrainedWork, even_work


def test_an_evaluation_reads_the_longest_first_and_begins_again() -> None:
    work = EvaluatedWork(np.array([5, 20, 10]))
    assert [work(n) for n in range(4)] == [0, 24, 38, 47]
    assert work(4) == 47 + 24 and work(300) == 47 * 100


def test_a_report_reads_one_part_after_the_other() -> None:
    work = EvaluatedWork(np.array([1, 2]), np.array([50]))
    assert [work(n) for n in range(4)] == [0, 6, 11, 65]
    assert EvaluatedWork(np.zeros(0, np.int64))(0) == 0


def test_steps_cost_what_their_batches_hold() -> None:
    lengths = np.arange(1, 41)
    work = TrainedWork(lengths, 8, 7)
    whole = lengths.sum() + 4 * 40
    assert work(0) == 0 and work(5) == whole and work(10) == 2 * whole
    steps = [work(n) for n in range(11)]
    assert all(b > a for a, b in itertools.pairwise(steps))
    # Batches of like length: some steps cost far more than others.
    costs = np.diff(steps)
    assert costs.max() > 3 * costs.min()


def test_each_epoch_has_its_own_order_however_often_it_is_asked_for() -> None:
    work = TrainedWork(np.arange(1, 41), 8, 7)
    first, second = ([work(5 * e + n) - work(5 * e) for n in range(6)] for e in (0, 1))
    assert first != second and first[-1] == second[-1]
    assert [work(n) for n in range(6)] == first


def test_rows_that_were_not_read_yet_are_all_alike() -> None:
    assert even_work(Amount(10, 200))(5) == 5 * 24


@pytest.mark.parametrize(("token_s", "low", "high"), [(2.5e-5, 3.5, 5.5), (1e-3, 8.0, 60.0)])
def test_a_proof_of_a_larger_model_takes_longer(token_s: float, low: float, high: float) -> None:
    one = proof_seconds(0.65, token_s, 3, 128, 60.0, slow=1.0)
    assert low < one < high
    assert one < proof_seconds(0.65, token_s, 3, 128, 60.0, slow=2.0) < 2 * one
