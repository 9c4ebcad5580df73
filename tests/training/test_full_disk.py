"""Disks that fill up while a run trains: nothing is lost without a word, nothing is promised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import RunError
from paddle_lab.training.run import Run

pytestmark = pytest.mark.slow

Finetune = Callable[..., Run]


def full_at(monkeypatch: pytest.MonkeyPatch, full: Callable[[int, int], bool]) -> None:
    """A disk that takes no checkpoint where ``full(step, files)`` says so."""
    import paddle_lab.training.lab_trainer as module

    write = module.write_checkpoint

    def write_if_space(root: Path, step: int, documents: Any, arrays: Any) -> Any:
        if full(step, len(arrays)):
            raise OSError(28, "No space left on device")
        return write(root, step, documents, arrays)

    monkeypatch.setattr(module, "write_checkpoint", write_if_space)


def codes_of(run: Run) -> list[str]:
    return [event["code"] for event in run.state.notices]


def test_a_full_disk_at_a_checkpoint_does_not_end_the_training_and_is_told_once(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_at(monkeypatch, lambda step, _: step < 14)
    run = finetune(epochs=2.0, checkpoint_minutes=1e-6)
    assert run.state.state == "finished"
    assert codes_of(run).count("checkpoint-failed") == 1
    told = next(event for event in run.state.notices if event["code"] == "checkpoint-failed")
    assert "No space left" in told["text"]["en"]


def test_of_trained_weights_that_no_disk_takes_nobody_says_that_they_are_kept(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_at(monkeypatch, lambda *_: True)
    with pytest.raises(RunError, match="could not be written"):
        finetune(epochs=1.0)
    run = Run.find("last")
    assert run.state.state == "failed" and run.state.end["error"]["code"] == "run.disk"


def test_weights_for_which_there_is_space_without_the_optimizer_are_kept_and_exported(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from paddle_lab.commands import Context, export

    full_at(monkeypatch, lambda _, files: files > 1)
    run = finetune(epochs=1.0)
    assert run.state.state == "finished"
    args = export.build_parser("x").parse_args([run.id, "--out", str(tmp_path / "model")])
    assert export.execute(args, Context()).json["ok"]


def test_best_weights_that_the_disk_did_not_take_are_not_said_to_be_kept(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from paddle_lab.training.best_checkpoint import best_checkpoint
    from paddle_lab.training.callbacks import RunHooks

    best_at: list[int] = []
    take = RunHooks.take_evaluation

    def best_in_the_middle(self: RunHooks, step: int, epoch: float, metrics: Any) -> None:
        best_at.append(step)
        metrics["accuracy"] = {1: 0.5, 2: 0.9, 3: 0.4}[len(best_at)]
        take(self, step, epoch, metrics)

    monkeypatch.setattr(RunHooks, "take_evaluation", best_in_the_middle)
    full_at(monkeypatch, lambda step, _: len(best_at) == 2)
    run = finetune(epochs=3.0)
    assert run.state.state == "finished"
    assert codes_of(run).count("best-lost") == 1
    assert run.state.end["weights_step"] == best_at[0]
    assert f"step {best_at[0]}" in run.state.end["kept"]["en"]
    assert best_checkpoint(run.folder).step == best_at[0]
