"""A run of a person's own Trainer is exported from what that saved; no advice is a circle."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_trainer import SIZES, own_trainer

from paddle_lab.commands import Context, export
from paddle_lab.errors import BundleError, RunError, UsageError
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.reproduce import commands
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.training.own_training import trainer_facts
from paddle_lab.training.own_weights import find_weights
from paddle_lab.training.start import resumable_run

KIND = "ErnieForSequenceClassification"


@pytest.fixture
def own_run(tmp_path: Path, registry_root: Path) -> Callable[..., RunFolder]:
    """A run as ``LiveCallback`` leaves it behind, that trained into ``output``."""

    def make(state: str = "finished", architecture: str = KIND) -> RunFolder:
        trainer = {"output_dir": str(tmp_path / "output"), "architecture": architecture}
        spec = RunSpec(train=OWN_TRAINER, name="own")
        registry = Registry()
        folder = RunFolder.create(
            spec, tmp_path / "runs", trainer=trainer, created=registry.next_moment()
        )
        registry.add(folder)
        with folder.open_log() as log:
            log.append("phase", phase="train", total_steps=6)
            if state != "finished":
                path = str(tmp_path / "output" / "checkpoint-3")
                log.append("checkpoint", step=3, path=path, best=False)
            log.append("end", state=state, step=6)
        return folder

    return make


def saved(folder: Path, name: str = "model_state.pdparams", age_s: float = 0.0) -> Path:
    """A folder in which the Trainer saved weights ``age_s`` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"weights")
    moment = time.time() - age_s
    os.utime(folder / name, (moment, moment))
    return folder


def found(run: RunFolder, given: str | None = None) -> tuple[str, int | None]:
    facts = trainer_facts(run)
    assert facts is not None
    weights = find_weights(run, facts, given)
    return weights.folder.name, weights.step


def test_the_weights_of_save_model_come_before_checkpoints(
    own_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    run = own_run()
    saved(tmp_path / "output" / "checkpoint-3")
    assert found(run) == ("checkpoint-3", 3)
    saved(tmp_path / "output" / "checkpoint-12", "model.safetensors")
    saved(tmp_path / "output" / "checkpoint-x")
    assert found(run) == ("checkpoint-12", 12)
    state = {"best_model_checkpoint": "./output/checkpoint-3"}
    (tmp_path / "output" / "checkpoint-12" / "trainer_state.json").write_text(json.dumps(state))
    assert found(run) == ("checkpoint-3", 3)
    saved(tmp_path / "output")
    assert found(run) == ("output", None)


def test_weights_from_before_the_training_are_not_taken_unless_named(
    own_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    run = own_run()
    place = saved(tmp_path / "output", age_s=3600)
    with pytest.raises(RunError, match="older than it"):
        found(run)
    assert found(run, str(place)) == ("output", None)


def test_weights_after_a_later_training_into_the_same_folder_are_not_certain(
    own_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    first, second = own_run(), own_run()
    time.sleep(0.01)
    place = saved(tmp_path / "output")
    assert found(second) == ("output", None)
    with pytest.raises(RunError) as caught:
        found(first)
    assert second.path.name in str(caught.value) and f"--weights {place}" in str(caught.value)
    assert found(first, str(place)) == ("output", None)


def exported(run: RunFolder, *more: str) -> Any:
    args = export.build_parser("x").parse_args([run.id, *more])
    return export.execute(args, Context())


@pytest.mark.parametrize("given", [(), ("--weights", "nowhere")])
def test_a_trainer_that_saved_no_weights_is_told_what_to_give(
    own_run: Callable[..., RunFolder], given: tuple[str, ...]
) -> None:
    with pytest.raises(RunError) as caught:
        exported(own_run(), *given)
    message = str(caught.value)
    assert caught.value.code == "run.no_weights"
    assert "trainer.save_model(" in message and "--resume" not in message


def test_a_model_that_is_not_exported_is_named(own_run: Callable[..., RunFolder]) -> None:
    with pytest.raises(RunError, match="MyOwnModel") as caught:
        exported(own_run(architecture="MyOwnModel"))
    assert caught.value.code == "run.own_architecture"


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_the_trainer_alone_goes_on_with_its_run(
    own_run: Callable[..., RunFolder], state: str
) -> None:
    run = own_run(state)
    before = run.events_path.read_bytes()
    with pytest.raises(RunError) as caught:
        resumable_run(run.id)
    assert caught.value.code == "run.own_trainer"
    advice = "run your own code again" if state == "finished" else "checkpoint-3"
    assert advice in str(caught.value)
    assert run.events_path.read_bytes() == before
    assert [row.resumable for row in RunsBoard().refresh()] == [False]


def test_no_command_is_said_to_start_it_again(own_run: Callable[..., RunFolder]) -> None:
    said = commands(own_run().spec())
    assert set(said) == {"magic", "cli", "python", "yaml"}
    assert all(text.startswith("# Your own Trainer") for text in said.values())


def test_weights_are_no_option_of_a_run_of_ours(make_run: Callable[..., RunFolder]) -> None:
    run = make_run()
    with run.open_log() as log:
        log.append("end", state="finished", step=1)
    with pytest.raises(UsageError) as caught:
        exported(run, "--weights", ".")
    assert caught.value.code == "usage.conflict"
    with pytest.raises(UsageError):
        exported(run, "--weights", ".", "--verify-only")


def test_a_finished_run_without_checkpoints_is_not_sent_to_resume(
    make_run: Callable[..., RunFolder],
) -> None:
    run = make_run()
    with run.open_log() as log:
        log.append("end", state="finished", step=1)
    with pytest.raises(RunError) as caught:
        exported(run)
    assert caught.value.code == "run.no_checkpoint"
    assert "Train it again: %ernie_finetune reviews" in str(caught.value)


VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"好坏的书店很不错味道推荐差评太难吃了",
              *(f"w{i}" for i in range(40))][: SIZES["vocab_size"]]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
def test_what_the_trainer_saved_becomes_a_bundle_that_answers_as_its_model_does(
    named: bool, tmp_path: Path, registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paddle

    import paddle_lab

    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    trainer = own_trainer(tmp_path / "out", [paddle_lab.LiveCallback(show=False)])
    if named:
        trainer.model.config.id2label = {0: "差评", 1: "好评"}
        trainer.model.config.label2id = {"差评": 0, "好评": 1}
    trainer.train()
    run = Registry().find("last").folder
    with pytest.raises(BundleError, match="Export it"):
        paddle_lab.load_bundle(run.path)
    trainer.save_model()
    with pytest.raises(RunError, match=r"tokenizer\.save_pretrained"):
        exported(run)
    (tmp_path / "out" / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    assert exported(run).json["ok"]
    answer = paddle_lab.load_bundle(run.path).predict(["好书店"])[0]
    ids = [VOCABULARY.index(token) for token in ("[CLS]", *"好书店", "[SEP]")]
    trainer.model.eval()
    expected = paddle.nn.functional.softmax(trainer.model(paddle.to_tensor([ids]))).numpy()[0]
    labels = ["差评", "好评"] if named else ["0", "1"]
    given = [answer.probabilities[label] for label in labels]
    assert np.allclose(given, expected, atol=1e-5)
