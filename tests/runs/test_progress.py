"""One estimate of a run's progress: a share that never falls, and a time left that comes true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_lab.runs.pace import Like
from paddle_lab.runs.progress import JobProgress
from paddle_lab.runs.speeds import read_speeds, remember_speeds


class Clock:
    """Moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Job = Callable[..., JobProgress]
PARTS = ("load", "train", "evaluate", "save", "report", "verify")


def times(name: str, factor: float) -> Like:
    """So many times a unit of another part."""
    return lambda unit: None if (found := unit(name)) is None else factor * found


@pytest.fixture
def job(clock: Clock) -> JobProgress:
    """Load 10 s, train 100 steps, evaluate twice 200 rows, report 200 rows, verify 8 s."""
    made = JobProgress(PARTS, loop=("train", "evaluate", "save"), clock=clock)
    made.plan("load", 1, expected=10)
    made.plan("train", 100, expected=0.1)
    made.plan("evaluate", 400, like=times("train", 0.2))
    made.plan("save", 2, expected=0.5)
    made.plan("report", 200, like=times("evaluate", 1.0))
    made.plan("verify", 1, expected=8)
    return made


def test_nothing_is_known_before_a_step_and_the_share_moves_all_the_same(
    job: JobProgress, clock: Clock
) -> None:
    assert job.now().share is None
    job.enter("load")
    clock.now += 2
    early = job.now()
    assert early.left_s is None and early.share is not None and 0 < early.share <= 0.1


def test_the_time_left_counts_what_follows_the_training(job: JobProgress, clock: Clock) -> None:
    job.enter("load")
    clock.now += 10
    job.enter("train")
    clock.now += 25
    job.count(50)
    left = job.now().left_s
    # 50 steps of half a second, 600 rows at a fifth of that, two checkpoints and the proof.
    assert left == pytest.approx(25 + 60 + 1 + 8, rel=0.1)


def test_a_part_is_measured_where_it_takes_place(job: JobProgress, clock: Clock) -> None:
    job.enter("train")
    clock.now += 50
    job.count(50)
    job.enter("evaluate")
    clock.now += 2
    job.count_here(200)
    job.enter("train")
    # 50 steps of a second; 400 rows of a hundredth.
    assert job.now().left_s == pytest.approx(50 + 4 + 1 + 8, rel=0.1)


def test_the_beginning_of_a_part_does_not_slow_the_rest_of_it(
    job: JobProgress, clock: Clock
) -> None:
    job.drop("evaluate", "save", "report", "verify")
    job.enter("train")
    clock.now += 3
    job.count(1)  # what is made once before the first step, and the step
    for step in range(2, 12):
        clock.now += 0.1
        job.count(step)
    assert job.now().left_s == pytest.approx(89 * 0.1, rel=0.1)


def test_units_that_are_not_alike_are_counted_by_their_work(clock: Clock) -> None:
    made = JobProgress(["train"], clock=clock)
    # Ten windows, the longest first: 100 tokens, 90, ..., 10.
    made.plan(
        "train", 10, expected=0.01, work=lambda done: sum(100 - 10 * n for n in range(int(done)))
    )
    made.plan("train", 10)  # told again: what a unit is stays
    made.enter("train")
    assert made.now().left_s is None
    for done in range(1, 4):
        clock.now += 0.02 * (110 - 10 * done)
        made.count(done)
    # Of 550 tokens 280 are left, at a fiftieth of a second each.
    assert made.now().left_s == pytest.approx(280 * 0.02, rel=0.15)
    assert made.now().share == pytest.approx(270 / 550, rel=0.1)


def test_a_part_is_expected_to_take_what_several_others_tell(clock: Clock) -> None:
    made = JobProgress(["load", "train", "verify"], clock=clock)
    made.plan("load", 1)
    made.plan("train", 10, expected=1.0)
    made.plan("verify", 1, like=lambda unit: (unit("load") or 0) + 5 * (unit("train") or 0))
    made.enter("load")
    clock.now += 4
    made.count(1)
    made.enter("train")
    clock.now += 20
    made.count(10)
    assert made.now().left_s == pytest.approx(4 + 5 * 2, rel=0.1)


