"""Warnings: raised once, for a reason that lasts, and over when the reason has gone."""

from __future__ import annotations

import dataclasses

import pytest

from paddle_lab.gpu.alerts import Watchdog
from paddle_lab.gpu.host import HostReading
from paddle_lab.gpu.ownership import Kernel, Owner, Ownership
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.gpu.sampler import Sample
from paddle_lab.gpu.states import GPU_LOST
from paddle_lab.gpu.throttle import Throttle
from paddle_lab.runs.summary import RunSummary

GIB = 1 << 30
GPU = Gpu("u0", 0, "test", 100 * GIB)
HOST = HostReading(10, 4, GIB, 8 * GIB, False, 10 * GIB, 100 * GIB, "/runs")
NOBODY = Ownership()
RUN = RunSummary(
    "r1", "reviews", "/runs/r1", 0.0, None, "k1", "classify", "ernie", "gpu", "training"
)


def sample(t: float, used: float = 10, host: HostReading = HOST, **reading: object) -> Sample:
    fast = FastReading(used=int(used * GIB), total=100 * GIB, **reading)  # type: ignore[arg-type]
    return Sample(1, t, t, 1, Inventory((GPU,)), (fast,), (), {}, host, 1)


def watchdog() -> Watchdog:
    """One that knows no disk but the one of the sample."""
    return Watchdog(space=lambda folder: None)


def watch(dog: Watchdog, samples: list[Sample], owners=NOBODY, summaries=()) -> list[str]:
    """Codes of the alerts raised over these samples."""
    raised = []
    for one in samples:
        new, _ = dog.look(one, owners, summaries)
        raised += [alert.code for alert in new]
    return raised


def test_all_is_well():
    assert watch(watchdog(), [sample(t, 10) for t in range(100)]) == []


def test_memory_nearly_full_is_said_once_and_taken_back():
    dog = watchdog()
    assert watch(dog, [sample(t, 95) for t in range(60)]) == ["memory-full"]
    alert = dog.active["memory:u0"]
    assert alert.action == "free-most"
    assert "95%" in alert.text.to_json()["en"]
    assert "95%" in alert.text.to_json()["zh"]
    _, over = dog.look(sample(61, 20), Ownership(), ())
    assert over == ["memory:u0"]
    assert watch(dog, [sample(t, 95) for t in range(62, 80)]) == ["memory-full"]


def test_a_short_peak_is_no_alert():
    spikes = [sample(t, 95 if t % 4 == 0 else 50) for t in range(100)]
    assert watch(watchdog(), spikes) == []


def test_memory_that_will_be_full_soon():
    climbing = [sample(t, 50 + t) for t in range(35)]
    assert watch(watchdog(), climbing) == ["memory-filling"]


def test_an_allocator_that_jumps_once_is_not_filling_up():
    assert watch(watchdog(), [sample(t, 40 if t < 20 else 70) for t in range(80)]) == []


def test_heat_for_half_a_minute_but_not_the_power_limit():
    hot = [sample(t, throttle=Throttle.HOT) for t in range(40)]
    assert watch(watchdog(), hot) == ["throttling"]
    capped = [sample(t, throttle=Throttle.POWER_CAP) for t in range(400)]
    assert watch(watchdog(), capped) == []


def test_a_lost_gpu():
    dog = watchdog()
    assert watch(dog, [sample(1, condition=GPU_LOST)] * 3) == ["gpu-lost"]


def owner(state: str = "idle", idle: float = 0.0, gib: float = 30) -> Ownership:
    kernel = Kernel("k1", 1, "a.ipynb", state=state, last_activity=10_000 - idle)
    memory = {0: int(gib * GIB)}
    return Ownership((Owner("notebook", "k1", "a.ipynb", memory, kernel, "a.ipynb"),))


@pytest.mark.parametrize(
    ("ownership", "summaries", "expected"),
    [
        (owner(idle=25 * 60), (), ["held-idle"]),
        (owner(idle=5 * 60), (), []),
        (owner("busy", idle=25 * 60), (), []),
        (owner(idle=25 * 60, gib=1), (), []),
        (owner(idle=25 * 60), (dataclasses.replace(RUN, heard=9_999),), []),
    ],
    ids=["idle", "not long enough", "busy", "little memory", "trains in the background"],
)
def test_memory_held_by_an_idle_notebook(ownership, summaries, expected):
    assert watch(watchdog(), [sample(10_000)], ownership, summaries) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loss_lost": True}, "loss-nan"),
        ({"loss_flat": True}, "loss-flat"),
        ({"heard": 9_000.0}, "stalled"),
        ({"state": "crashed", "heard": 9_000.0}, "crashed"),
        ({"state": "failed", "ended": 9_000.0, "diverged": True}, "loss-nan"),
    ],
)
def test_a_run_in_trouble(changes, expected):
    summary = dataclasses.replace(RUN, **changes)
    dog = watchdog()
    assert watch(dog, [sample(10_000), sample(10_001)], summaries=(summary,)) == [expected]
    assert next(iter(dog.active.values())).about == "r1"


