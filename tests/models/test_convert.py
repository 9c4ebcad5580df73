"""Other layouts become a folder that PaddleNLP loads: once, whole, with every number kept."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from model_builders import (
    CONFIG,
    VOCABULARY,
    contents,
    paddle_weights,
    same_encoder,
    torch_weights,
    write_folder,
    write_pdparams,
    write_safetensors,
    write_torch,
)
from safetensors.numpy import load_file

from paddle_lab.errors import ModelError
from paddle_lab.i18n import Text
from paddle_lab.models import resolve_model
from paddle_lab.models.config import read_config

ALBERT_NAMES = {
    "attention.self.query": "attention.query", "attention.self.key": "attention.key",
    "attention.self.value": "attention.value", "attention.output.dense": "attention.dense",
    "attention.output.LayerNorm": "attention.LayerNorm", "intermediate.dense": "ffn",
    "output.dense": "ffn_output", "output.LayerNorm": "full_layer_layer_norm",
}  # fmt: skip


@pytest.mark.parametrize(
    "layout", ["pdparams", "bert pdparams", "torch", "torch bert", "torch safe"]
)
def test_other_layouts_are_converted_in_the_cache_once(
    layout: str, tmp_path: Path, own_cache: Path
) -> None:
    kind = {**CONFIG, "model_type": "bert", "architectures": ["BertModel"]}
    folder = write_folder(tmp_path / "其他 模型", kind if "bert" in layout else CONFIG)
    weights = paddle_weights()
    if layout.endswith("pdparams"):
        prefix = "bert." if "bert" in layout else "ernie."
        write_pdparams(folder / "model_state.pdparams", paddle_weights(prefix))
    elif layout == "torch safe":
        write_safetensors(folder / "model.safetensors", torch_weights(weights), mark="pt")
    else:
        prefix = "bert." if "bert" in layout else ""
        named = {prefix + name: value for name, value in torch_weights(weights).items()}
        write_torch(folder / "pytorch_model.bin", {**named, "cls.bias": np.zeros(3, np.float32)})
    before = contents(folder)

    told: list[Text] = []
    resolved = resolve_model(str(folder), progress=told.append)
    assert own_cache in resolved.folder.parents
    assert same_encoder(resolved.folder, weights)
    assert (resolved.folder / "vocab.txt").read_text("utf-8").split("\n")[:-1] == VOCABULARY
    assert told, "conversion takes time and is announced"
    assert contents(folder) == before, "the source is never written to"

    again: list[Text] = []
    stamp = (resolved.folder / "model.safetensors").stat().st_mtime_ns
    assert resolve_model(str(folder), progress=again.append) == resolved
    assert not again
    assert (resolved.folder / "model.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("head", ["classifier", "cls.predictions.transform.dense"])
def test_an_electra_of_one_size_is_converted_and_its_head_is_said_to_be_left_out(
    head: str, tmp_path: Path
) -> None:
    kind = {**CONFIG, "model_type": "electra", "architectures": ["ElectraForMaskedLM"],
            "embedding_size": CONFIG["hidden_size"]}  # fmt: skip
    folder = write_folder(tmp_path / "m", kind)
    weights = {name: value for name, value in paddle_weights().items() if "pooler" not in name}
    named = {f"electra.{name}": value for name, value in torch_weights(weights).items()}
    beside = {
        f"{head}.weight": np.zeros((3, 8), np.float32),
        f"{head}.bias": np.zeros(3, np.float32),
    }
    write_torch(folder / "pytorch_model.bin", {**named, **beside})
    for _ in range(2):  # also where it comes from the cache
        resolved = resolve_model(str(folder))
        assert same_encoder(resolved.folder, weights)
        if head == "classifier":
            assert resolved.notice is not None
            assert "classifier (3 x 8)" in resolved.notice.in_language("en")
        else:
            assert resolved.notice is None, "a head of pre-training is no loss"


@pytest.mark.parametrize("kind", ["electra", "albert"])
def test_embeddings_narrower_than_the_layers_get_their_projection(
    kind: str, tmp_path: Path
) -> None:
    config = {**CONFIG, "model_type": kind, "architectures": None, "embedding_size": 4,
              "num_hidden_groups": 1, "inner_group_num": 1}  # fmt: skip
    folder = write_folder(tmp_path / "m", config)
    wide = torch_weights(paddle_weights())
    plain = {name: np.ascontiguousarray(value[..., :4]) if name.startswith("embeddings.") else value
             for name, value in wide.items()}  # fmt: skip
    projection = np.arange(32, dtype=np.float32).reshape(8, 4)
    bias = np.ones(8, np.float32)
    if kind == "electra":
        named = {**plain, "embeddings_project.weight": projection, "embeddings_project.bias": bias}
    else:
        named = {name: value for name, value in plain.items() if name.startswith("embeddings.")}
        for name, value in plain.items():
            if name.startswith("encoder.layer.0."):
                part, _, end = name.removeprefix("encoder.layer.0.").rpartition(".")
                group = "encoder.albert_layer_groups.0.albert_layers.0"
                named[f"{group}.{ALBERT_NAMES[part]}.{end}"] = value
        named["encoder.embedding_hidden_mapping_in.weight"] = projection
        named["encoder.embedding_hidden_mapping_in.bias"] = bias
        named |= {"pooler.weight": np.eye(8, dtype=np.float32), "pooler.bias": bias}
    beside = {f"{kind}.{name}": value for name, value in named.items()}
    write_safetensors(folder / "model.safetensors", beside, mark="pt")
    resolved = resolve_model(str(folder))
    found = load_file(resolved.folder / "model.safetensors")
    assert np.array_equal(found["ernie.embeddings.projection.weight"], projection.T)
    assert found["ernie.embeddings.word_embeddings.weight"].shape == (len(VOCABULARY), 4)
    assert found["ernie.embeddings.layer_norm.weight"].shape == (4,)
    first, second = (found[f"ernie.encoder.layers.{n}.linear1.weight"] for n in (0, 1))
    assert np.array_equal(first, paddle_weights()["ernie.encoder.layers.0.linear1.weight"])
    assert np.array_equal(first, second) == (kind == "albert"), "its layers are one"
    assert resolved.notice is None
    assert resolve_model(str(resolved.folder)).sha256, "our own copy is a model as well"


@pytest.mark.parametrize("named", ["gelu_new", "gelu_fast", "gelu_pytorch_tanh"])
def test_gelu_by_the_tangent_stays_what_it_is(named: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m", {**CONFIG, "hidden_act": named})
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    assert read_config(resolved.folder)["hidden_act"] == "gelu_new"
    assert resolved.notice is None


def test_float16_weights_become_float32(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "half")
    half = {name: value.astype(np.float16) for name, value in paddle_weights().items()}
    write_safetensors(folder / "model.safetensors", half)
    found = load_file(resolve_model(str(folder)).folder / "model.safetensors")
    assert {value.dtype for value in found.values()} == {np.dtype("float32")}


def test_a_vocabulary_is_taken_from_tokenizer_json(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    (folder / "vocab.txt").unlink()
    vocab = {token: number for number, token in enumerate(VOCABULARY)}
    (folder / "tokenizer.json").write_text(
        json.dumps({"model": {"type": "WordPiece", "vocab": vocab}}), encoding="utf-8"
    )
    write_safetensors(folder / "model.safetensors", paddle_weights())
    made = resolve_model(str(folder)).folder
    assert (made / "vocab.txt").read_text("utf-8").split("\n")[:-1] == VOCABULARY


def test_a_changed_source_is_converted_anew(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights(seed=1))
    first = resolve_model(str(folder)).folder
    write_pdparams(folder / "model_state.pdparams", paddle_weights(seed=2))
    second = resolve_model(str(folder)).folder
    assert first != second
    assert same_encoder(second, paddle_weights(seed=2))


def test_two_at_once_make_one_folder(tmp_path: Path, own_cache: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights())
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(resolve_model(str(folder)).folder))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [path.name for path in (own_cache / "models").iterdir()] == [found[0].name]


def test_an_unfinished_conversion_leaves_nothing(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights())
    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(ModelError, match="PADDLE_LAB_CACHE_DIR"):
        resolve_model(str(folder))
    assert list((own_cache / "models").iterdir()) == []
