"""An earlier run as the model that a run starts from: ``--model last``, its name, its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.errors import ModelError, RunError
from paddle_lab.models import load_for_classification, resolve_model
from paddle_lab.models.config import read_config
from paddle_lab.runs import RunFolder
from paddle_lab.runs.model_name import model_name
from paddle_lab.training import starting_model
from paddle_lab.training.checkpoint import MODEL_FILE, STATE_FILE, write_checkpoint
from paddle_lab.training.run import Run
from paddle_lab.training.starting_model import base_model, frozen_model, resolve_start

Finetune = Callable[..., Run]


@pytest.fixture
def earlier(
    make_run: Callable[..., RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunFolder:
    """A run of the shipped model that ended with weights of its own, and a head."""
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    from safetensors.numpy import load_file

    weights = load_file(resolve_model("ernie-lab-mini").folder / "model.safetensors")
    trained = {name: array + np.float32(0.5) for name, array in weights.items()}
    trained["classifier.weight"] = np.ones((4, 2), np.float32)
    run = make_run(name="first")
    write_checkpoint(run.checkpoints, 7, {STATE_FILE: {}}, {MODEL_FILE: trained})
    with run.open_log() as log:
        log.append("end", state="finished", step=7, weights_step=7)
    return run


@pytest.mark.parametrize("named", ["last", "1", "first", "folder", "checkpoint"])
def test_a_run_is_named_as_everywhere_and_frozen_as_its_checkpoint(
    named: str, earlier: RunFolder
) -> None:
    checkpoint = str(earlier.checkpoints / "step-00000007")
    given = {"folder": str(earlier.path), "checkpoint": checkpoint}.get(named, named)
    model, told = frozen_model(given)
    assert model == checkpoint
    if named != "checkpoint":
        assert told == {"run": earlier.id, "name": earlier.path.name, "step": 7}
    assert model_name(model) == f"{earlier.path.name}@7"
    assert base_model(given) == base_model(model) == "ernie-lab-mini"


def test_a_run_of_fewer_layers_is_a_start_of_as_many(
    make_run: Callable[..., RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    from safetensors.numpy import load_file

    two = resolve_start("ernie-lab-mini", layers=2)
    trained = load_file(two.folder / "model.safetensors")
    run = make_run(name="first", layers=2)
    write_checkpoint(run.checkpoints, 7, {STATE_FILE: {}}, {MODEL_FILE: trained})
    with run.open_log() as log:
        log.append("end", state="finished", step=7, weights_step=7)
    again = resolve_start(frozen_model("first")[0])
    assert read_config(again.folder)["num_hidden_layers"] == 2
    assert load_file(again.folder / "model.safetensors").keys() == trained.keys()


@pytest.mark.parametrize("name", ["ernie-lab-mini", "ernie-3.0-nano-zh", "org/name", "nothing"])
def test_other_names_stay_and_folders_become_absolute(
    name: str, earlier: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert frozen_model(name) == (name, None)
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert frozen_model("mine") == (str(tmp_path / "mine"), None)


@pytest.mark.slow
def test_the_encoder_is_the_earlier_runs_and_its_licence_that_of_the_model_behind(
    earlier: RunFolder,
) -> None:
    resolved = resolve_start(frozen_model("last")[0])
    mini = resolve_model("ernie-lab-mini")
    assert (resolved.source, resolved.licence) == ("run", mini.licence)
    assert resolved.name == f"{earlier.path.name}@7" and resolved.sha256 != mini.sha256
    name = "ernie.embeddings.layer_norm.bias"
    found = load_for_classification(resolved, 3).state_dict()[name].numpy()
    before = load_for_classification(mini, 3).state_dict()[name].numpy()
    assert np.array_equal(found, before + np.float32(0.5))


def test_a_run_that_is_live_or_kept_no_weights_is_no_start(
    make_run: Callable[..., RunFolder],
) -> None:
    run = make_run(name="empty")
    with pytest.raises(RunError, match="still running"):
        frozen_model("empty")
    with run.open_log() as log:
        log.append("end", state="failed", step=0)
    with pytest.raises(RunError) as caught:
        frozen_model("empty")
    assert caught.value.code == "run.no_checkpoint"


def test_an_earlier_run_that_is_gone_is_named(earlier: RunFolder) -> None:
    model, _ = frozen_model("last")
    shutil.rmtree(earlier.path)
    with pytest.raises(ModelError, match="No model is called") as caught:
        resolve_start(model)
    assert caught.value.code == "model.not_found"


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({}, True),
        ({"values": {"0": 0, "1": 1}}, True),
        ({"labels": ["1", "0"]}, False),
        ({"labels": ["0", "2"]}, False),
        ({"task": "pair"}, False),
    ],
)
def test_a_head_fits_the_same_labels_whatever_they_are_written_as(
    earlier: RunFolder, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], taken: bool
) -> None:
    """Labels that are texts in one file may be numbers in the next."""
    put: list[set[str]] = []
    monkeypatch.setattr(starting_model, "put_weights", lambda _, head, __: put.append(set(head)))
    (earlier.path / "codec.json").write_text('{"labels": ["0", "1"]}', "utf-8")
    start = starting_model.earlier_run(frozen_model("first")[0])
    assert start is not None
    codec = {"labels": ["0", "1"], "task": "classify", **changed}
    said = starting_model.put_head(None, start, codec)
    assert ("head included" in said.in_language("en")) is taken
    assert put == ([{"classifier.weight"}] if taken else [])


@pytest.mark.slow
def test_the_head_is_taken_where_the_labels_are_the_same_and_left_out_elsewhere(
    finetune: Finetune, tmp_path: Path, reviews_tsv: Path
) -> None:
    first = finetune(epochs=0.2)
    same = finetune(epochs=0.2, model=first.id)
    renamed = tmp_path / "other.tsv"
    rows = reviews_tsv.read_text("utf-8").splitlines()
    renamed.write_text("\n".join(f"{row}x" for row in rows), encoding="utf-8")
    other = finetune(str(renamed), epochs=0.2, model="last")

    def said(run: Run) -> list[str]:
        return [event["text"]["en"] for event in run.state.notices if event["code"] == "start"]

    assert "head included" in said(same)[0] and same.folder.info()["start"]["run"] == first.id
    assert "left out" in said(other)[0] and other.folder.info()["start"]["run"] == same.id
    assert said(first) == []
