"""What every view draws: events folded into a state."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from paddle_lab.runs import process
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.state import COLUMNS, RunState

MARK = {"pid": 1, "started": 1.0, "host": "another-host.example"}


def folded(*events: dict[str, Any]) -> RunState:
    state = RunState()
    for number, event in enumerate(events):
        state.fold({"seq": number, "t": 100.0 + number, **event})
    return state


def step(number: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "step", "step": number, "loss": 1.0 / number, "left_s": 5.0, **fields}


def test_a_whole_life() -> None:
    state = folded(
        {"kind": "phase", "phase": "data"},
        {"kind": "phase", "phase": "train", "total_steps": 3, "epochs": 1.0},
        step(1),
        step(2),
        {"kind": "eval", "step": 2, "metrics": {"accuracy": 0.8}, "best": True},
        step(3),
        {"kind": "eval", "step": 3, "metrics": {"accuracy": 0.9}, "best": True},
        {"kind": "phase", "phase": "export"},
        {"kind": "export", "ok": True, "bundle": "bundle"},
        {"kind": "end", "state": "finished", "step": 3},
    )
    assert state.state == "finished"
    assert state.columns["step"] == [1, 2, 3]
    assert state.total_steps == 3
    assert state.left_s is None
    assert [event["best"] for event in state.evals] == [False, True]
    assert state.best is not None and state.best["step"] == 3
    assert not state.live


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("queued", "queued"),
        ("data", "starting"),
        ("model", "starting"),
        ("train", "training"),
        ("evaluate", "training"),
        ("paused", "paused"),
        ("report", "finishing"),
        ("export", "finishing"),
        ("a phase of the future", "starting"),
    ],
)
def test_phases_and_states(phase: str, expected: str) -> None:
    assert folded({"kind": "phase", "phase": phase}).state == expected


def test_columns_stay_of_one_length_when_values_are_missing() -> None:
    state = folded(step(1, memory_mb=100.0), step(2))
    assert {len(column) for column in state.columns.values()} == {2}
    assert state.columns["memory_mb"] == [100.0, None]
    assert set(state.columns) == set(COLUMNS)


def test_repeated_and_unknown_events_change_nothing() -> None:
    state = folded(step(1))
    state.fold({"seq": 0, "t": 1.0, **step(9)})
    state.fold({"seq": 1, "t": 1.0, "kind": "of the future"})
    assert state.columns["step"] == [1]
    assert state.seq == 1


def test_a_resumed_run_forgets_the_first_telling_of_repeated_steps() -> None:
    state = folded(
        step(1),
        step(2),
        step(3),
        {"kind": "eval", "step": 2, "metrics": {"accuracy": 0.5}, "best": True},
        {"kind": "end", "state": "failed", "step": 3},
        {"kind": "phase", "phase": "data", "process": MARK},
        {"kind": "phase", "phase": "train", "from_step": 1},
        step(2),
    )
    assert state.columns["step"] == [1, 2]
    assert state.evals == []
    assert state.end is None and state.state == "training"


def test_a_run_that_is_taken_up_again_has_no_end_from_that_moment_on() -> None:
    state = folded(
        step(1),
        {"kind": "export", "ok": True, "bundle": "bundle"},
        {"kind": "end", "state": "failed", "step": 1, "error": {"what": {"en": "x"}}},
        {"kind": "phase", "phase": "queued", "process": MARK},
    )
    assert (state.state, state.end, state.export, state.ended) == ("queued", None, None, None)
    assert state.columns["step"] == [1]


@pytest.mark.parametrize(
    ("last", "dead_from"),
    [
        ({"kind": "end", "state": "stopped", "step": 1, "t": 105.0}, 105.0),
        ({"kind": "step", "step": 2, "t": 104.0}, 104.0),  # killed: nothing more is said
        ({"kind": "phase", "phase": "evaluate", "t": 106.0}, 106.0),
    ],
)
def test_the_time_without_a_process_is_none_that_a_run_took(
    last: dict[str, Any], dead_from: float
) -> None:
    first = {"kind": "phase", "phase": "load", "process": MARK}
    again = {"kind": "phase", "phase": "load", "process": {**MARK, "pid": 2}, "t": 1000.0}
    told_twice = [first, {**first, "t": 101.5}]  # by the worker, once Paddle is there
    state = folded(*told_twice, step(1, t=103.0), last, again)
    ended = folded(*told_twice, step(1, t=103.0), last, again, {"kind": "end", "t": 1010.0})
    assert state.started == 100.0 + (1000.0 - dead_from)
    assert ended.ended is not None and ended.started is not None
    assert ended.ended - ended.started == (dead_from - 100.0) + 10.0


def test_what_a_resumed_run_tells_again_stands_once() -> None:
    rows = {"kind": "notice", "level": "info", "code": "data", "text": {"en": "9 rows", "zh": ""}}
    other = {**rows, "text": {"en": "8 rows", "zh": ""}}
    state = folded(rows, other, step(1), rows)
    assert [notice["text"]["en"] for notice in state.notices] == ["8 rows", "9 rows"]


def test_a_dead_process_means_crashed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    import psutil

    mark = ProcessMark(
        child.pid, psutil.Process(child.pid).create_time(), ProcessMark.of_this_process().host
    )
    state = folded({"kind": "phase", "phase": "train", "process": mark.to_json()}, step(1))
    state.check_liveness()
    assert state.state == "training"
    child.kill()
    child.wait()
    state.check_liveness()
    assert state.state == "crashed"


def test_another_hosts_process_cannot_be_seen() -> None:
    state = folded({"kind": "phase", "phase": "train", "process": MARK})
    state.check_liveness()
    assert state.state == "training"


def test_a_clock_that_is_set_kills_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = ProcessMark.of_this_process()
    monkeypatch.setattr(process, "_start_time", lambda pid: mark.started + 3600)
    assert mark.lives() is (mark.born is not None)
    assert ProcessMark.from_json({**mark.to_json(), "born": None}) != mark
    assert replace(mark, born="another boot:1").lives() is False


def test_a_mark_of_an_earlier_version_is_still_read() -> None:
    mark = ProcessMark.of_this_process()
    old = {key: value for key, value in mark.to_json().items() if key != "born"}
    found = ProcessMark.from_json(old)
    assert found is not None and found.born is None and found.lives()


@pytest.mark.parametrize("mark", [None, {}, {"pid": "x"}, 7, {"pid": 1, "started": None}])
def test_a_mark_that_cannot_be_read_is_none(mark: object) -> None:
    assert ProcessMark.from_json(mark) is None
