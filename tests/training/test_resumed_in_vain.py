"""A resumption that could not begin leaves the run as it was; data that moved are given anew."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab import api
from paddle_lab.errors import DataError, ModelError, PaddleLabError, RunError, UsageError
from paddle_lab.runs import ProcessMark, Registry, RunFolder
from paddle_lab.training import start
from paddle_lab.training.launchers.thread import ThreadWorker
from paddle_lab.training.run import Run

Finetune = Callable[..., Run]
GONE = {"pid": 2**22 + 1, "started": 1.0}


@pytest.fixture
def stopped(make_run: Callable[..., RunFolder]) -> RunFolder:
    """A run that was stopped at step 5, with a bundle."""
    run = make_run()
    with run.open_log() as log:
        log.append("phase", phase="train", process=ProcessMark.of_this_process().to_json())
        log.append("step", step=5, loss=0.5)
        log.append("export", ok=True, bundle="bundle", rows=3)
        log.append("end", state="stopped", step=5, metrics={"accuracy": 0.8})
    return run


def standing(run: RunFolder) -> tuple[Any, ...]:
    state = run.state()
    assert state.end is not None and state.export is not None
    return state.state, state.step, state.end["metrics"], state.export["rows"]


@pytest.mark.parametrize("phase", ["queued", "data", "model", "tokenize", "train"])
def test_killed_before_its_first_step_it_stands_as_before(stopped: RunFolder, phase: str) -> None:
    before = standing(stopped)
    mark = {**ProcessMark.of_this_process().to_json(), **GONE, "born": None}
    with stopped.open_log() as log:
        log.append("phase", phase="queued", process=mark)
        log.append("phase", phase=phase)
    assert standing(stopped) == before
    start._claim(stopped)  # and it can be resumed


def test_killed_after_its_first_step_it_has_crashed(stopped: RunFolder) -> None:
    mark = {**ProcessMark.of_this_process().to_json(), **GONE, "born": None}
    with stopped.open_log() as log:
        log.append("phase", phase="queued", process=mark)
        log.append("phase", phase="train", from_step=3)
    state = stopped.state()
    assert (state.state, state.step, state.end) == ("crashed", 0, None)


@pytest.mark.parametrize("way", [KeyboardInterrupt, SystemExit, MemoryError, OSError, ValueError])
def test_whatever_happens_while_it_is_launched_it_stands_as_before(
    stopped: RunFolder, way: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.launchers import thread

    def fails() -> None:
        raise way("no")

    before = standing(stopped)
    monkeypatch.setattr(thread, "import_paddle", fails)
    with pytest.raises((way, PaddleLabError)):
        start.begin(stopped, resume=True)
    assert standing(stopped) == before


@pytest.mark.parametrize("ask", ["stop", "abort"])
def test_left_while_it_waits_for_another_it_stands_as_before(stopped: RunFolder, ask: str) -> None:
    before = standing(stopped)
    start._claim(stopped)
    slot = threading.Lock()
    with slot:
        run = Run(stopped).start(ThreadWorker(stopped, lambda *_: None, slot))
        getattr(run, ask)()
        run.wait()
    assert standing(stopped) == before


def test_another_users_run_is_refused_before_anything_is_written(
    stopped: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    files = sorted(path.name for path in stopped.path.iterdir())
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(RunError) as caught:
        start.resumable_run(stopped.id)
    assert caught.value.code == "run.not_writable" and "cp -r" in str(caught.value)
    assert sorted(path.name for path in stopped.path.iterdir()) == files


ROWS = [(f"{word}好店{n}", n % 2) for n, word in enumerate("甲乙丙丁戊己庚辛壬癸" * 4)]


def write(path: Path, rows: list[tuple[str, Any]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return path


@pytest.fixture
def project(
    tmp_path: Path, finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> tuple[RunFolder, Path]:
    """A stopped run of a file that was given by a relative path."""
    folder = tmp_path / "project"
    write(folder / "data" / "rows.tsv")
    monkeypatch.chdir(folder)
    run = finetune("data/rows.tsv", epochs=2.0, random_init=True).folder
    with run.open_log() as log:
        log.append("end", state="stopped", step=1)
    monkeypatch.chdir(tmp_path)
    return run, folder / "data" / "rows.tsv"


@pytest.mark.slow
def test_a_run_of_a_relative_path_is_resumed_from_another_folder(
    project: tuple[RunFolder, Path], finetune: Finetune
) -> None:
    run, source = project
    assert run.spec().train == str(source)
    assert finetune(resume=run.id).state.state == "finished"


@pytest.mark.slow
def test_a_file_that_moved_is_given_anew_and_kept(
    project: tuple[RunFolder, Path], finetune: Finetune, tmp_path: Path
) -> None:
    run, source = project
    moved = write(tmp_path / "elsewhere" / "rows.csv.tsv")
    source.unlink()
    events = run.events_path.read_bytes()
    with pytest.raises(DataError) as caught:
        finetune(resume=run.id)
    assert caught.value.code == "data.moved"
    assert f"%ernie_finetune FILE --resume {run.id}" in str(caught.value)
    assert run.events_path.read_bytes() == events
    assert finetune(str(moved), resume=run.id).state.state == "finished"
    assert run.spec().train == str(moved)


OTHER = {
    "fewer rows": (ROWS[:-4], "rows now, and had"),
    "other labels": ([(text, f"{label}x") for text, label in ROWS], "labels that are new: 0x, 1x"),
    "another text": ([("另一条", 0), *ROWS[1:]], "a label or their order"),
}


@pytest.mark.slow
def test_other_rows_are_refused_with_what_differs_and_nothing_is_written(
    project: tuple[RunFolder, Path], finetune: Finetune, tmp_path: Path
) -> None:
    run, source = project
    events = run.events_path.read_bytes()
    for name, (rows, said) in OTHER.items():
        with pytest.raises(RunError) as caught:
            finetune(str(write(tmp_path / f"{name}.tsv", rows)), resume=run.id)
        assert caught.value.code == "run.data_changed"
        assert said in str(caught.value), name
    assert run.events_path.read_bytes() == events
    assert run.spec().train == str(source)
    with pytest.raises(UsageError):
        finetune(resume=run.id, test=str(source))
    with pytest.raises(UsageError):
        finetune([("a", 1)], resume=run.id)
    with pytest.raises(UsageError):
        finetune(resume=run.id, epochs=5.0)


@pytest.mark.slow
def test_what_fails_before_the_first_step_leaves_it_stopped(
    project: tuple[RunFolder, Path], finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.lab_trainer import LabTrainer
    from paddle_lab.training.loop import TrainingLoop

    run, source = project

    def full(*_: object, **__: object) -> object:
        raise MemoryError("(ResourceExhausted) Fail to alloc memory of 123 size")

    def aborted(*_: object, **__: object) -> object:
        from paddle_lab.training.reporter import Aborted

        raise Aborted

    def no_model(*_: object, **__: object) -> object:
        from paddle_lab.i18n import T

        raise ModelError(T("gone", "没有"), code="model.not_found")

    shutil.rmtree(run.checkpoints)  # so that there are steps to be done
    before = run.state()
    for owner, name, fails in (
        (LabTrainer, "compute_loss", full),
        (LabTrainer, "train", aborted),
        (TrainingLoop, "__init__", no_model),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fails)
            with pytest.raises(PaddleLabError):
                finetune(resume=run.id)
        after = run.state()
        assert (after.state, after.step) == ("stopped", before.step), name
        assert after.columns == before.columns and after.evals == before.evals
    write(source, ROWS[:-2])
    with pytest.raises(RunError, match="rows now"):
        finetune(resume=run.id)
    assert run.state().state == "stopped"


@pytest.mark.parametrize(
    ("train", "options"),
    [
        ("rows.tvs", {}),
        ("rows.tsv", {"label": "no-such-column"}),
        ("rows.tsv", {"dev": "other.tsv"}),
        ("one-class.tsv", {}),
        ("empty.tsv", {}),
        ("rows.tsv", {"model": "ernie-lab-minni"}),
        ("rows.tsv", {"model": "a-folder"}),
        ("rows.tsv", {"max_len": 2048}),
        ("rows.tsv", {"epochs": 0.001}),
        ([("a", 1), ("b", 1)], {}),
    ],
)
def test_a_mistake_leaves_no_run_behind(
    train: Any,
    options: dict[str, Any],
    tmp_path: Path,
    registry_root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    write(tmp_path / "rows.tsv")
    write(tmp_path / "other.tsv", [("好店", "9")])
    write(tmp_path / "one-class.tsv", [(text, 1) for text, _ in ROWS])
    (tmp_path / "empty.tsv").write_text("")
    (tmp_path / "a-folder").mkdir()
    with pytest.raises(PaddleLabError):
        api.launch(train, show=False, **options)
    assert Registry().list() == [] and not (tmp_path / "runs").exists()


def test_a_copied_run_is_resumed_where_it_lies(
    stopped: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(stopped.path.parent, tmp_path / "copy" / "paddle_runs")
    monkeypatch.delenv("PADDLE_LAB_RUNS_DIR")
    monkeypatch.chdir(tmp_path / "copy")
    found = start.resumable_run("last")
    assert found.path.parent == tmp_path / "copy" / "paddle_runs"
