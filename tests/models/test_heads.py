"""A checkpoint's own classifier is kept with its classes, where a run can go on with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_builders import (
    CONFIG,
    paddle_weights,
    same_encoder,
    torch_weights,
    write_folder,
    write_safetensors,
    write_torch,
)

from paddle_lab.models import resolve_model
from paddle_lab.models.fewer_layers import with_layers
from paddle_lab.models.heads import stored_classifier

LABELS = ["好评", "差评", "一般"]
HEAD = {
    "classifier.weight": np.arange(24, dtype=np.float32).reshape(3, 8),
    "classifier.bias": np.float32([1, 2, 3]),
}


def checkpoint(folder: Path, head: dict[str, Any] | None = None, **said: Any) -> Path:
    """A BERT classifier as transformers saves it."""
    config = {
        **CONFIG, "model_type": "bert", "architectures": ["BertForSequenceClassification"],
        "id2label": {str(n): label for n, label in enumerate(LABELS)}, **said,
    }  # fmt: skip
    write_folder(folder, config)
    encoder = {f"bert.{name}": array for name, array in torch_weights(paddle_weights()).items()}
    write_safetensors(folder / "model.safetensors", {**encoder, **(head or HEAD)}, mark="pt")
    return folder


def test_a_classifier_is_kept_beside_the_encoder_with_its_classes(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m")
    for _ in range(2):  # also where it comes from the cache
        resolved = resolve_model(str(folder))
        assert resolved.notice is None
        assert same_encoder(resolved.folder, paddle_weights())
        found = stored_classifier(resolved.folder)
        assert found is not None
        assert found.labels == tuple(LABELS)
        assert np.array_equal(found.weight, HEAD["classifier.weight"].T)
        assert np.array_equal(found.bias, [1, 2, 3])


def test_its_outputs_follow_the_order_of_other_labels(tmp_path: Path) -> None:
    found = stored_classifier(resolve_model(str(checkpoint(tmp_path / "m"))).folder)
    assert found is not None
    ordered = found.ordered(["一般", "好评", "差评"])
    assert ordered["classifier.bias"].tolist() == [3, 1, 2]
    assert ordered["classifier.weight"][:, 1].tolist() == HEAD["classifier.weight"][0].tolist()


@pytest.mark.parametrize(
    "named",
    [None, {}, {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, {"0": "a", "1": "a", "2": "b"},
     {"0": "a", "1": " ", "2": "b"}, {"0": "a", "1": 7, "2": "b"}, ["a", "b", "c"], {"0": "a"}],
)  # fmt: skip
def test_classes_without_names_are_their_numbers(named: Any, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m", id2label=named)
    found = stored_classifier(resolve_model(str(folder)).folder)
    assert found is not None
    assert found.labels == ("0", "1", "2")


def test_paddlenlps_own_classifier_is_not_turned(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m", architectures=["ErnieForSequenceClassification"])
    (folder / "model.safetensors").unlink()
    turned = {**HEAD, "classifier.weight": np.ascontiguousarray(HEAD["classifier.weight"].T)}
    write_safetensors(folder / "model.safetensors", {**paddle_weights(), **turned})
    found = stored_classifier(resolve_model(str(folder)).folder)
    assert found is not None
    assert np.array_equal(found.weight, HEAD["classifier.weight"].T)


LEFT_OUT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "of tokens": ({}, {"architectures": ["BertForTokenClassification"]}),
    "of choices": ({}, {"architectures": ["BertForMultipleChoice"]}),
    "nobody says of what": ({}, {"architectures": None}),
    "of numbers": ({}, {"problem_type": "regression"}),
    "one output": ({"classifier.weight": np.ones((1, 8), np.float32),
                    "classifier.bias": np.ones(1, np.float32)}, {}),
    "another width": ({"classifier.weight": np.ones((3, 9), np.float32)}, {}),
    "not finite": ({"classifier.bias": np.float32([1, np.nan, 3])}, {}),
    "two layers": ({"classifier.dense.weight": np.ones((8, 8), np.float32)},
                   {"architectures": ["ElectraForSequenceClassification"]}),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_another_head_is_left_out_and_told(kind: str, tmp_path: Path) -> None:
    arrays, said = LEFT_OUT[kind]
    resolved = resolve_model(str(checkpoint(tmp_path / "m", {**HEAD, **arrays}, **said)))
    assert stored_classifier(resolved.folder) is None
    assert resolved.notice is not None
    assert "classifier" in resolved.notice.in_language("zh")


def test_a_classifier_without_its_pooler_is_left_out(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    encoder = torch_weights({n: a for n, a in paddle_weights().items() if "pooler" not in n})
    write_torch(folder / "pytorch_model.bin", {**encoder, **HEAD})
    resolved = resolve_model(str(folder))
    assert stored_classifier(resolved.folder) is None
    assert resolved.notice is not None


def test_fewer_layers_keep_it(tmp_path: Path) -> None:
    one = with_layers(resolve_model(str(checkpoint(tmp_path / "m"))), 1)
    found = stored_classifier(one.folder)
    assert found is not None
    assert found.labels == tuple(LABELS)


@pytest.mark.parametrize("damage", ["changed", "removed", "labels"])
def test_a_copy_whose_classifier_is_another_is_made_anew(damage: str, tmp_path: Path) -> None:
    source = checkpoint(tmp_path / "m")
    folder = resolve_model(str(source)).folder
    file = folder / "head.safetensors"
    if damage == "changed":
        write_safetensors(file, {name: array + 1 for name, array in HEAD.items()})
    elif damage == "removed":
        file.unlink()
    else:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        config["classifier"]["labels"] = LABELS[::-1]
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = stored_classifier(resolve_model(str(source)).folder)
    assert found is not None
    assert found.labels == tuple(LABELS)
    assert np.array_equal(found.bias, [1, 2, 3])
