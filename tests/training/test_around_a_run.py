"""What the world does to runs: other users, read-only folders, stopped processes, set clocks."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forks import Forks
from kernel import events_of
from killed_run import Terminal, make_read_only, make_writable

from paddle_lab.runs import Registry, RunFolder, RunState
from paddle_lab.runs.board import RunsBoard
from paddle_lab.training.run import Run
from paddle_lab.views.text import report_text

pytestmark = pytest.mark.slow

Finetune = Callable[..., Run]
DAY = 86_400.0


@pytest.fixture
def terminal(
    tmp_path: Path, lab_cache: Path, reviews_tsv: Path, small_model: str, forks: Forks
) -> Terminal:
    return Terminal(tmp_path, lab_cache, reviews_tsv, forks, small_model)


def last_run(terminal: Terminal) -> RunFolder:
    return Registry(terminal.home / "data" / "runs").list()[0].folder


def wait_for(terminal: Terminal, wanted: Callable[[RunState], bool]) -> RunFolder:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        runs = Registry(terminal.home / "data" / "runs").list()
        if runs and wanted(runs[0].folder.state()):
            return runs[0].folder
        time.sleep(0.05)
    raise TimeoutError("the run did not get there")


def test_another_users_run_is_read_and_used_and_otherwise_refused_in_plain_words(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.run(*terminal.finetune(), "--no-baseline")
    run = last_run(terminal)
    with run.open_log() as log:
        log.append("end", state="stopped", step=5)
    make_read_only(run.path)
    before = run.events_path.read_bytes()
    assert run.id in terminal.run("runs", "list", "--json").stdout
    assert "accuracy" in terminal.run("runs", "show", run.id).stdout
    assert terminal.run("predict", run.id, "质量很好", "--json").returncode == 0
    elsewhere = terminal.run("export", run.id, "--out", str(tmp_path / "mine"), "--quiet")
    assert elsewhere.returncode == 0 and (tmp_path / "mine" / "manifest.json").is_file()
    for words in (
        ("export", run.id),
        ("finetune", "--resume", run.id, "--quiet"),
        ("runs", "rm", run.id, "--yes"),
    ):
        done = terminal.run(*words)
        assert done.returncode == 1, words
        what, why, fix = done.stderr.splitlines()
        assert "Permission denied" in why, (words, what, fix)
    assert run.events_path.read_bytes() == before
    make_writable(run.path)


def test_a_run_that_only_its_owner_may_read_is_no_traceback(terminal: Terminal) -> None:
    run = terminal.home / "runs" / "secret-0123abcd"
    run.mkdir(parents=True)
    run.chmod(0o000)
    for words in (
        ("runs", "list"),
        ("runs", "show", str(run)),
        ("predict", str(run), "好"),
        ("export", str(run)),
        ("finetune", "--resume", str(run)),
    ):
        terminal.run(*words)
    run.chmod(0o700)


@pytest.fixture
def training(terminal: Terminal) -> Iterator[tuple[subprocess.Popen[str], RunFolder]]:
    """A process that trains, and has done a few steps."""
    process = terminal.begin(*terminal.finetune(), "--epochs", "20", "--no-export",
                             "--no-baseline")  # fmt: skip
    try:
        yield process, wait_for(terminal, lambda state: state.step >= 5)
    finally:
        process.kill()
        process.communicate()


def test_a_folder_that_becomes_read_only_meanwhile_is_told_once_and_the_run_can_be_resumed(
    terminal: Terminal, training: tuple[subprocess.Popen[str], RunFolder]
) -> None:
    process, run = training
    make_read_only(run.path)
    _, told = process.communicate(timeout=250)
    assert process.returncode == 1 and "Traceback" not in told
    assert len(told.splitlines()) == 3 and "could not be written" in told
    codes = [event["code"] for event in events_of(run) if event["kind"] == "notice"]
    assert codes.count("checkpoint-failed") == 1
    assert run.state().state == "failed"
    make_writable(run.path)
    assert terminal.run("finetune", "--resume", run.id, "--quiet").returncode == 0
    assert run.state().state == "finished"


def test_a_stopped_process_is_no_crash_and_goes_on(
    terminal: Terminal, training: tuple[subprocess.Popen[str], RunFolder]
) -> None:
    process, run = training
    process.send_signal(signal.SIGSTOP)
    step = run.state().step
    time.sleep(4)
    state = run.state()
    assert state.state == "training" and state.step <= step + 1
    board = RunsBoard(Registry(terminal.home / "data" / "runs")).refresh()
    assert [row.state for row in board] == ["training"]
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=250) == 0
    assert run.state().state == "finished"


@pytest.mark.parametrize("day", [-DAY, DAY])
def test_a_clock_that_is_set_while_a_run_trains_changes_nothing(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch, day: float
) -> None:
    from paddle_lab.training.callbacks import LiveHooks

    first = finetune(epochs=0.2)
    on_step_end, clock = LiveHooks.on_step_end, time.time
    set_at: list[float] = []

    def set_the_clock(hooks: LiveHooks, args: Any, state: Any, *more: Any, **also: Any) -> None:
        on_step_end(hooks, args, state, *more, **also)
        if state.global_step == 3:
            set_at.append(clock())
            monkeypatch.setattr(time, "time", lambda: clock() + day)
            assert hooks.reporter.folder.state().state == "training"

    monkeypatch.setattr(LiveHooks, "on_step_end", set_the_clock)
    run = finetune(epochs=1.0)
    state, times = run.state, [event["t"] for event in events_of(run.folder)]
    assert state.state == "finished" and set_at
    assert times == sorted(times) and 0 <= times[-1] - times[0] < 3600
    assert state.started is not None and state.ended is not None
    assert 0 <= state.ended - state.started < 3600
    assert "-" not in report_text(run.folder).split("took")[1].split()[0]
    after = finetune(epochs=0.2)
    assert [ref.id for ref in Registry().list()] == [after.id, run.id, first.id]
