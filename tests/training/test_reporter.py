"""Between the loop and people: points that are not too many, requests that are applied."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paddle_lab.i18n import T
from paddle_lab.runs import EventLog, RunFolder, RunSpec
from paddle_lab.runs.events import read_events
from paddle_lab.runs.requests import Request, RequestWatcher
from paddle_lab.runs.reserve import Reserve
from paddle_lab.training import reporter as module
from paddle_lab.training.reporter import Aborted, Control, Reporter


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(RunSpec(train="a.tsv"), tmp_path)


def test_a_stop_for_the_step_outranks_one_for_the_epoch() -> None:
    control = Control()
    control.apply("stop", "epoch")
    assert control.stop == "epoch"
    control.apply("stop", "step")
    control.apply("stop", "epoch")
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
    reporter.control.apply("pause", "step")
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
    reporter.control.apply("pause", "step")
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
    assert event["step"] == 1 and event["left_s"] is None and event["memory_mb"] > 0


class Disk:
    """A disk for events and the reserve, of which a test decides how much it still takes."""

    def __init__(self, folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events_it_takes = 10**6
        append, hold, release = EventLog.append, Reserve.hold, Reserve.release
        disk = self

        def append_if_space(log: EventLog, kind: str, **fields: Any) -> Any:
            if disk.events_it_takes <= 0:
                raise OSError(28, "No space left on device")
            disk.events_it_takes -= 1
            return append(log, kind, **fields)

        def hold_if_space(reserve: Reserve) -> bool:
            return disk.events_it_takes > 0 and hold(reserve)

        def release_space(reserve: Reserve) -> None:
            if folder.reserve_path.exists():
                disk.events_it_takes += 20
            release(reserve)

        monkeypatch.setattr(EventLog, "append", append_if_space)
        monkeypatch.setattr(Reserve, "hold", hold_if_space)
        monkeypatch.setattr(Reserve, "release", release_space)


@pytest.fixture
def disk(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(folder, monkeypatch)


def points(reporter: Reporter, first: int, count: int) -> None:
    for step in range(first, first + count):
        reporter.point(step, 0.1, 0.7, 1e-4, 32)


def codes(folder: RunFolder) -> list[str]:
    return [event["code"] for event in read_events(folder.events_path) if "code" in event]


def test_a_full_disk_is_told_once_and_the_end_still_gets_through(
    folder: RunFolder, disk: Disk
) -> None:
    reporter = Reporter(folder)
    points(reporter, 1, 3)
    disk.events_it_takes = 0
    points(reporter, 4, 50)
    reporter.notice("warning", "checkpoint-failed", T("x", "x"))
    reporter.end("finished", 53)
    state = folder.state()
    assert state.state == "finished" and state.columns["step"] == [1, 2, 3]
    assert codes(folder) == ["events-lost", "checkpoint-failed"]
    assert reporter.lost_events == 50
    assert not folder.reserve_path.exists()


def test_a_disk_that_has_space_again_takes_points_again_and_the_loss_is_told(
    folder: RunFolder, disk: Disk, clock: list[float]
) -> None:
    reporter = Reporter(folder)
    disk.events_it_takes = 0
    points(reporter, 1, 5)
    clock[0] += 60
    disk.events_it_takes = 100
    points(reporter, 6, 2)
    assert folder.state().columns["step"] == [6, 7]
    assert codes(folder) == ["events-lost", "events-again"]
    assert "5 events were lost" in folder.state().notices[-1]["text"]["en"]
    assert folder.reserve_path.exists(), "for the next time"


def test_a_disk_that_takes_nothing_at_all_never_ends_the_training(
    folder: RunFolder, disk: Disk
) -> None:
    disk.events_it_takes = 0
    reporter = Reporter(folder)
    points(reporter, 1, 3)
    reporter.phase("report")
    reporter.end("finished", 3)
    assert read_events(folder.events_path) == [] and reporter.lost_events >= 5


def test_requests_that_cannot_be_read_never_end_the_training(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = Reporter(folder)
    poll = RequestWatcher.poll

    def broken(watcher: RequestWatcher) -> list[Request]:
        monkeypatch.setattr(RequestWatcher, "poll", poll)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(RequestWatcher, "poll", broken)
    folder.ask("stop")
    reporter.look(now=True)
    assert reporter.control.stop is None
    reporter.look(now=True)
    assert reporter.control.stop == "step"


def test_a_process_that_was_stopped_for_a_minute_goes_on_at_its_speed(
    folder: RunFolder, clock: list[float]
) -> None:
    reporter = Reporter(folder)
    reporter.start_steps(0, 100)
    for step in range(1, 21):
        clock[0] += 0.5 if step != 11 else 60.5
        reporter.point(step, 0.1, 0.5, 1e-4, samples=16)
    speeds, left = (folder.state().columns["samples_per_s"], folder.state().left_s)
    assert min(speeds) == pytest.approx(32.0)
    assert left == pytest.approx(80 * 0.5, abs=0.2)


def test_a_machine_that_has_become_slow_is_measured_as_it_is(
    folder: RunFolder, clock: list[float]
) -> None:
    reporter = Reporter(folder)
    reporter.start_steps(0, 100)
    for step in range(1, 13):
        clock[0] += 0.1 if step <= 10 else 30.0
        reporter.point(step, 0.1, 0.5, 1e-4, samples=16)
    assert folder.state().columns["samples_per_s"][-1] == pytest.approx(16 / 30, abs=0.01)


def test_an_abort_leaves_from_anywhere() -> None:
    control = Control(abort=True)
    with pytest.raises(Aborted):
        control.raise_if_aborted()
