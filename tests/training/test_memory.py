"""Out of memory: smaller parts, the same batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_lab.training.memory import MicroBatches, is_out_of_memory

BATCH = {"input_ids": np.arange(32).reshape(16, 2), "labels": np.arange(16)}


class Machine:
    """Fails for parts of more than ``fits`` rows, as an allocator would."""

    def __init__(self, fits: int) -> None:
        self.fits = fits
        self.seen: list[int] = []
        self.resets = 0

    def step(self, part: dict[str, Any], share: float) -> float:
        rows = len(part["labels"])
        if rows > self.fits:
            raise MemoryError("(ResourceExhausted) Fail to alloc memory of 1 size")
        self.seen += part["labels"].tolist()
        return float(part["labels"].mean()) * share

    def reset(self) -> None:
        self.resets += 1
        self.seen.clear()


@pytest.mark.parametrize("fits", [16, 8, 5, 1])
def test_the_batch_is_kept_whole(fits: int) -> None:
    machine, told = Machine(fits), []
    micro = MicroBatches(lambda before, now: told.append((before, now)))
    loss = micro.run(BATCH, machine.step, machine.reset)
    assert loss == pytest.approx(BATCH["labels"].mean())
    assert machine.seen == list(range(16))
    assert machine.resets == len(told)
    assert [now for _, now in told] == [n for n in (8, 4, 2, 1) if n < 16 and n * 2 > fits]


def test_the_smaller_size_stays_for_later_batches() -> None:
    machine = Machine(4)
    micro = MicroBatches(lambda before, now: None)
    micro.run(BATCH, machine.step, machine.reset)
    tries = machine.resets
    micro.run(BATCH, machine.step, machine.reset)
    assert machine.resets == tries


def test_when_one_row_does_not_fit_the_error_is_the_callers() -> None:
    machine = Machine(0)
    with pytest.raises(MemoryError):
        MicroBatches(lambda before, now: None).run(BATCH, machine.step, machine.reset)


def test_other_errors_pass_through() -> None:
    def broken(part: dict[str, Any], share: float) -> float:
        raise ValueError("shape")

    with pytest.raises(ValueError, match="shape"):
        MicroBatches(lambda before, now: None).run(BATCH, broken, lambda: None)


def test_paddles_own_words_are_known() -> None:
    assert is_out_of_memory(RuntimeError("ResourceExhaustedError: Out of memory error on GPU 0"))
    assert not is_out_of_memory(RuntimeError("CUDA error 700"))
