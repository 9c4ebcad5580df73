"""The freest GPU by the rule that the documentation states, on many states of a machine."""

from __future__ import annotations

import random

import pytest

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.gpu.picking import candidates, freest, pick
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.gpu.states import GPU_LOST

GIB = 1 << 30


def machine(*readings: FastReading) -> Inventory:
    return Inventory(tuple(Gpu(f"GPU-{n}abc", n, "A100", 80 * GIB) for n in range(len(readings))))


def state(chance: random.Random) -> list[FastReading]:
    """Eight GPUs: idle ones, busy ones, full ones, one that is lost, some that tell little."""
    found = []
    for _ in range(8):
        if chance.random() < 0.1:
            found.append(FastReading(condition=GPU_LOST))
            continue
        busy = chance.choice([None, 0, 0, 2, 19, 20, 21, chance.randrange(101)])
        used = chance.choice([None, 0, 0, GIB // 2, 9 * GIB, chance.randrange(80 * GIB)])
        found.append(FastReading(busy=busy, used=used, total=80 * GIB))
    return found


def by_the_rule(readings: list[FastReading], count: int) -> list[int]:
    """The rule of docs/distributed.md, one round after the other, by comparing pairs."""
    left = [n for n, one in enumerate(readings) if one.condition is None]
    taken: list[int] = []
    while left and len(taken) < count:
        best = left[0]
        for n in left[1:]:
            if better(readings[n], readings[best]):
                best = n
        taken.append(best)
        left.remove(best)
    return taken


def better(one: FastReading, other: FastReading) -> bool:
    def idle(reading: FastReading) -> bool:
        return reading.busy is not None and reading.busy < 20

    def gibibytes(reading: FastReading) -> int:
        return 0 if reading.used is None else (80 * GIB - reading.used) // GIB

    def busy(reading: FastReading) -> int:
        return 100 if reading.busy is None else reading.busy

    if idle(one) is not idle(other):
        return idle(one)
    if gibibytes(one) != gibibytes(other):
        return gibibytes(one) > gibibytes(other)
    return busy(one) < busy(other)


def test_of_a_thousand_states_of_eight_gpus_the_freest_are_chosen_each_time() -> None:
    chance = random.Random(20)
    for _ in range(1000):
        readings = state(chance)
        count = chance.randrange(1, 9)
        among = candidates(machine(*readings), readings, None)
        assert [one.number for one in freest(among, count)] == by_the_rule(readings, count)


IDLE = FastReading(busy=1, used=0, total=80 * GIB)
BUSY = FastReading(busy=98, used=70 * GIB, total=80 * GIB)


def names(visible: str | None, wanted: str, *readings: FastReading) -> list[str]:
    chosen = pick(candidates(machine(*readings), readings, visible), wanted)
    return [one.token for one in chosen]


def test_named_ones_are_taken_as_they_are_named_though_they_are_busy() -> None:
    assert names(None, "2,0", IDLE, IDLE, BUSY) == ["2", "0"]
    assert names(None, "1,", IDLE, BUSY) == ["1"]


def test_numbers_count_what_can_be_seen_by_number_or_by_uuid() -> None:
    assert names("2,1", "0,1", IDLE, IDLE, BUSY) == ["2", "1"]
    assert names("GPU-1abc,GPU-0", "auto", BUSY, IDLE) == ["GPU-1abc"]
    assert names("1,7,0", "auto", IDLE, BUSY) == ["1"], "what stands behind a wrong name is unseen"


def test_the_reason_names_the_drivers_number_where_it_is_another() -> None:
    among = candidates(machine(BUSY, IDLE), [BUSY, IDLE], "1")
    assert among[0].reason().in_language("en") == "GPU 0 (nvidia-smi: 1): 1 % busy, 80 GiB free"
    silent = candidates(machine(IDLE), [FastReading()], None)
    assert silent[0].reason().in_language("en") == "GPU 0: busy unknown, memory unknown"


SLICED = Inventory((
    Gpu("GPU-0", 0, "A100", 80 * GIB, mig=True),
    Gpu("MIG-a", 0, "1g.10gb", 10 * GIB, parent=0),
    Gpu("MIG-b", 1, "1g.10gb", 10 * GIB, parent=0),
    Gpu("GPU-1", 1, "A100", 80 * GIB),
))  # fmt: skip


def test_a_divided_gpu_is_its_slices() -> None:
    readings = [FastReading(busy=0, used=used * GIB) for used in (9, 9, 1, 75)]
    assert [one.token for one in candidates(SLICED, readings, None)] == ["MIG-a", "MIG-b", "1"]
    assert [one.token for one in pick(candidates(SLICED, readings, None), "auto")] == ["MIG-b"]
    assert [one.token for one in candidates(SLICED, readings, "MIG-b")] == ["MIG-b"]
    assert [one.gpu.uuid for one in candidates(SLICED, readings, "0")] == ["MIG-a"]


def test_slices_do_not_work_together() -> None:
    readings = [FastReading(busy=0, used=0)] * 4
    with pytest.raises(EnvError, match="slices"):
        pick(candidates(SLICED, readings, None), "0,1")


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ("3", EnvError, "3 GPUs were asked for, and 1 can be used"),
        ("0,2", EnvError, "GPU 2 cannot be used"),
        ("0,1", EnvError, "GPU 1 cannot be used"),
        ("0,0", UsageError, "twice"),
    ],
)
def test_more_than_there_are_are_refused(wanted: str, error: type[Exception], said: str) -> None:
    readings = [IDLE, FastReading(condition=GPU_LOST)]
    with pytest.raises(error, match=said):
        pick(candidates(machine(*readings), readings, None), wanted)
