"""Stopped, killed, resumed: a run ends with the weights of the undisturbed one, or says why not."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel import events_of

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.training.checkpoint import MODEL_FILE, latest_checkpoint
from paddle_lab.training.prepare import process_slot
from paddle_lab.training.run import Run
from paddle_lab.training.soft import SoftRows, write_soft

pytestmark = pytest.mark.slow

Finetune = Callable[..., Run]


def weights(folder: RunFolder) -> str:
    """A hash of the newest checkpoint's weights."""
    checkpoint = latest_checkpoint(folder.checkpoints)
    assert checkpoint is not None
    return hashlib.sha256((checkpoint.path / MODEL_FILE).read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bits_with_and_without_a_view(finetune: Finetune) -> None:
    bare = finetune(seed=7)
    watched = finetune(seed=7, show=True)
    other = finetune(seed=8)
    assert weights(bare.folder) == weights(watched.folder)
    assert weights(bare.folder) != weights(other.folder)


@pytest.mark.parametrize("taught", [False, True], ids=["alone", "by a larger model"])
def test_stopped_and_resumed_ends_with_the_weights_of_the_undisturbed(
    taught: bool,
    finetune: Finetune,
    small_model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = tmp_path / "answers.jsonl"
    texts = [f"第{n}条新的评论" for n in range(40)]
    shares = np.linspace(0, 1, 40, dtype=np.float32)
    both = np.stack([shares, 1 - shares], axis=1)
    write_soft(answers, SoftRows(texts, ["positive", "negative"], both, {"name": "larger"}))
    soft = answers if taught else None
    whole = finetune(seed=3, soft=soft)
    from paddle_lab import api
    from paddle_lab.training.callbacks import LiveHooks

    on_step_end = LiveHooks.on_step_end

    def stopped(hooks: LiveHooks, args: Any, state: Any, *more: Any, **also: Any) -> None:
        if state.global_step == 7:
            hooks.reporter.control.apply("stop", "step")
        on_step_end(hooks, args, state, *more, **also)

    monkeypatch.setattr(LiveHooks, "on_step_end", stopped)
    parted = api.launch(
        whole.folder.spec().train,
        model=small_model,
        soft=soft,
        seed=3,
        epochs=2.0,
        max_len=32,
        batch_size=16,
        lr=5e-4,
        show=False,
        export=False,
        baseline=False,
    )
    parted.wait()
    assert (parted.state.state, parted.state.step) == ("stopped", 7)
    answers.unlink()
    resumed = finetune(resume=parted.id)
    assert resumed.state.state == "finished"
    assert resumed.state.columns["step"] == sorted(set(resumed.state.columns["step"]))
    assert weights(resumed.folder) == weights(whole.folder)


def test_killed_at_random_moments_a_run_ends_with_the_same_weights(
    finetune: Finetune, tmp_path: Path
) -> None:
    model = "ernie-lab-mini"  # its steps take so long that it is killed between two
    whole = finetune(seed=5, checkpoint_minutes=0.01, model=model)
    from paddle_lab.api import specify
    from paddle_lab.training.start import create_run

    options = {
        "model": model,
        "seed": 5,
        "epochs": 2.0,
        "max_len": 32,
        "batch_size": 16,
        "lr": 5e-4,
        "export": False,
        "baseline": False,
        "checkpoint_minutes": 0.01,
    }
    folder = create_run(*specify(whole.folder.spec().train, None, {}, options))
    command = [sys.executable, "-m", "paddle_lab.training.worker", str(folder.path)]
    chance = random.Random(11)
    for attempt in range(3):
        arguments = command + (["--resume"] if attempt else [])
        child = subprocess.Popen(arguments, cwd=Path(__file__).parents[2])
        before = folder.state().seq
        while folder.state().seq < before + 6 and child.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 0.8))
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert folder.state().state in ("crashed", "finished")
    if folder.state().state == "crashed":
        subprocess.run([*command, "--resume"], check=True, cwd=Path(__file__).parents[2])
    assert folder.state().state == "finished"
    assert weights(folder) == weights(whole.folder)
    numbers = [event["seq"] for event in events_of(folder)]
    assert numbers == list(range(len(numbers)))


def test_a_dataframe_is_kept_so_that_another_process_can_resume(finetune: Finetune) -> None:
    import pandas as pd

    rows = [("很好" + str(i), "good") for i in range(30)] + [
        ("很差" + str(i), "bad") for i in range(30)
    ]
    frame = pd.DataFrame(rows, columns=["review", "stars"])
    run = finetune(frame, text="review", label="stars", isolate=True, epochs=1.0)
    assert run.state.state == "finished"
    assert (run.folder.path / "data" / "train.jsonl").is_file()


def test_a_finished_run_cannot_be_resumed(finetune: Finetune) -> None:
    run = finetune(epochs=0.2)
    with pytest.raises(RunError, match="nothing to resume"):
        finetune(resume=run.id)