@pytest.mark.parametrize(
    "changes", [{"heard": 9_990.0}, {"state": "paused", "heard": 1.0}, {"state": "finished"}]
)
def test_a_run_without_trouble(changes):
    summary = dataclasses.replace(RUN, **changes)
    assert watch(watchdog(), [sample(10_000)], summaries=(summary,)) == []


def test_a_crash_of_yesterday_is_no_news():
    summary = dataclasses.replace(RUN, state="crashed", heard=10_000.0)
    assert watch(watchdog(), [sample(100_000)], summaries=(summary,)) == []


def test_who_held_what_when_memory_ran_out():
    dog = watchdog()
    for t in range(100, 155, 5):
        dog.look(sample(t), owner(gib=70), ())
    dog.look(sample(200), owner(gib=1), ())
    summary = dataclasses.replace(RUN, state="failed", ended=150.0, out_of_memory=True)
    new, _ = dog.look(sample(201), owner(gib=1), (summary,))
    (alert,) = [item for item in new if item.code == "out-of-memory"]
    assert "a.ipynb 70.0 GiB" in alert.text.to_json()["en"]
    assert "70.0 GiB" in alert.text.to_json()["zh"]


def test_what_was_held_while_nobody_watched_is_not_made_up():
    dog = watchdog()
    dog.look(sample(100), owner(gib=70), ())
    summary = dataclasses.replace(RUN, state="failed", ended=150.0, out_of_memory=True)
    (alert,) = dog.look(sample(500), owner(gib=1), (summary,))[0]
    assert "GiB" not in alert.text.to_json()["en"]
    assert "nobody was watching" in alert.text.to_json()["en"]


@pytest.mark.parametrize(("step", "word"), [(None, "begin again"), (40, "checkpoint at step 40")])
def test_a_crash_says_from_where_it_can_go_on(step, word):
    summary = dataclasses.replace(RUN, state="crashed", heard=9_990.0, checkpoint=step)
    (alert,) = watchdog().look(sample(10_000), NOBODY, (summary,))[0]
    assert word in alert.text.to_json()["en"]
    assert alert.action == "resume-run"


@pytest.mark.parametrize("simulated", [True, False])
def test_nobody_is_warned_of_simulated_gpus(simulated):
    dog = watchdog()
    alerts = []
    for t in range(10):
        full = dataclasses.replace(sample(t, 95), simulated=simulated)
        alerts += dog.look(full, NOBODY, ())[0]
    assert [alert.code for alert in alerts] == ([] if simulated else ["memory-full"])


def test_a_full_slice_is_named_and_its_gpu_not_warned_of_twice():
    whole = dataclasses.replace(GPU, mig=True)
    slices = [Gpu(f"m{i}", 0, "slice", 10 * GIB, parent=0) for i in range(2)]
    full = FastReading(used=int(9.9 * GIB), total=10 * GIB)
    empty = FastReading(used=0, total=10 * GIB)
    reading = FastReading(used=99 * GIB, total=100 * GIB)
    inventory = Inventory((whole, *slices))
    dog = watchdog()
    alerts = []
    for t in range(10):
        one = Sample(t, t, t, 1, inventory, (reading, empty, full), (), {}, HOST, 1)
        alerts += dog.look(one, NOBODY, ())[0]
    (alert,) = alerts
    assert alert.text.to_json()["en"].startswith("GPU 0 slice 1:")


def test_names_with_braces_stay_as_they_are():
    summary = dataclasses.replace(RUN, name="{why} %s <b>", loss_lost=True)
    dog = watchdog()
    dog.look(sample(1), Ownership(), (summary,))
    assert dog.active["nan:r1"].text.to_json()["en"].startswith("{why} %s <b>:")


@pytest.mark.parametrize(
    ("space", "live", "expected"),
    [
        ((GIB, 50 * GIB), "training", ["disk-full"]),
        ((GIB, 50 * GIB), "finished", []),
        ((GIB, 100 * GIB), "training", []),
        (None, "training", []),
    ],
    ids=["nearly full", "run is over", "the server's own disk", "cannot be asked"],
)
def test_a_live_run_on_another_disk(space, live, expected):
    summary = dataclasses.replace(RUN, state=live)
    dog = Watchdog(space=lambda folder: space)
    assert watch(dog, [sample(1), sample(2)], summaries=(summary,)) == expected


@pytest.mark.parametrize(("used", "expected"), [(97, ["disk-full"]), (50, [])])
def test_the_disk_of_the_runs(used, expected):
    host = dataclasses.replace(HOST, disk_used=used * GIB)
    assert watch(watchdog(), [sample(1, host=host)] * 3) == expected
