"""The contract of a launcher, over every one there is, and over one that a package adds."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel import events_of

from paddle_lab.api import specify
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.runs import ProcessMark, RunFolder, RunSpec
from paddle_lab.training import start
from paddle_lab.training.launchers import LAUNCHERS, Launch, Worker
from paddle_lab.training.run import Run

Finetune = Callable[..., Run]
Created = Callable[..., RunFolder]


@pytest.mark.parametrize("name", LAUNCHERS.names())
def test_looking_a_launcher_up_imports_no_paddle(name: str) -> None:
    code = (
        "import sys; from paddle_lab.training.launchers import LAUNCHERS;"
        "LAUNCHERS.get(sys.argv[1]); print(sorted({'paddle', 'paddlenlp'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture(params=LAUNCHERS.names())
def launcher(request: pytest.FixtureRequest, finetune: Finetune) -> Iterator[str]:
    """The name of each launcher; ``finetune`` gives its runs a home of their own."""
    yield request.param


@pytest.fixture
def created(small_model: str) -> Created:
    """``created(source, option=value ...)`` makes the folder of a run."""

    def create(source: Path, **changes: object) -> RunFolder:
        options = {"model": small_model, "epochs": 100.0, "max_len": 32, "batch_size": 16,
                   "export": False, "baseline": False}  # fmt: skip
        # Each launcher is tried with two processes: who needs only one takes no notice of it.
        spec, names = specify(str(source), None, {}, {**options, "procs": 2, **changes})
        return start.create_run(spec, names)

    return create


def at_work(worker: Worker) -> tuple[threading.Thread, list[PaddleLabError | None]]:
    """The worker as a run holds it: its work in a thread, once it has begun."""
    ended: list[PaddleLabError | None] = []
    worker.begin()
    thread = threading.Thread(target=lambda: ended.append(worker.work()))
    thread.start()
    worker.wait_until_begun()
    return thread, ended


def wait_for_steps(folder: RunFolder) -> None:
    deadline = time.monotonic() + 200
    while not folder.state().step:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_every_launcher_trains_to_the_end_and_says_who_did(
    launcher: str, created: Created, reviews_tsv: Path
) -> None:
    folder = created(reviews_tsv, epochs=1.0)
    thread, ended = at_work(LAUNCHERS.get(launcher).launch(Launch(folder)))
    thread.join()
    assert ended == [None] and folder.state().state == "finished"
    assert any(event.get("process") for event in events_of(folder))


@pytest.mark.slow
def test_every_launcher_hears_a_stop_and_an_abort(
    launcher: str, created: Created, reviews_tsv: Path
) -> None:
    for ask, state in (("stop", "stopped"), ("abort", "aborted")):
        folder = created(reviews_tsv)
        worker = LAUNCHERS.get(launcher).launch(Launch(folder))
        thread, ended = at_work(worker)
        wait_for_steps(folder)
        assert not worker.aborted
        getattr(worker, ask)()
        thread.join()
        assert ended == [None] and folder.state().state == state
        assert worker.aborted is (ask == "abort")


@pytest.mark.slow
def test_every_launcher_hears_what_was_asked_since_then_alone(
    launcher: str, created: Created, reviews_tsv: Path
) -> None:
    folder = created(reviews_tsv, epochs=1.0)
    folder.ask("stop")
    since = folder.requests_path.stat().st_size
    thread, _ = at_work(LAUNCHERS.get(launcher).launch(Launch(folder, since=since)))
    thread.join()
    assert folder.state().state == "finished"


@pytest.mark.slow
def test_every_launcher_gives_the_error_of_its_run(
    launcher: str, created: Created, tmp_path: Path
) -> None:
    source = tmp_path / "rows.tsv"
    source.write_text("text\tlabel\n很好\tgood\n", encoding="utf-8")
    folder = created(source)
    source.unlink()
    thread, ended = at_work(LAUNCHERS.get(launcher).launch(Launch(folder)))
    thread.join()
    end = folder.state().end
    assert end is not None and end["state"] == "failed"
    (error,) = ended
    assert error is not None and error.code == end["error"]["code"]
    assert "rows.tsv" in str(error)


@pytest.mark.slow
@pytest.mark.parametrize("isolate", [False, True])
def test_an_aborted_run_says_so_wherever_it_worked(
    finetune: Finetune, created: Created, reviews_tsv: Path, isolate: bool
) -> None:
    run = start.begin(created(reviews_tsv, procs=1), resume=False, isolate=isolate)
    wait_for_steps(run.folder)
    run.abort()
    with pytest.raises(RunError, match="was aborted"):
        run.wait()


class Abacus:
    """A launcher of another package, and its worker: no step, and the end."""

    def __init__(self, folder: RunFolder | None = None) -> None:
        self.folder = folder
        self.aborted = False

    def launch(self, launch: Launch) -> Abacus:
        return Abacus(launch.folder)

    def begin(self) -> None:
        assert self.folder is not None
        mark = ProcessMark.of_this_process().to_json()
        with self.folder.open_log() as log:
            log.append("phase", phase="train", process=mark)

    def wait_until_begun(self) -> None:
        pass

    def work(self) -> None:
        assert self.folder is not None
        with self.folder.open_log() as log:
            log.append("end", state="finished", step=0)

    def stop(self) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


def test_another_package_adds_a_launcher_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = importlib.metadata.EntryPoint("abacus", f"{__name__}:ABACUS", LAUNCHERS.group)
    monkeypatch.setattr(type(point), "load", lambda self: Abacus())
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda group: [point] if group == LAUNCHERS.group else [],
    )
    monkeypatch.setattr(LAUNCHERS, "_loaded", {})
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    run = Run(folder).start(LAUNCHERS.get("abacus").launch(Launch(folder)))
    assert run.wait().state.state == "finished"