def test_a_part_that_ends_early_takes_no_more_time(job: JobProgress, clock: Clock) -> None:
    job.enter("train")
    clock.now += 5
    job.count(5)
    job.cut("train", 5)
    job.cut("evaluate", 200)
    job.enter("report")
    clock.now += 1
    job.count_here(100)
    left = job.now().left_s
    assert left == pytest.approx(1 + 8, rel=0.35)


def test_what_is_dropped_is_not_waited_for(job: JobProgress, clock: Clock) -> None:
    job.enter("train")
    clock.now += 10
    job.count(100)
    job.drop("evaluate", "save", "report", "verify")
    assert job.now().left_s == 0


def test_a_silent_part_that_takes_longer_says_that_something_is_left(
    job: JobProgress, clock: Clock
) -> None:
    job.enter("verify")
    seen = []
    for _ in range(20):
        clock.now += 2
        seen.append(job.now())
    assert all(one.left_s is not None and one.left_s > 0 for one in seen)
    shares = [one.share or 0 for one in seen]
    assert shares == sorted(shares) and shares[-1] < 1


def test_the_share_never_falls_whatever_a_part_turns_out_to_take(
    job: JobProgress, clock: Clock
) -> None:
    job.enter("train")
    shares = []
    for step, seconds in enumerate([0.1] * 30 + [5.0] * 30 + [0.01] * 40, start=1):
        clock.now += seconds
        job.count(step)
        shares.append(job.now().share or 0)
    assert shares == sorted(shares)


@pytest.mark.parametrize("name", ["paused", "queued"])
def test_time_that_is_no_work_is_left_out(job: JobProgress, clock: Clock, name: str) -> None:
    job.enter("train")
    clock.now += 10
    job.count(10)
    before = job.now()
    job.enter(name)
    clock.now += 3600
    job.enter("train")
    assert job.now() == before


def test_a_process_that_stood_still_did_no_work(job: JobProgress, clock: Clock) -> None:
    job.enter("train")
    clock.now += 10
    job.count(10)
    before = job.now()
    clock.now += 600
    job.skip(600)
    assert job.now() == before


def test_a_resumed_run_stands_where_its_checkpoint_does(job: JobProgress, clock: Clock) -> None:
    job.did_before("train", 50)
    job.enter("load")
    clock.now += 10
    job.enter("train")
    for step in (55, 60):
        clock.now += 5
        job.count(step)
    now = job.now()
    assert now.share is not None and now.share > 0.25
    assert now.left_s == pytest.approx(40 + 0.2 * 600 + 9, rel=0.15)


def test_an_earlier_run_on_this_machine_says_what_a_new_one_takes(
    clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "speeds.json"
    first = JobProgress(clock=clock)
    first.plan("train", 10)
    first.enter("train")
    clock.now += 20
    first.count(10)
    remember_speeds({"train|mini": first.measured()["train"]}, path)
    again = JobProgress(clock=clock)
    again.plan("train", 10, expected=read_speeds(path)["train|mini"], earlier=True)
    again.enter("train")
    assert again.now().left_s == pytest.approx(20)


def test_the_last_part_is_measured_when_the_job_has_ended(clock: Clock) -> None:
    job = JobProgress(["train", "verify"], clock=clock)
    job.plan("train", 1)
    job.plan("verify", 1, expected=8)
    job.enter("train")
    clock.now += 20
    job.count(1)
    job.enter("verify")
    clock.now += 5
    assert "verify" not in job.measured()
    job.finish()
    assert job.measured() == {"train": 20, "verify": 5}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"speeds": {"a": 1}}',
        '{"version": 2, "host": "elsewhere", "speeds": {"a": 1}}',
    ],
)
def test_speeds_that_cannot_be_used_are_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "speeds.json"
    path.write_text(content)
    assert read_speeds(path) == {}


def test_odd_speeds_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    remember_speeds({"good": 2.0}, path)
    text = path.read_text()
    path.write_text(text.replace('"good": 2.0', '"good": 2.0, "odd": "x", "less": -1, "long": 1e9'))
    assert read_speeds(path) == {"good": 2.0}
