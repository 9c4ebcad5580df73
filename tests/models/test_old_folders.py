"""Model folders that people have: PaddleNLP 2.0 to 2.4, caches of hubs, edited vocabularies."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_builders import CONFIG, VOCABULARY, paddle_weights, write_folder, write_pdparams
from model_builders import write_safetensors as write_safe
from safetensors.numpy import load_file

from paddle_lab.errors import ModelError
from paddle_lab.models import build_tokenizer, resolve_model
from paddle_lab.models.convert import finite_float32
from paddle_lab.models.resolve import Resolved
from paddle_lab.models.vocabulary import EMBEDDINGS

SIZES = {key: value for key, value in CONFIG.items() if key not in ("architectures", "model_type")}
BASE = {**SIZES, "init_class": "ErnieModel"}
OLD_FORMS: dict[str, dict[str, Any]] = {
    "a model with a head": {
        "init_args": [BASE], "init_class": "ErnieForSequenceClassification", "num_classes": 2,
    },
    "a base model": BASE,
    "a base model by name": {"ernie": BASE, "init_class": "ErnieForTokenClassification"},
    "a head of one's own": {"init_args": [BASE, 3, 0.1], "init_class": "MyClassifier"},
    "a head on a head": {"init_args": [{"init_args": [BASE], "init_class": "ErnieForX"}]},
    "a base without a class": {"init_args": [SIZES], "init_class": "BertForSequenceClassification"},
}  # fmt: skip


def weights_in(resolved: Resolved) -> dict[str, Any]:
    return dict(load_file(resolved.folder / "model.safetensors"))


@pytest.mark.parametrize("form", OLD_FORMS)
def test_model_config_json_of_paddlenlp_2_is_read(form: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "old")
    (folder / "config.json").unlink()
    (folder / "model_config.json").write_text(json.dumps(OLD_FORMS[form]), encoding="utf-8")
    head = {"classifier.weight": np.zeros((8, 2), np.float32)}
    write_pdparams(folder / "model_state.pdparams", {**paddle_weights(), **head})
    resolved = resolve_model(str(folder))
    config = json.loads((resolved.folder / "config.json").read_text("utf-8"))
    assert {name: config[name] for name in SIZES} == SIZES
    found = weights_in(resolved)
    assert all(np.array_equal(found[name], value) for name, value in paddle_weights().items())


def test_config_json_comes_before_model_config_json(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "both")
    (folder / "model_config.json").write_text("{}", encoding="utf-8")
    write_safe(folder / "model.safetensors", paddle_weights())
    assert weights_in(resolve_model(str(folder)))


@pytest.mark.parametrize(
    "config",
    [
        {"init_args": [{**SIZES, "init_class": "GPTModel"}]},
        {"init_args": [[[BASE]]]},
        {"init_args": 5, "init_class": "ErnieModel"},
        {"init_args": [{"init_args": [{"init_args": [{"init_args": [{"init_args": [BASE]}]}]}]}]},
    ],
)
def test_a_model_config_json_that_tells_no_encoder_is_refused(
    config: dict[str, Any], tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "odd")
    (folder / "config.json").unlink()
    (folder / "model_config.json").write_text(json.dumps(config), encoding="utf-8")
    write_safe(folder / "model.safetensors", paddle_weights())
    with pytest.raises(ModelError) as caught:
        resolve_model(str(folder))
    assert caught.value.code in ("model.config", "model.kind")


def cache_of(root: Path, *revisions: str, name: str = "models--lab--tiny") -> Path:
    """A hub's folder of a model: each snapshot is links into blobs; the last is the newest."""
    folder = root / name
    for number, revision in enumerate(revisions):
        blobs = folder / "blobs" / revision
        write_folder(blobs)
        write_safe(blobs / "model.safetensors", paddle_weights(seed=number))
        snapshot = folder / "snapshots" / revision
        snapshot.mkdir(parents=True)
        for file in blobs.iterdir():
            (snapshot / file.name).symlink_to(Path("..", "..", "blobs", revision, file.name))
        os.utime(snapshot, (1000 + number, 1000 + number))
    return folder


def seed_of(resolved: Resolved) -> int:
    found = weights_in(resolved)[EMBEDDINGS]
    return next(n for n in range(9) if np.array_equal(found, paddle_weights(seed=n)[EMBEDDINGS]))


def test_of_a_hubs_folder_the_snapshot_that_main_names_is_taken(tmp_path: Path) -> None:
    folder = cache_of(tmp_path, "aaa", "bbb")
    assert seed_of(resolve_model(str(folder))) == 1
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("aaa\n")
    resolved = resolve_model(str(folder))
    assert (seed_of(resolved), resolved.revision) == (0, "aaa")
    assert seed_of(resolve_model(str(folder / "snapshots" / "bbb"))) == 1
    assert seed_of(resolve_model(str(tmp_path))) == 0


