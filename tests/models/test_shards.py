"""Weights in several files are one model, or are refused: an index leads nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_builders import (
    Malicious,
    paddle_weights,
    same_encoder,
    torch_weights,
    write_folder,
    write_pdparams,
    write_safetensors,
    write_shards,
)

from paddle_lab.errors import ModelError
from paddle_lab.models import resolve_model
from paddle_lab.models.hub_cache import snapshot_in

SAFE = "model.safetensors"
FIRST, SECOND = "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors"


def model_in_pieces(tmp_path: Path, name: str = SAFE) -> Path:
    folder = write_folder(tmp_path / "m")
    weights = paddle_weights()
    write_shards(folder, name, torch_weights(weights) if name.endswith(".bin") else weights)
    return folder


def rewritten(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    index = folder / f"{SAFE}.index.json"
    document = json.loads(index.read_text("utf-8"))
    change(document["weight_map"])
    index.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize("name", [SAFE, "model_state.pdparams", "pytorch_model.bin"])
def test_several_files_give_the_weights_of_one(name: str, tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path, name)
    resolved = resolve_model(str(folder))
    assert same_encoder(resolved.folder, paddle_weights())
    assert resolved.weights_format == ("safetensors" if name == SAFE else "pickle")
    assert resolve_model(str(folder)) == resolved


def test_a_change_in_any_of_the_files_is_another_model(tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    first = resolve_model(str(folder))
    part = dict(list(paddle_weights(seed=5).items())[1::3])
    write_safetensors(folder / SECOND, part)
    assert resolve_model(str(folder)).sha256 != first.sha256


def test_one_whole_file_comes_before_an_index(tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    write_safetensors(folder / SAFE, paddle_weights(seed=7))
    (folder / FIRST).write_bytes(b"no weights at all")
    assert same_encoder(resolve_model(str(folder)).folder, paddle_weights(seed=7))


NAMES_REFUSED = [
    "../model-00001-of-00003.safetensors", "/etc/passwd", "a/model-00001-of-00003.safetensors",
    "model-00001-of-00003.bin", "shard.safetensors", "model-1-of-3.safetensors",
    "model-00001-of-00003.safetensors\n", "model-0000１-of-00003.safetensors", "", 7, None,
    ["model-00001-of-00003.safetensors"],
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES_REFUSED, ids=repr)
def test_an_index_names_no_file_but_its_own(name: Any, tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    write_safetensors(tmp_path / FIRST, paddle_weights())
    rewritten(folder, lambda listed: listed.update({next(iter(listed)): name}))
    with pytest.raises(ModelError, match="its files are called") as caught:
        resolve_model(str(folder))
    assert caught.value.code == "model.damaged"
    assert len(caught.value.in_language("zh").splitlines()) <= 5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda listed: listed.clear(), "weight_map"),
        (lambda listed: [listed.pop(n) for n, file in [*listed.items()] if file == SECOND],
         "numbered"),
        (lambda listed: listed.update(extra=FIRST), "says that it holds extra"),
        (lambda listed: listed.pop(next(n for n in listed if listed[n] == SECOND)),
         "which its index does not say"),
        (lambda listed: listed.update({"x" * 9000: FIRST}), "no usable name"),
        (lambda listed: listed.update(dict.fromkeys(
            [n for n in listed if listed[n] == SECOND][:1], FIRST)), "says that it holds"),
    ],
)  # fmt: skip
def test_an_index_that_does_not_fit_its_files_is_refused(
    change: Callable[[dict[str, Any]], Any], told: str, tmp_path: Path
) -> None:
    folder = model_in_pieces(tmp_path)
    rewritten(folder, change)
    with pytest.raises(ModelError, match=told) as caught:
        resolve_model(str(folder))
    assert caught.value.code == "model.damaged"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"weight_map": []}', '{"weight_map": 3}'])
def test_an_index_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    (folder / f"{SAFE}.index.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="index of weights"):
        resolve_model(str(folder))


def test_a_missing_file_is_named_and_makes_a_snapshot_no_whole_one(tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    cache = tmp_path / "models--org--m"
    (cache / "snapshots").mkdir(parents=True)
    folder.rename(cache / "snapshots" / "abc")
    assert snapshot_in(cache) == cache / "snapshots" / "abc"
    (cache / "snapshots" / "abc" / SECOND).unlink()
    with pytest.raises(ModelError, match="No whole model"):
        resolve_model(str(cache))
    with pytest.raises(ModelError, match=SECOND) as caught:
        resolve_model(str(cache / "snapshots" / "abc"))
    assert caught.value.code == "model.weights"


def test_a_damaged_file_and_one_with_a_program_are_told_by_name(tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    cut = (folder / SECOND).read_bytes()[:-8]
    (folder / SECOND).write_bytes(cut)
    with pytest.raises(ModelError, match=SECOND):
        resolve_model(str(folder))
    mark = tmp_path / "it ran"
    other = model_in_pieces(tmp_path / "other", "model_state.pdparams")
    file = other / "model_state-00003-of-00003.pdparams"
    part = dict(list(paddle_weights().items())[2::3])
    write_pdparams(file, {**part, "x": Malicious(mark)})
    with pytest.raises(ModelError, match=file.name) as caught:
        resolve_model(str(other))
    assert caught.value.code == "model.untrusted"
    assert not mark.exists()


def test_nan_in_one_of_the_files_is_seen(tmp_path: Path) -> None:
    folder = model_in_pieces(tmp_path)
    part = dict(list(paddle_weights().items())[1::3])
    name = next(iter(part))
    part[name] = np.full_like(part[name], np.nan)
    write_safetensors(folder / SECOND, part)
    with pytest.raises(ModelError, match="NaN"):
        resolve_model(str(folder))
