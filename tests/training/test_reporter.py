"""Between the loop and people: points that are not too many, requests that are heeded."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.events import read_events
from paddle_lab.training import reporter as module
from paddle_lab.training.reporter import Aborted, Control, Reporter


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(RunSpec(train="a.tsv"), tmp_path)


def test_a_stop_for_the_step_outranks_one_for_the_epoch() -> None:
    control = Control()
    control.heed("stop", "epoch")
    assert control.stop == "epoch"
    control.heed("stop", "step")
    control.heed("stop", "epoch")
    assert control.stop == "step"


def test_requests_reach_the_control_by_the_file(folder: RunFolder) -> None:
    reporter = Reporter(folder)
    folder.ask("stop", "epoch", "server")
    reporter.look(now=True)
    assert reporter.control.stop == "epoch"


def test_every_view_learns_once_that_a_stop_was_asked_for(folder: RunFolder) -> None:
    reporter = Reporter(folder)
    for when in ("epoch", "step"):
        folder.ask("stop", when)
        reporter.look(now=True)
    notices = [event for event in read_events(folder.events_path) if event["kind"] == "notice"]
    assert [n["text"]["en"] for n in notices] == ["Asked to stop after this epoch."]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The reporter's clock: stands still but where a test moves it."""
    now = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_the_speed_is_of_steps_alone(folder: RunFolder, clock: list[float]) -> None:
    reporter = Reporter(folder)
    reporter.start_steps(0, 100)
    clock[0] += 0.6  # an evaluation
    reporter.leave_out(0.6)
    clock[0] += 0.05
    reporter.point(10, 0.1, 0.5, 1e-4, samples=100)
    (point,) = [event for event in read_events(folder.events_path) if event["kind"] == "step"]
    assert point["samples_per_s"] == pytest.approx(100 / 0.05)
    assert point["left_s"] == pytest.approx(9 * 0.65, abs=0.1), "evaluations lie ahead too"


def test_a_pause_holds_the_loop_until_resumed_and_is_told(folder: RunFolder) -> None:
    reporter = Reporter(folder)
    reporter.control.heed("pause", "step")
    held = threading.Thread(target=reporter.wait_while_paused)
    held.start()
    time.sleep(0.2)
    assert held.is_alive()
    folder.ask("resume")
    held.join(timeout=60)
    assert not held.is_alive()
    phases = [event["phase"] for event in read_events(folder.events_path)]
    assert phases == ["paused", "train"]


def test_a_stop_ends_a_pause(folder: RunFolder) -> None:
    reporter = Reporter(folder)
    reporter.control.heed("pause", "step")
    held = threading.Thread(target=reporter.wait_while_paused)
    held.start()
    folder.ask("stop")
    held.join(timeout=60)
    assert not held.is_alive()


def test_points_come_at_once_and_then_not_too_often(folder: RunFolder, clock: list[float]) -> None:
    reporter = Reporter(folder)
    reporter.start_steps(0, 1000)
    assert reporter.point_is_due()
    reporter.point(1, 0.1, 0.7, 1e-4, 32)
    clock[0] += 0.2
    assert not reporter.point_is_due()
    clock[0] += 0.1
    assert reporter.point_is_due()
    event = read_events(folder.events_path)[-1]
    assert event["step"] == 1 and event["left_s"] >= 0 and event["memory_mb"] > 0


def test_a_log_that_cannot_be_written_never_ends_the_training(folder: RunFolder) -> None:
    reporter = Reporter(folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    reporter._log.append = full  # type: ignore[method-assign,assignment]
    reporter.phase("train")
    reporter.point(1, 0.1, 0.7, 1e-4, 32)
    assert reporter.lost_events == 2


def test_an_abort_leaves_from_anywhere() -> None:
    control = Control(abort=True)
    with pytest.raises(Aborted):
        control.raise_if_aborted()
