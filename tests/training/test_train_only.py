"""A run that is only trained: report and bundle are made when it is asked for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from forks import Forks
from kernel import events_of

from paddle_lab.api import specify
from paddle_lab.errors import PaddleLabError
from paddle_lab.training import start
from paddle_lab.training.launchers import LAUNCHERS, Launch
from paddle_lab.training.run import Run


@pytest.mark.slow
def test_a_run_that_is_only_trained_gets_its_report_later_without_another_step(
    finetune: Callable[..., Run], reviews_tsv: Path, small_model: str, forks: Forks
) -> None:
    options = {"model": small_model, "epochs": 1.0, "max_len": 32, "batch_size": 16, "lr": 5e-4,
               "export": False, "baseline": False}  # fmt: skip
    spec, names = specify(str(reviews_tsv), None, {}, options)
    folder = start.create_run(spec, names)
    command = LAUNCHERS.get("process").launch(Launch(folder, finish=False)).command  # type: ignore[attr-defined]
    assert "--train-only" in command
    forks.run((*command[1:4], "--train-only"), os.environ, Path.cwd())
    trained = folder.state()
    assert trained.state == "finished" and folder.report_data() is None
    assert not any(event.get("phase") == "report" for event in events_of(folder))
    run = finetune(resume=folder.id)
    assert run.report is not None and run.state.step == trained.step
    with pytest.raises(PaddleLabError) as caught:
        start.resumable_run(folder.id)
    assert caught.value.code == "run.finished"