@pytest.mark.parametrize("main", ["", "../../..", "gone", "a" * 5000, "bbb\nccc"])
def test_a_main_that_names_no_snapshot_leaves_the_newest(main: str, tmp_path: Path) -> None:
    folder = cache_of(tmp_path, "aaa", "bbb")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(main)
    assert seed_of(resolve_model(str(folder))) == 1


def test_a_snapshot_that_was_not_downloaded_whole_is_passed_over(tmp_path: Path) -> None:
    folder = cache_of(tmp_path, "aaa", "bbb")
    (folder / "snapshots" / "bbb" / "model.safetensors").unlink()
    assert seed_of(resolve_model(str(folder))) == 0
    shutil.rmtree(folder / "blobs")
    with pytest.raises(ModelError) as caught:
        resolve_model(str(folder))
    assert caught.value.code == "model.snapshot" and "--model lab/tiny" in str(caught.value)


def test_of_a_cache_with_several_models_one_must_be_named(tmp_path: Path) -> None:
    cache_of(tmp_path, "aaa")
    cache_of(tmp_path, "aaa", name="models--lab--other")
    with pytest.raises(ModelError, match="lab/other, lab/tiny") as caught:
        resolve_model(str(tmp_path))
    assert caught.value.code == "model.several"


def with_vocabulary(folder: Path, tokens: list[str], end: str = "\n") -> Path:
    write_folder(folder)
    (folder / "vocab.txt").write_text("\n".join(tokens) + end, encoding="utf-8")
    write_safe(folder / "model.safetensors", paddle_weights())
    return folder


@pytest.mark.parametrize("added", [1, 7])
def test_tokens_that_were_added_to_a_vocabulary_get_the_unknown_tokens_row(
    added: int, tmp_path: Path
) -> None:
    new = [f"新{n}" for n in range(added)]
    resolved = resolve_model(str(with_vocabulary(tmp_path / "m", [*VOCABULARY, *new])))
    table, before = weights_in(resolved)[EMBEDDINGS], paddle_weights()[EMBEDDINGS]
    assert np.array_equal(table[: len(VOCABULARY)], before)
    assert np.array_equal(table[len(VOCABULARY) :], np.tile(before[1], (added, 1)))
    config = json.loads((resolved.folder / "config.json").read_text("utf-8"))
    assert config["vocab_size"] == len(table)
    assert max(build_tokenizer(resolved.folder).get_vocab().values()) < len(table)
    assert str(resolved.notice).startswith(f"{added} tokens")
    assert resolve_model(str(tmp_path / "m")).notice == resolved.notice, "told each time"


def test_the_vocabulary_of_another_release_is_refused(tmp_path: Path) -> None:
    folder = with_vocabulary(tmp_path / "m", [*VOCABULARY, *(f"w{n}" for n in range(200))])
    with pytest.raises(ModelError) as caught:
        resolve_model(str(folder))
    assert caught.value.code == "model.vocabulary"
    assert str(len(VOCABULARY)) in str(caught.value)


@pytest.mark.parametrize(("kept", "told"), [(len(VOCABULARY) - 1, False), (8, True)])
def test_a_shorter_vocabulary_is_allowed_and_told_where_it_is_odd(
    kept: int, told: bool, tmp_path: Path
) -> None:
    resolved = resolve_model(str(with_vocabulary(tmp_path / "m", VOCABULARY[:kept])))
    assert (resolved.notice is not None) == told
    assert np.array_equal(weights_in(resolved)[EMBEDDINGS], paddle_weights()[EMBEDDINGS])


def test_blank_lines_at_the_end_of_a_vocabulary_are_no_tokens(tmp_path: Path) -> None:
    resolved = resolve_model(str(with_vocabulary(tmp_path / "m", VOCABULARY, end="\n\n \n")))
    assert resolved.notice is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("name", [EMBEDDINGS, "ernie.encoder.layers.1.norm2.bias"])
def test_weights_that_are_no_numbers_are_refused_with_the_tensors_name(
    value: float, kind: type, name: str, tmp_path: Path
) -> None:
    weights = {key: array.astype(kind) for key, array in paddle_weights().items()}
    weights[name].flat[3] = value
    folder = write_folder(tmp_path / "m")
    write_safe(folder / "model.safetensors", weights)
    with pytest.raises(ModelError) as caught:
        resolve_model(str(folder))
    assert caught.value.code == "model.not_finite"
    assert f"{name}: 1 of {weights[name].size}" in str(caught.value)


def test_large_numbers_that_add_up_to_more_than_float32_holds_are_numbers() -> None:
    large = np.full(8, 3e38, np.float32)
    assert finite_float32("w", large, "here") is large
