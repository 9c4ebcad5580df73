"""A clock that is set, and a server that is stopped for a minute: no false age, gap or warning."""

from __future__ import annotations

import dataclasses

import pytest

from paddle_lab.gpu.alerts import Watchdog
from paddle_lab.gpu.history import History
from paddle_lab.gpu.host import HostReading
from paddle_lab.gpu.ownership import Kernel, Owner, Ownership
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory, SlowReading
from paddle_lab.gpu.run_alerts import HeldLog
from paddle_lab.gpu.sampler import Sample, Sampler, _Watch
from paddle_lab.gpu.silences import Silences
from paddle_lab.gpu.throttle import Throttle
from paddle_lab.gpu.timeline import Timeline
from paddle_lab.runs.summary import RunSummary

DAY = 86_400
GIB = 1 << 30
GPU = Gpu("u0", 0, "test", 100 * GIB)
HOST = HostReading(10, 4, GIB, 8 * GIB, False, 10 * GIB, 100 * GIB, "/runs")
RUN = RunSummary("r1", "night", "/r1", 0.0, None, "k1", "classify", "ernie", "gpu", "training")


class Clocks:
    """A steady clock and one that can be set."""

    def __init__(self) -> None:
        self.steady, self.wall = 500.0, 1_700_000_000.0

    def pass_s(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += seconds


class Backend:
    """One GPU, always 50 % busy."""

    name, simulated = "test", False

    def open(self) -> Inventory:
        return Inventory((GPU,))

    def fast(self) -> list[FastReading]:
        return [FastReading(busy=50, used=GIB)]

    def slow(self) -> list[SlowReading]:
        return [SlowReading()]

    def needs_reopening(self) -> bool:
        return False

    def close(self) -> None:
        pass


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def sampled(clocks: Clocks, sampler: Sampler, watch: _Watch, count: int) -> list[Sample]:
    """So many samples, a second apart, as the thread takes them."""
    found = []
    for _ in range(count):
        found.append(watch.take())
        sampler._remember(found[-1])
        clocks.pass_s(1)
    return found


@pytest.mark.parametrize("jump", [DAY, -DAY, 3600 * 5 + 7, -61])
def test_setting_the_clock_neither_tears_nor_empties_the_past(clocks: Clocks, jump: int) -> None:
    sampler = Sampler(Backend(), clock=lambda: clocks.steady, wall=lambda: clocks.wall)
    watch = _Watch(sampler)
    before = sampled(clocks, sampler, watch, 100)
    clocks.wall += jump
    after = sampled(clocks, sampler, watch, 100)
    assert abs(after[-1].t - clocks.wall) <= 16, "the time of samples follows"
    assert [sample.seq - before[0].seq for sample in before + after] == list(range(200))
    assert after[0].generation == before[0].generation + 1, "pages get the past anew"
    assert {sample.generation for sample in after} == {after[0].generation}
    window = sampler.history.window("15m", after[-1].t, 900)
    busy = window["tracks"]["u0"]["busy"]
    assert busy[-200:] == [50] * 200, "as many as were taken, without a gap"
    assert set(busy[:-200]) == {None}
    assert abs(window["end"] - clocks.wall) <= 16


def test_a_clock_that_drifts_is_followed_without_a_new_past(clocks: Clocks) -> None:
    timeline = Timeline(lambda: clocks.steady, lambda: clocks.wall)
    for _ in range(7):
        clocks.wall += 1
        assert timeline.correct() == 0
    clocks.wall += 3
    assert timeline.correct() == 15
    assert abs(timeline.now() - clocks.wall) < 8


def test_a_minute_in_which_the_server_was_stopped_is_a_gap_and_no_burst(clocks: Clocks) -> None:
    sampler = Sampler(Backend(), clock=lambda: clocks.steady, wall=lambda: clocks.wall)
    watch = _Watch(sampler)
    first = sampled(clocks, sampler, watch, 10)
    clocks.pass_s(60)
    watch.schedule(clocks.steady)
    assert watch.deadline <= clocks.steady
    second = sampled(clocks, sampler, watch, 10)
    assert second[0].generation == first[0].generation
    busy = sampler.history.window("15m", second[-1].t, 900)["tracks"]["u0"]["busy"]
    assert busy[-80:] == [50] * 10 + [None] * 60 + [50] * 10
    watch.schedule(clocks.steady)
    assert watch.deadline == clocks.steady, "what was missed is not made up for"


def test_the_coarse_past_moves_along() -> None:
    history = History()
    for t in range(0, 3600, 15):
        history.add(float(t), {"u0": (t // 60, t)})
    before = history.window("6h", 3599, 1440)["tracks"]
    history.move(-90_000)
    assert history.window("6h", 3599 - 90_000, 1440)["tracks"] == before


def sample(t: float, steady: float, **reading: object) -> Sample:
    fast = FastReading(total=100 * GIB, **{"used": 10 * GIB, **reading})  # type: ignore[arg-type]
    return Sample(1, t, steady, 1, Inventory((GPU,)), (fast,), (), {}, HOST, 1)


def codes(dog: Watchdog, one: Sample, ownership=None, runs=()) -> list[str]:
    new, _ = dog.look(one, ownership or Ownership(), runs)
    return [alert.code for alert in new]


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_what_must_last_is_not_thought_to_because_the_clock_was_set(jump: int) -> None:
    dog = Watchdog(space=lambda folder: None)
    hot = {"throttle": Throttle.HOT, "used": 95 * GIB}
    assert codes(dog, sample(1e9, 100, **hot)) == []
    assert codes(dog, sample(1e9 + jump, 101, **hot)) == []
    assert codes(dog, sample(1e9 + jump + 5, 106, **hot)) == ["memory-full"]
    assert codes(dog, sample(1e9 + jump + 30, 131, **hot)) == ["throttling"]


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_run_and_a_notebook_are_not_idle_because_the_clock_was_set(jump: int) -> None:
    dog = Watchdog(space=lambda folder: None)
    run = dataclasses.replace(RUN, kernel=None, heard=1e9)
    kernel = Kernel("k2", 1, "a.ipynb", state="idle", last_activity=1e9)
    owners = Ownership((Owner("notebook", "k2", "a.ipynb", {0: 30 * GIB}, kernel),))
    assert codes(dog, sample(1e9 + 1, 100), owners, [run]) == []
    assert codes(dog, sample(1e9 + jump + 2, 101), owners, [run]) == []
    assert codes(dog, sample(1e9 + jump + 179, 279), owners, [run]) == []
    assert codes(dog, sample(1e9 + jump + 182, 283), owners, [run]) == ["stalled"]
    heard = dataclasses.replace(run, heard=1e9 + jump + 183)
    _, over = dog.look(sample(1e9 + jump + 184, 285), owners, [heard])
    assert over == ["stalled:r1"]
    idle = codes(dog, sample(1e9 + jump + 1210, 100 + 1210), owners, [])
    assert idle == ["held-idle"]


def test_a_silence_is_never_negative_and_ends_with_a_new_stamp() -> None:
    silences = Silences()
    assert silences.seconds("run", stamp=2e9, now=1e9, steady=10) == 0.0, "stamped in the future"
    assert silences.seconds("run", stamp=2e9, now=1e9, steady=40) == 30.0
    assert silences.seconds("run", stamp=2e9 + 1, now=1e9 + 30, steady=41) == 0.0
    assert silences.seconds("run", stamp=1.0, now=1e9 + 31, steady=43) == 2.0
    silences.forget(before=43)
    assert silences.seconds("run", stamp=1.0, now=1e9 + 32, steady=44) == 3.0
    silences.forget(before=45)
    assert silences.seconds("run", stamp=1e9, now=1e9 + 32, steady=45) == 32.0


def test_who_held_what_survives_a_clock_set_back() -> None:
    held = HeldLog()
    held.look(1000.0, Ownership())
    held.look(1000.0 - DAY, Ownership())
    held.look(1001.0 - DAY, Ownership())
    assert held.at(1001.0 - DAY) is not None
    assert held.at(1000.0 - DAY / 2) is None
