"""Windows of like length run together, the oldest first; what would come too late is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddle_lab.serving.batching import Batcher, Limits, Waiting, whole_seconds
from paddle_lab.serving.measured import Measured, judged

COST = Measured(rows=4, spare_tokens=4, start_s=0.01, token_s=0.001)


def batcher(rows: int = 4, spare: int = 4, wait_s: float = 0.0, most: int = 100) -> Batcher:
    return Batcher(Limits(rows, spare, wait_s), COST, most_waiting=most)


def put(queue: Batcher, *lengths: int, at: float = 0.0, within: float = 10.0) -> list[Waiting]:
    items = [Waiting(length, at, at + within) for length in lengths]
    for item in items:
        queue.add(item)
    return items


def lengths(batch: list[Waiting]) -> list[int]:
    return [item.length for item in batch]


def test_nothing_waits_nothing_is_taken() -> None:
    queue = batcher()
    assert queue.due_s(0) is None and queue.take(0) == [] and len(queue) == 0


def test_the_oldest_takes_those_of_like_length_with_it() -> None:
    queue = batcher()
    put(queue, 10, 100, 12, 9, 50)
    assert lengths(queue.take(0)) == [10, 9, 12]
    assert lengths(queue.take(0)) == [100]
    assert lengths(queue.take(0)) == [50]


def test_a_batch_has_at_most_so_many_rows() -> None:
    queue = batcher(rows=3)
    put(queue, *[10] * 7)
    assert [len(queue.take(0)) for _ in range(4)] == [3, 3, 1, 0]


def test_a_longer_row_joins_only_if_all_others_together_are_padded_little() -> None:
    queue = batcher(rows=8, spare=4)
    put(queue, 10, 10, 10, 12)
    assert lengths(queue.take(0)) == [10, 10, 10]
    queue = batcher(rows=8, spare=4)
    put(queue, 10, 10, 12)
    assert lengths(queue.take(0)) == [10, 10, 12]


def test_what_nobody_waits_for_any_more_is_not_run() -> None:
    queue = batcher()
    first, second, third = put(queue, 10, 10, 10)
    queue.remove(first)
    queue.remove(first)
    queue.remove(third)
    assert len(queue) == 1 and queue.tokens == 10
    assert queue.take(0) == [second]
    queue.remove(second)
    assert len(queue) == 0 and queue.tokens == 0


def test_what_is_too_late_is_told_and_not_run() -> None:
    queue, late = batcher(), list[Waiting]()
    old = put(queue, 10, 10, within=1.0)
    new = put(queue, 10, at=0.5)
    assert queue.take(1.0, late.append) == new and late == old
    old = put(queue, 10, within=5.0)
    late_mate = put(queue, 11, within=1.0)
    assert queue.take(2.0, late.append) == old and late[-1:] == late_mate


def test_an_idle_worker_waits_for_more_rows_as_long_as_it_may() -> None:
    queue = batcher(rows=3, wait_s=0.005)
    put(queue, 10, at=1.0)
    assert queue.due_s(1.0) == pytest.approx(0.005)
    assert queue.due_s(1.01) == 0.0
    put(queue, 10, 90, at=1.001)
    assert queue.due_s(1.001) == 0.0  # a whole batch


def test_a_request_that_would_wait_too_long_is_refused_with_the_time_to_come_back() -> None:
    queue = batcher(rows=4)
    assert queue.refuses(1, 400, 40_000, 0.1) is None  # nobody waits: it is always taken
    put(queue, *[100] * 40)  # 10 starts of 0.01 s, 4,000 tokens of 0.001 s: 4.1 s
    assert queue.refuses(1, 1, 100, 6.0) is None
    assert queue.refuses(1, 1, 100, 5.0) == pytest.approx(4.1)
    assert queue.refuses(2, 1, 100, 5.0) is None  # two workers need half the time


def test_the_queue_is_bounded_by_number_as_well() -> None:
    queue = batcher(most=3)
    put(queue, 1, 1, 1)
    assert queue.refuses(1, 1, 1, 1000.0) is not None


def test_estimates_follow_what_batches_really_take() -> None:
    queue = batcher(rows=1)
    put(queue, *[100] * 10)
    before = queue.expected_s(1)
    for _ in range(100):
        queue.learn(1, 100, 0.01 + 100 * 0.002)
    assert queue.expected_s(1) == pytest.approx(before + 10 * 100 * 0.001, rel=0.01)
    now = queue.expected_s(1)
    queue.learn(1, 100, 1e6)  # the machine stood still once
    assert queue.expected_s(1) < 2 * now


def test_estimates_follow_how_long_others_waited() -> None:
    """Where the machine has other work, what batches cost is not what requests wait."""
    queue = batcher(rows=1)
    assert queue.expected_s(1, 1, 10) == pytest.approx(0.02)
    for start in range(0, 600, 10):
        queue.add(Waiting(10, start, start + 9, expected_s=5 * queue.expected_s(1, 1, 10)))
        queue.take(start + 0.1 * (1 if start < 50 else 3))
    assert queue.expected_s(1, 1, 10) == pytest.approx(0.06, rel=0.1)
    for start in range(1000, 2000, 10):
        queue.add(Waiting(10, start, start + 9, expected_s=5 * queue.expected_s(1, 1, 10)))
        queue.take(start + 0.1)
    assert queue.expected_s(1, 1, 10) == pytest.approx(0.02, rel=0.1)
    # One that hardly waited, and none was expected to, says nothing.
    queue.add(Waiting(10, 3000, 3009, expected_s=0.001))
    queue.take(3000.04)
    assert queue.expected_s(1, 1, 10) == pytest.approx(0.02, rel=0.1)


@given(st.lists(st.integers(1, 128), max_size=60), st.integers(1, 9), st.integers(0, 40))
def test_each_window_is_run_once_and_padding_stays_within_what_is_allowed(
    given_: list[int], rows: int, spare: int
) -> None:
    queue = batcher(rows=rows, spare=spare)
    items = put(queue, *given_)
    taken: list[Waiting] = []
    while batch := queue.take(0):
        assert batch[0] is next(item for item in items if item not in taken)
        assert len(batch) <= rows
        longest = max(lengths(batch))
        assert all(longest - length <= 2 * spare for length in lengths(batch))
        taken += batch
    assert sorted(map(id, taken)) == sorted(map(id, items))
    assert len(queue) == 0 and queue.tokens == 0


def test_limits_come_from_what_batches_cost() -> None:
    # A start of 10 ms, 0.1 ms a token: larger batches pay, and a start is worth 100 tokens.
    paddle = judged({n: 0.010 + n * 32 * 1e-4 for n in (1, 2, 4, 8)}, 32)
    assert paddle.rows == 8 and paddle.spare_tokens == pytest.approx(100, abs=1)
    assert paddle.start_s == pytest.approx(0.010) and paddle.token_s == pytest.approx(1e-4)
    # Nothing is gained by more rows: one by one, and no padding at all.
    flat = judged({n: n * 32 * 1e-4 for n in (1, 2, 4, 8)}, 32)
    assert flat.rows == 1 and flat.spare_tokens == 0
    # Beyond four it becomes slower again.
    best = judged({1: 0.012, 2: 0.022, 4: 0.041, 8: 0.090}, 32)
    assert best.rows == 4
    assert judged({1: 0.5}, 32) == Measured(1, 0, 0.0, 0.5 / 32)


@pytest.mark.parametrize(("seconds", "whole"), [(0.0, 1), (0.2, 1), (1.2, 2), (1e9, 3600)])
def test_a_client_is_told_whole_seconds(seconds: float, whole: int) -> None:
    assert whole_seconds(seconds) == whole