def test_changed_data_are_refused_when_resuming(finetune: Finetune, tmp_path: Path) -> None:
    source = tmp_path / "own.tsv"
    rows = [f"文本{i}\t{'好' if i % 2 else '坏'}" for i in range(60)]
    source.write_text("\n".join(rows), encoding="utf-8")
    run = finetune(str(source), epochs=0.5)
    with run.folder.events_path.open("r+b") as file:
        content = file.read().splitlines(keepends=True)
        file.truncate(len(b"".join(content[:-1])))
    source.write_text("\n".join(rows[:-1]), encoding="utf-8")
    with run.folder.open_log() as log:
        log.append("end", state="failed", step=1)
    with pytest.raises(RunError, match="data changed"):
        finetune(resume=run.id)


def test_a_run_is_resumed_once_only(finetune: Finetune, tmp_path: Path) -> None:
    from paddle_lab import api

    first = finetune(epochs=2.0)
    with first.folder.events_path.open("r+b") as file:
        lines = file.read().splitlines(keepends=True)
        file.truncate(len(b"".join(lines[:-1])))
    with first.folder.open_log() as log:
        log.append("end", state="stopped", step=1)
    with process_slot():  # it cannot come to its end before the second asks
        resumed = api.launch(resume=first.id, show=False)
        with pytest.raises(RunError, match="still running"):
            api.launch(resume=first.id, show=False)
    assert resumed.wait().state.state == "finished"


def test_of_many_who_resume_at_the_same_moment_one_does(tmp_path: Path) -> None:
    from paddle_lab.runs import RunSpec
    from paddle_lab.training.start import _claim

    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    with folder.open_log() as log:
        log.append("end", state="stopped", step=1)
    barrier = threading.Barrier(12)
    answers: list[str] = []

    def claim() -> None:
        barrier.wait()
        try:
            _claim(folder)
            answers.append("mine")
        except RunError as error:
            answers.append(str(error))

    threads = [threading.Thread(target=claim) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("mine") == 1
    assert all("still running" in answer for answer in answers if answer != "mine")
    assert [event["kind"] for event in events_of(folder)] == ["end", "phase"]


def test_a_run_that_cannot_go_on_says_so_and_can_be_resumed_later(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.errors import EnvError
    from paddle_lab.training.launchers import thread

    def broken() -> None:
        raise ImportError("libpaddle.so: cannot open shared object file")

    with monkeypatch.context() as patch:
        patch.setattr(thread, "import_paddle", broken)
        with pytest.raises(EnvError, match="libpaddle"):
            finetune(epochs=0.2)
    assert Registry().find("last").folder.state().state == "failed"
    assert finetune(resume="last").state.state == "finished"


def test_a_stop_without_saving_makes_nothing_more(finetune: Finetune, small_model: str) -> None:
    from paddle_lab import api

    whole = finetune(seed=3)
    given = {"model": small_model, "max_len": 32, "batch_size": 16, "lr": 5e-4, "show": False}
    run = api.launch(whole.folder.spec().train, seed=3, epochs=50.0, **given)
    while run.state.step < 2 and run.live:
        time.sleep(0.02)
    run.stop(save=False)
    run.wait()
    state = run.state
    assert state.state == "stopped" and state.step < state.total_steps
    assert run.report is None and run.bundle is None
    kept = state.end["kept"]["en"]
    evaluated = [event["step"] for event in state.evals]
    if evaluated:  # a whole epoch may have gone by
        assert kept == f"The checkpoint of step {evaluated[-1]} is kept."
    else:
        assert kept == "No weights were kept."
        assert latest_checkpoint(run.folder.checkpoints) is None


@pytest.mark.parametrize("save", [True, False])
def test_a_stop_that_falls_into_an_evaluation_saves_only_what_it_is_to_keep(
    finetune: Finetune, save: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.loop import TrainingLoop

    evaluate = TrainingLoop._evaluate
    evaluations = []

    def stopped_in_the_first(loop: TrainingLoop) -> dict[str, float]:
        if not evaluations:
            loop.reporter.control.apply("stop", "step", save=save)
        evaluations.append(evaluate(loop))
        return evaluations[-1]

    monkeypatch.setattr(TrainingLoop, "_evaluate", stopped_in_the_first)
    run = finetune(seed=3)
    assert evaluations[0] == {}
    assert run.state.state == "stopped" and run.state.step == run.state.total_steps // 2
    assert bool(run.state.evals) is save
    assert (latest_checkpoint(run.folder.checkpoints) is not None) is save


def test_a_run_in_its_own_process_is_the_same_run(finetune: Finetune) -> None:
    here, apart = finetune(seed=2), finetune(seed=2, isolate=True)
    assert apart.state.state == "finished"
    assert weights(here.folder) == weights(apart.folder)
