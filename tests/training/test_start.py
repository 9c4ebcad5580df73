"""The first moments of a run: what is asked then is heard, and nobody takes it for dead."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from kernel import events_of, write_reviews

from paddle_lab import api
from paddle_lab.api import specify
from paddle_lab.errors import DataError, EnvError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark, Registry, RunFolder, RunSpec
from paddle_lab.training import start
from paddle_lab.training.launchers import thread
from paddle_lab.training.launchers.thread import ThreadWorker
from paddle_lab.training.process_worker import ProcessWorker
from paddle_lab.training.reporter import Reporter
from paddle_lab.training.run import Run

Finetune = Callable[..., Run]

# A worker's first words after some time, without the engine.
SLOW_WORKER = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from paddle_lab.runs import RunFolder
from paddle_lab.training.process_worker import ProcessWorker
from paddle_lab.training.reporter import Reporter
time.sleep(0.5)
reporter = Reporter(RunFolder(Path(sys.argv[1])))
reporter.begin("data")
time.sleep(float(sys.argv[2]))
reporter.end("finished", 1)
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(RunSpec(train="a.tsv"), tmp_path)


def stopped(folder: RunFolder) -> RunFolder:
    with folder.open_log() as log:
        log.append("end", state="stopped", step=1)
    return folder


def begin_worker(folder: RunFolder, code: str = SLOW_WORKER, seconds: float = 0.0) -> Run:
    command = [sys.executable, "-c", code, str(folder.path), str(seconds)]
    return Run(folder).start(ProcessWorker(folder, command))


def test_a_process_is_at_work_when_its_start_returns(folder: RunFolder) -> None:
    start._claim(stopped(folder))
    run = begin_worker(folder, seconds=0.5)
    mark = folder.state().process
    assert mark is not None and mark.pid != os.getpid()
    assert run.wait().state.state == "finished"


def test_a_process_that_dies_at_once_leaves_a_run_that_has_ended(folder: RunFolder) -> None:
    run = begin_worker(folder, "import sys; sys.exit(3)")
    with pytest.raises(RunError, match="exit code 3"):
        run.wait()
    assert folder.state().state == "failed"
    start._claim(folder)  # and it can be resumed


def test_a_resumption_whose_process_dies_at_once_leaves_the_run_as_it_was(
    folder: RunFolder,
) -> None:
    start._claim(stopped(folder))
    run = begin_worker(folder, "import sys; sys.exit(3)")
    with pytest.raises(RunError, match="exit code 3"):
        run.wait()
    assert folder.state().state == "stopped"
    assert [notice["code"] for notice in folder.state().notices] == ["resume-failed"]
    start._claim(folder)  # and it can be resumed


def without_paddle() -> None:
    raise ImportError("libcudnn.so.9: cannot open shared object file")


def test_a_run_that_is_resumed_in_vain_keeps_its_end_and_its_bundle(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder.open_log() as log:
        log.append("phase", phase="data", process=ProcessMark.of_this_process().to_json())
        log.append("export", ok=True, bundle="bundle", rows=3)
        log.append("end", state="stopped", step=7, metrics={"accuracy": 0.8}, train_seconds=2.0)
    before = folder.state()
    monkeypatch.setattr(thread, "import_paddle", without_paddle)
    for _ in range(2):
        with pytest.raises(EnvError, match="libcudnn"):
            start.begin(folder, resume=True)
    after = folder.state()
    assert before.end is not None and after.end is not None
    assert (after.state, after.end["step"], after.end["metrics"]) == (
        "stopped",
        7,
        {"accuracy": 0.8},
    )
    assert after.export is not None and after.export["rows"] == 3
    assert after.end["resumption"]["type"] == "EnvError"
    assert "libcudnn" not in str(after.end.get("error"))


def test_a_crashed_run_that_is_resumed_in_vain_has_crashed(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {**ProcessMark.of_this_process().to_json(), "pid": 2**22 + 1}
    with folder.open_log() as log:
        log.append("phase", phase="train", process=gone, total_steps=9)
        log.append("step", step=4, loss=0.5)
    monkeypatch.setattr(thread, "import_paddle", without_paddle)
    with pytest.raises(EnvError):
        start.begin(folder, resume=True)
    state = folder.state()
    assert (state.state, state.live, state.step) == ("crashed", False, 4)


def test_a_run_that_only_lay_here_is_seen_from_everywhere_once_it_goes_on(
    folder: RunFolder, registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(folder)
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(folder.path.parent))
    elsewhere = Registry(registry_root)
    assert Registry().find("last").folder == folder
    assert elsewhere.list() == []
    monkeypatch.setattr(thread, "import_paddle", without_paddle)
    with pytest.raises(EnvError):
        start.begin(folder, resume=True)
    assert [ref.folder for ref in elsewhere.list()] == [folder]
    registry_root.rename(registry_root.with_name("away"))
    registry_root.write_text("a file: nothing can be registered", encoding="utf-8")
    with pytest.raises(EnvError):
        start.begin(folder, resume=True)


def test_a_first_beginning_in_vain_has_failed(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "import_paddle", without_paddle)
    with pytest.raises(EnvError):
        start.begin(folder, resume=False)
    assert folder.state().state == "failed"


def test_a_run_whose_data_are_gone_is_not_touched_by_a_resumption(
    make_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    source = tmp_path / "rows.tsv"
    source.write_text("text\tlabel\n")
    run = stopped(make_run(train=str(source)))
    source.unlink()
    before = run.events_path.read_bytes()
    with pytest.raises(DataError, match=r"rows\.tsv"):
        start.resumable_run(run.id)
    assert run.events_path.read_bytes() == before
    source.write_text("text\tlabel\n")
    assert start.resumable_run(run.id) == run


def test_a_process_whose_run_somebody_else_took_up_meanwhile_leaves_it_to_them(
    folder: RunFolder,
) -> None:
    start._claim(stopped(folder))
    before = folder.events_path.read_bytes()
    command = [sys.executable, "-m", "paddle_lab.training.worker", str(folder.path)]
    code = subprocess.run([*command, "--resume", "--begun-by", "1"]).returncode
    assert code == 2 and folder.events_path.read_bytes() == before


def test_a_process_that_dies_later_has_crashed(folder: RunFolder) -> None:
    code = SLOW_WORKER.replace('reporter.end("finished", 1)', "import os; os._exit(9)")
    run = begin_worker(folder, code)
    with pytest.raises(RunError, match="exit code 9"):
        run.wait()
    assert folder.state().state == "crashed"


def test_how_a_run_ended_before_is_not_how_its_new_process_ends(folder: RunFolder) -> None:
    with folder.open_log() as log:
        error = RunError(T("the old error", "旧的错误"), code="run.unexpected").to_json()
        log.append("end", state="failed", step=1, error=error)
    start._claim(folder)
    run = begin_worker(folder, SLOW_WORKER.replace('reporter.begin("data")', "sys.exit(5)"))
    with pytest.raises(RunError, match="exit code 5"):
        run.wait()


def test_an_interrupt_while_paddle_is_imported_ends_the_run(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(thread, "import_paddle", interrupted)
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            start.begin(folder, resume=resume)
        assert folder.state().state == "aborted"


def test_an_interrupt_while_its_view_is_made_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_reviews(tmp_path / "rows.tsv", 40)
    made: list[RunFolder] = []

    def interrupted(folder: RunFolder, *, resumed: bool) -> None:
        made.append(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "_shown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        api.launch(str(rows), out=str(tmp_path / "runs"))
    assert made[0].state().state == "aborted"


@pytest.mark.parametrize("waits", [True, False])
def test_an_interrupt_before_the_cell_waits_stops_the_run_and_is_told(
    waits: bool, finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: Run, *rest: object, **more: object) -> None:
        followed.append(run)
        signal.raise_signal(signal.SIGINT)

    followed: list[Run] = []
    monkeypatch.setattr(api, "_follow", interrupted)
    monkeypatch.setattr("paddle_lab.training.run.in_notebook", lambda: True)
    with pytest.raises(KeyboardInterrupt, match="Interrupted"):
        run = finetune(show=True, epochs=200.0, export=False, background=not waits)
        assert not waits, "the cell's own waiting raises"
        run.wait()
    assert followed[0].state.state == "stopped"


def test_of_two_begun_at_one_moment_the_second_says_that_it_waits(tmp_path: Path) -> None:
    slot, leave = threading.Lock(), threading.Event()

    def work(folder: RunFolder, reporter: object) -> object:
        leave.wait(30)
        return SimpleNamespace(error=None)

    folders = [RunFolder.create(RunSpec(train="a.tsv"), tmp_path) for _ in range(2)]
    runs = [Run(folder).start(ThreadWorker(folder, work, slot)) for folder in folders]
    deadline = time.monotonic() + 30
    while not any(events_of(folder) for folder in folders):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    leave.set()
    for run in runs:
        run.wait()
    said = [event["phase"] for folder in folders for event in events_of(folder)]
    assert said == ["queued"]


@pytest.fixture
def created(finetune: Finetune, reviews_tsv: Path, small_model: str) -> RunFolder:
    """A long run that has not begun; ``finetune`` gives it a home of its own."""
    options = {"model": small_model, "epochs": 20.0, "max_len": 32, "batch_size": 16,
               "export": False, "baseline": False}  # fmt: skip
    spec, names = specify(str(reviews_tsv), None, {}, options)
    return start.create_run(spec, names)


@pytest.mark.slow
@pytest.mark.parametrize("isolate", [False, True])
def test_a_stop_asked_before_the_run_listens_is_heard(created: RunFolder, isolate: bool) -> None:
    created.ask("stop")
    run = start.begin(created, resume=False, isolate=isolate).wait()
    assert (run.state.state, run.state.step) == ("stopped", 0), "no step that nobody wants"


@pytest.mark.parametrize(("ask", "ended"), [("stop", "stopped"), ("abort", "aborted")])
def test_a_run_that_waits_for_another_can_be_left(folder: RunFolder, ask: str, ended: str) -> None:
    slot = threading.Lock()
    with slot:
        run = Run(folder).start(ThreadWorker(folder, lambda *_: None, slot))
        getattr(run, ask)()
        with (
            contextlib.nullcontext() if ask == "stop" else pytest.raises(RunError, match="aborted")
        ):
            run.wait()
    assert folder.state().state == ended


@pytest.mark.slow
def test_a_stop_after_the_epoch_saves_its_last_step_once(created: RunFolder) -> None:
    created.ask("stop", "epoch")
    state = start.begin(created, resume=False).wait().state
    assert (state.state, state.total_steps) == ("stopped", 20 * state.step)
    assert [event["step"] for event in state.checkpoints] == [state.step]


@pytest.mark.slow
@pytest.mark.parametrize("isolate", [False, True])
def test_a_resumed_run_heeds_what_was_asked_since_then_alone(
    finetune: Finetune, isolate: bool
) -> None:
    run = finetune(epochs=1.0)
    run.folder.ask("stop")
    with run.folder.open_log() as log:
        log.append("end", state="stopped", step=1)
    resumed = start.begin(run.folder, resume=True, isolate=isolate).wait()
    assert resumed.state.state == "finished"


def test_an_abort_after_the_last_step_takes_nothing_back(folder: RunFolder) -> None:
    def work(folder: RunFolder, reporter: Reporter) -> object:
        reporter.control.abort = True
        reporter.end("stopped", 3)
        return SimpleNamespace(error=None)

    run = Run(folder).start(ThreadWorker(folder, work, threading.Lock()))
    assert run.wait().state.state == "stopped"
