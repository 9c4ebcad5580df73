"""The log of a run: whole lines, rising numbers, readable by anyone at any time."""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.runs import lines
from paddle_lab.runs.events import EventLog, EventTail, finite, parse_event, read_events


def test_events_are_numbered_and_read_back_in_order(tmp_path: Path) -> None:
    with EventLog(tmp_path / "events.jsonl") as log:
        log.append("phase", phase="data")
        log.append("step", step=1, loss=0.5)
    events = read_events(tmp_path / "events.jsonl")
    assert [event["seq"] for event in events] == [0, 1]
    assert [event["kind"] for event in events] == ["phase", "step"]


def test_an_unknown_kind_is_a_mistake_of_the_writer(tmp_path: Path) -> None:
    with EventLog(tmp_path / "e") as log, pytest.raises(ValueError, match="unknown event kind"):
        log.append("stpe", step=1)


def test_reopening_goes_on_after_the_last_number(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for _ in range(3):
        with EventLog(path) as log:
            log.append("phase", phase="train")
    assert [event["seq"] for event in read_events(path)] == [0, 1, 2]


def test_a_line_torn_by_a_crash_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append("phase", phase="train")
    with path.open("ab") as file:
        file.write(b'{"seq":1,"t":1,"kind":"st')
    assert [event["seq"] for event in read_events(path)] == [0]
    with EventLog(path) as log:
        log.append("phase", phase="export")
    assert [event["seq"] for event in read_events(path)] == [0, 1]
    assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b'{"kind":"step"}',
        b'{"seq":"x","kind":1}',
        b'{"seq":0,"kind":"phase"}',
        b'{"seq":0,"t":null,"kind":"end"}',
        b'{"seq":true,"t":1,"kind":"end"}',
        b'{"seq":0,"t":1,"kind":{}}',
    ],
)
def test_lines_that_are_no_events_are_passed_over(line: bytes) -> None:
    assert parse_event(line) is None


def test_numbers_are_finite_or_null() -> None:
    value = finite({"a": math.nan, "b": [math.inf, 1.5], "c": np.float32(2.5), "d": np.int64(3)})
    assert value == {"a": None, "b": [None, 1.5], "c": 2.5, "d": 3}
    json.dumps(value, allow_nan=False)


def test_a_tail_sees_each_event_once_and_never_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.read() == []
    path.write_bytes(b'{"seq":0,"t":1,"kind":"phase","phase":"data"}\n{"seq":1,"t":2,"ki')
    assert [event["seq"] for event in tail.read()] == [0]
    with path.open("ab") as file:
        file.write(b'nd":"step","step":1,"loss":null}\n')
    assert [event["seq"] for event in tail.read()] == [1]
    assert tail.read() == []


def test_threads_share_one_log(tmp_path: Path) -> None:
    with EventLog(tmp_path / "e") as log:
        threads = [
            threading.Thread(target=lambda: [log.append("step", step=i, loss=1) for i in range(50)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event["seq"] for event in read_events(tmp_path / "e")] == list(range(400))


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """The file-size limit of the process stands in for the disk: the same error path."""
    script = """
        import resource, signal, sys
        from pathlib import Path
        from paddle_lab.runs.events import EventLog, read_events
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        path = Path(sys.argv[1])
        log = EventLog(path)
        log.append("phase", phase="train")
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        failures = 0
        for step in range(10):
            try:
                log.append("step", step=step, loss=0.5, filler="x" * 60)
            except OSError:
                failures += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        log.append("phase", phase="export")
        print(failures, [e["seq"] for e in read_events(path)])
    """
    assert resource.RLIMIT_FSIZE
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "e")],
        capture_output=True,
        text=True,
        check=True,
    )
    failures, numbers = done.stdout.split(" ", 1)
    assert int(failures) >= 8
    assert json.loads(numbers) == list(range(len(json.loads(numbers))))
    assert all(line.endswith(b"}") for line in (tmp_path / "e").read_bytes().splitlines())


def test_a_log_that_is_removed_while_it_is_read_has_no_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append("phase", phase="data")
    real = lines.open_regular

    def removed_just_before(path: Path) -> Any:
        path.unlink()
        return real(path)

    monkeypatch.setattr(lines, "open_regular", removed_just_before)
    assert read_events(path) == []


DAY = 86_400.0


@pytest.mark.parametrize("day", [-DAY, DAY])
def test_a_clock_that_is_set_meanwhile_changes_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: float
) -> None:
    now = time.time()
    with EventLog(tmp_path / "e") as log:
        log.append("phase", phase="data")
        monkeypatch.setattr(time, "time", lambda: now + day)
        log.append("end", state="finished", step=1)
    first, last = (event["t"] for event in read_events(tmp_path / "e"))
    assert 0 <= last - first < 60


def test_a_run_that_is_resumed_after_the_clock_was_set_back_takes_no_negative_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EventLog(tmp_path / "e") as log:
        began = log.append("phase", phase="data")["t"]
    monkeypatch.setattr(time, "time", lambda: began - DAY)
    with EventLog(tmp_path / "e") as log:
        assert 0 <= log.append("end", state="finished", step=1)["t"] - began < 60


def test_a_time_that_no_clock_explains_is_not_gone_on_from(tmp_path: Path) -> None:
    (tmp_path / "e").write_text('{"seq": 0, "t": 9e12, "kind": "phase", "phase": "data"}\n')
    with EventLog(tmp_path / "e") as log:
        assert abs(log.append("end", state="finished", step=1)["t"] - time.time()) < 60
