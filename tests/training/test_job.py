"""What a run is expected to take, before it has begun: of every task, remembered or not."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import pytest

from paddle_lab.data import Prepared
from paddle_lab.runs import RunSpec
from paddle_lab.runs.speeds import read_speeds, remember_speeds
from paddle_lab.tasks import get_task
from paddle_lab.training import job as module
from paddle_lab.training.job import PARTS, RunJob
from paddle_lab.training.tables import prepare_for
from paddle_lab.training.work import EvenWork

pytestmark = pytest.mark.slow  # the samples are read

SAMPLES = {"classify": "reviews", "tag": "people", "pair": "pairs", "regress": "stars",
           "answer": "cmrc"}  # fmt: skip


@functools.lru_cache
def prepared_for(task: str, limit: int = 40) -> tuple[RunSpec, Prepared]:
    spec = RunSpec(train=SAMPLES[task], task=task, limit=limit)
    return spec, prepare_for(spec, {})


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "data"))


@pytest.mark.parametrize("task", SAMPLES)
def test_a_first_run_says_nothing_before_it_has_a_pace(task: str) -> None:
    job = RunJob(*prepared_for(task))
    job.enter("load")
    assert job.now().left_s is None
    job.enter("train")
    job.count(1)  # with what is made once
    assert job.now().left_s is None
    job._clock = lambda: time.monotonic() + 1.0
    job.count(5)
    left = job.now().left_s
    assert left is not None and 0 < left < 3600


@pytest.mark.parametrize("task", SAMPLES)
def test_a_baseline_of_more_rows_is_expected_to_take_longer(task: str) -> None:
    (_, few), (_, many) = prepared_for(task), prepared_for(task, 150)
    one, more = (get_task(task).compare_seconds(data.train, few.evaluated) for data in (few, many))
    assert 0 < one < more < 60


def test_a_shape_that_was_trained_before_is_known_from_the_start() -> None:
    spec, prepared = prepared_for("classify")
    first = RunJob(spec, prepared)
    clock = 0.0
    first._clock = lambda: clock
    first.skip(-1e9)  # the clock of the test begins at nought
    first._counted_at = 0.0
    for name in PARTS:
        first.enter(name)
        clock += 2.0
        if name in ("train", "evaluate", "report"):
            first.count(first._parts[name].units)
    first.imported(1.5)
    first.remember()
    assert read_speeds()["import"] == 1.5 and "compare|classify" in read_speeds()
    again = RunJob(spec, prepared)
    again.enter("load")
    assert again.now().left_s == pytest.approx(2.0 * len(PARTS), abs=6.0)


def test_what_was_remembered_in_another_form_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    remember_speeds({"load": 2.0}, path)
    path.write_text(path.read_text().replace('"version": 2', '"version": 1'))
    assert read_speeds(path) == {}


def test_pairs_ask_the_model_as_it_came_where_there_are_two_labels() -> None:
    spec, prepared = prepared_for("pair")
    task = get_task("pair")
    rows = len(prepared.train) + len(prepared.evaluated)
    assert task.asked_untrained(prepared.train, prepared.evaluated) == rows
    assert get_task("classify").asked_untrained(prepared.train, prepared.evaluated) == 0
    assert module.LOOP == ("train", "evaluate", "save") and spec.baseline


def test_guesses_in_seconds_are_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(slow: float) -> float:
        monkeypatch.setattr(module, "slowness", lambda: slow)
        job = RunJob(*prepared_for("tag"))
        return sum(part.expected or 0.0 for part in job._parts.values() if part.name != "model")

    assert told(2.0) == pytest.approx(2 * told(1.0), rel=0.01)


@pytest.mark.parametrize("reading", [0.2, 2.0])
def test_reading_the_answers_of_an_evaluation_takes_no_time_left_away(reading: float) -> None:
    """Of an evaluation, outputs take a second and reading answers from them another time."""
    job = RunJob(*prepared_for("answer"))
    clock = 0.0
    job._clock = lambda: clock
    job._counted_at = 0.0
    windows, steps, computed = 60, 10, []
    tokens = EvenWork(200)
    job.plan("train", 2 * steps, expected=0.0005, earlier=True, work=tokens)
    job.plan("evaluate", 2 * windows, like=job._evaluation, work=tokens)
    for turn in range(2):
        job.enter("train")
        for step in range(steps):
            clock += 0.1
            job.count(turn * steps + step + 1)
        job.enter("evaluate")
        before = job.now().left_s
        share = module.computing_share(job)
        for done in (20, 40, 60):
            clock += 1 / 3
            job.count_here(done * share)
        computed.append((before, job.now().left_s))
        clock += reading
        module.know_evaluation(job, 1.0, reading)
        job.count_here(windows)
    (_, _), (before, after) = computed
    assert before is not None and after is not None
    assert after == pytest.approx(before - 1.0, rel=0.15)
    assert module.computing_share(job) == pytest.approx(1 / (1 + reading))
