"""Two processes learn what one does, and a run goes on with another number of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from paddle_lab import api
from paddle_lab.runs import RunFolder
from paddle_lab.training.checkpoint import MODEL_FILE, latest_checkpoint
from paddle_lab.training.run import Run

pytestmark = pytest.mark.slow

Finetune = Callable[..., Run]

#: 15 rows do not divide by two; the last batch of an epoch has other rows still. Steps of this
#: model take so long that a run is stopped between two.
OPTIONS: dict[str, Any] = {"model": "ernie-lab-mini", "seed": 3, "batch_size": 15,
                           "dropout": 0.0, "epochs": 2.0, "evals_per_epoch": 2}  # fmt: skip


def weights(folder: RunFolder) -> Any:
    """The newest checkpoint's weights, as one vector."""
    checkpoint = latest_checkpoint(folder.checkpoints)
    assert checkpoint is not None
    arrays = checkpoint.arrays(MODEL_FILE)
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)]).astype(np.float64)


def apart(one: Any, other: Any) -> float:
    return float(np.linalg.norm(one - other) / np.linalg.norm(one))


def test_two_processes_learn_what_one_does_and_take_turns_with_it(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, pair = finetune(**OPTIONS), finetune(procs=2, **OPTIONS)
    one, two = alone.state, pair.state
    assert two.state == "finished" and two.total_steps == one.total_steps
    assert len(one.evals) == len(two.evals) == 4
    for expected, got in zip(one.evals, two.evals, strict=True):
        assert got["step"] == expected["step"] and got["best"] == expected["best"]
        assert got["metrics"] == pytest.approx(expected["metrics"], rel=1e-4)
    assert [one.columns[name][-1] for name in ("lr", "step")] == [
        two.columns[name][-1] for name in ("lr", "step")
    ]
    assert pair.metrics == pytest.approx(alone.metrics, rel=1e-4)
    assert apart(weights(alone.folder), weights(pair.folder)) < 1e-5
    assert (pair.folder.path / "logs" / "rank-1.txt").stat().st_size > 0
    assert "ranks" in [notice["code"] for notice in two.notices]

    options = {**OPTIONS, "max_len": 32, "lr": 5e-4, "export": False, "baseline": False}
    run = api.launch(alone.folder.spec().train, show=False, procs=2, **options)
    while run.state.step < 2 and run.live:
        time.sleep(0.01)
    run.stop()
    assert run.wait().state.state == "stopped"
    by_two = run.state.step
    from paddle_lab.training.callbacks import LiveHooks

    with monkeypatch.context() as patch:
        patch.setattr(LiveHooks, "on_step_end", stopping_at((one.total_steps or 0) - 2))
        again = finetune(resume=run.id, procs=1)
    assert again.state.state == "stopped" and again.state.step > by_two
    last = finetune(resume=run.id)  # as it was begun: by two
    assert last.state.state == "finished"
    assert apart(weights(alone.folder), weights(last.folder)) < 1e-5


def stopping_at(step: int) -> Callable[..., None]:
    from paddle_lab.training.callbacks import LiveHooks

    on_step_end = LiveHooks.on_step_end

    def stopped(hooks: LiveHooks, args: Any, state: Any, *more: Any, **also: Any) -> None:
        if state.global_step == step:
            hooks.reporter.control.apply("stop", "step")
        on_step_end(hooks, args, state, *more, **also)

    return stopped
