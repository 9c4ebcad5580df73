"""Live views: they follow a run, say little, and never harm it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
import run_writer

from paddle_lab.runs import RunFolder
from paddle_lab.runs.follower import RunFollower
from paddle_lab.views import open_display
from paddle_lab.views.live_text import LiveText

MakeRun = Callable[..., RunFolder]


class Terminal(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def test_a_follower_tells_everything_once_and_in_order(make_run: MakeRun) -> None:
    folder = make_run()
    follower = RunFollower(folder)
    first = follower.poll()
    assert first is not None
    assert first["type"] == "snapshot"
    assert follower.poll() is None
    told: list[int] = []
    with folder.open_log() as log:
        for step in range(1, 50):
            log.append("step", **run_writer.step_fields(step, 50))
            if step % 8 == 0:
                message = follower.poll()
                assert message is not None
                assert message["from"] == len(told)
                told += [event["seq"] for event in message["events"]]
    message = follower.poll()
    assert message is not None
    told += [event["seq"] for event in message["events"]]
    assert told == list(range(49))


def test_a_flood_is_thinned_and_made_good_at_the_end(make_run: MakeRun) -> None:
    folder = make_run()
    follower = RunFollower(folder)
    follower.poll()
    with folder.open_log() as log:
        for step in range(1, 2001):
            fields = run_writer.step_fields(step, 2000)
            log.append("step", **{**fields, "loss": 99.0 if step == 1234 else fields["loss"]})
        message = follower.poll()
        assert message is not None
        assert len(json.dumps(message)) < 6000
        losses = [event["loss"] for event in message["events"]]
        assert 99.0 in losses, "a spike must survive"
        assert message["events"][-1]["step"] == 2000
        run_writer.finish(folder, log, 2000, "finished")
    whole = follower.poll()
    assert whole is not None
    assert whole["type"] == "snapshot"
    assert whole["snapshot"]["points"] == 2000


def test_a_flood_of_log_lines_is_cut(make_run: MakeRun) -> None:
    folder = make_run()
    folder.log_path.write_text("old\n", encoding="utf-8")
    follower = RunFollower(folder)
    assert follower.poll()["snapshot"]["log"] == ["old"]  # type: ignore[index]
    with folder.log_path.open("a", encoding="utf-8") as file:
        file.write("".join(f"第 {n} 行\n" for n in range(5000)) + "half a li")
    message = follower.poll()
    assert message is not None
    assert message["log"][-1] == "第 4999 行"
    assert len(message["log"]) <= 40
    with folder.log_path.open("a", encoding="utf-8") as file:
        file.write("ne\n")
    assert follower.poll()["log"] == ["half a line"]  # type: ignore[index]


def test_a_dead_process_is_told_once(make_run: MakeRun) -> None:
    folder = make_run()
    with folder.open_log() as log:
        dead = {"pid": 2**22 + 5, "started": 1.0, "host": __import__("socket").gethostname()}
        log.append("phase", phase="train", process=dead)
    clock = iter(range(0, 1000, 10))
    follower = RunFollower(folder, clock=lambda: float(next(clock)))
    assert follower.poll()["snapshot"]["state"] == "crashed"  # type: ignore[index]
    assert follower.poll() is None


def test_lines_on_a_terminal_and_in_a_file(make_run: MakeRun) -> None:
    folder = make_run()
    terminal, file = Terminal(True), Terminal(False)
    views = [LiveText(folder, "en", terminal), LiveText(folder, "zh", file, clock=lambda: 0.0)]
    for view in views:
        view.show()
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=50)
        for step in range(1, 51):
            log.append("step", **run_writer.step_fields(step, 50))
            for view in views:
                view.tick()
    for view in views:
        view.freeze()
    assert terminal.getvalue().count("\r\x1b[2K") >= 50
    assert "Training  step 50/50  loss" in terminal.getvalue()
    assert "\r" not in file.getvalue()
    assert len(file.getvalue().splitlines()) <= 4
    assert "训练中" in file.getvalue()


def test_a_closed_terminal_does_not_end_the_run(make_run: MakeRun) -> None:
    closed = Terminal(False)
    view = LiveText(make_run(), "en", closed)
    closed.close()
    view.show()
    view.tick()
    view.freeze()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a front end would be sent by displays."""
    pytest.importorskip("IPython")
    from IPython.display import DisplayHandle

    sent: list[dict[str, Any]] = []
    for name in ("display", "update"):

        def record(self: Any, data: Any, *, raw: bool = False, kind: str = name) -> None:
            assert raw
            sent.append({"kind": kind, **data})

        monkeypatch.setattr(DisplayHandle, name, record)
    return sent


def test_one_output_lives_and_is_frozen(make_run: MakeRun, shown: list[dict[str, Any]]) -> None:
    folder = make_run()
    display = open_display(folder, notebook=True, language="en")
    assert display is not None
    display.show()
    run_writer.write_run(folder, 20)
    display.tick()
    display.freeze()
    live, frozen = shown
    assert live["kind"] == "display"
    assert "application/vnd.jupyter.widget-view+json" in live
    assert live["application/vnd.paddle-lab.run.v1+json"]["live"] is True
    assert frozen["kind"] == "update"
    assert "application/vnd.jupyter.widget-view+json" not in frozen
    assert frozen["application/vnd.paddle-lab.run.v1+json"]["snapshot"]["state"] == "finished"


def test_a_display_that_fails_is_logged_and_training_goes_on(
    make_run: MakeRun, shown: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_run()
    display = open_display(folder, notebook=True, language="en")
    assert display is not None
    display.show()
    shutil.rmtree(folder.path)
    display.tick()
    display.freeze()
    assert "the live view failed" in caplog.text


def test_the_widget_answers_and_passes_requests_on(make_run: MakeRun) -> None:
    from paddle_lab.views.widget import RunWidget

    folder = make_run()
    run_writer.write_run(folder, 20, end=False)
    widget = RunWidget(folder, "en")
    sent: list[Any] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    with folder.open_log() as log:
        log.append("step", **run_writer.step_fields(21, 50))
    state = widget.get_state()
    assert state["snapshot"]["points"] == 21, "a reload sees the run as it is now"
    assert "snapshot" not in widget.get_state("language")

    watcher = folder.watch_requests()
    widget._heed(widget, {"op": "request", "ask": "stop", "when": "epoch"}, [])
    assert [(item.ask, item.when, item.source) for item in watcher.poll()] == [
        ("stop", "epoch", "widget")
    ]
    widget._heed(widget, {"op": "hello"}, [])
    for nonsense in (None, [], {"op": "request", "ask": "explode"}, {"op": 3}):
        widget._heed(widget, nonsense, [])
    assert [message["type"] for message in sent] == ["asked", "snapshot"]
    shutil.rmtree(folder.path)
    widget._heed(widget, {"op": "request", "ask": "stop"}, [])
    assert sent[-1]["type"] == "refused"
    assert widget.get_state()["snapshot"] == {}
