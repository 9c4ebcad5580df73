"""Weight files are read without running them, and damage is told plainly."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from model_builders import (
    Malicious,
    paddle_weights,
    write_pdparams,
    write_safetensors,
    write_torch,
)

from paddle_lab.errors import ModelError
from paddle_lab.models.safe_weights import read_weights, safetensors_entries


def same(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> bool:
    return found.keys() == wanted.keys() and all(
        np.array_equal(found[name], wanted[name]) and found[name].dtype == wanted[name].dtype
        for name in wanted
    )


def test_each_format_gives_back_what_was_written(tmp_path: Path) -> None:
    weights = {
        **paddle_weights(),
        "half": np.float16([[1, 2], [3, 4]]),
        "whole": np.arange(3),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "nothing": np.empty((0, 2), dtype=np.float32),
        "single": np.array(5, dtype=np.int64),
    }
    plain = {
        name: np.ascontiguousarray(value).reshape(value.shape) for name, value in weights.items()
    }
    write_safetensors(tmp_path / "a.safetensors", plain)
    write_pdparams(tmp_path / "b.pdparams", weights)
    write_torch(tmp_path / "c.bin", weights)
    for name in ("a.safetensors", "b.pdparams", "c.bin"):
        assert same(read_weights(tmp_path / name), weights), name


def test_bfloat16_is_widened(tmp_path: Path) -> None:
    numbers = np.float32([1.0, -2.5, 3.140625])
    bits = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    write_pdparams(tmp_path / "b.pdparams", {"x": bits})
    assert same(read_weights(tmp_path / "b.pdparams"), {"x": numbers})


def test_what_paddle_itself_saves_is_read(tmp_path: Path) -> None:
    paddle = pytest.importorskip("paddle")
    layer = paddle.nn.Linear(3, 2)
    for protocol in (2, 4):
        path = tmp_path / f"{protocol}.pdparams"
        paddle.save(layer.state_dict(), str(path), protocol=protocol)
        found = read_weights(path)
        assert same(found, {name: value.numpy() for name, value in layer.state_dict().items()})


@pytest.mark.parametrize("file", ["model_state.pdparams", "pytorch_model.bin"])
def test_a_malicious_pickle_is_named_and_does_not_run(file: str, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    if file.endswith(".bin"):
        write_torch(tmp_path / file, paddle_weights(), {"x": Malicious(mark)})
    else:
        write_pdparams(tmp_path / file, {**paddle_weights(), "x": Malicious(mark)})
    with pytest.raises(ModelError) as caught:
        read_weights(tmp_path / file)
    assert "asks to run" in caught.value.in_language("en")
    assert "safetensors" in caught.value.in_language("zh")
    assert not mark.exists()


@pytest.mark.parametrize(
    "reference", [b"cos\nsystem\n", b"cbuiltins\neval\n", b"cnumpy\nload\n", b"cnumpy\nfromfile\n"]
)
def test_no_function_outside_the_list_is_reached(reference: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model_state.pdparams"
    path.write_bytes(reference + b"(S'x'\ntR.")
    with pytest.raises(ModelError, match=r"asks to run|要求运行"):
        read_weights(path)


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    write_pdparams(tmp_path / "w.pdparams", {"x": np.array([Malicious(mark)], dtype=object)})
    with pytest.raises(ModelError):
        read_weights(tmp_path / "w.pdparams")
    assert not mark.exists()


def test_trust_loads_what_the_person_vouches_for(tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    path = tmp_path / "w.pdparams"
    weights = {"x": np.float32([1, 2])}
    # An own class around the arrays: harmless, but not on the list.
    path.write_bytes(pickle.dumps([Malicious(mark), weights]))
    with pytest.raises(ModelError):
        read_weights(path)
    assert not mark.exists()
    with pytest.raises(ModelError, match=r"not a table|weights"):
        read_weights(path, trust=True)
    assert mark.exists(), "trusted means run"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("file", ["m.safetensors", "m.pdparams", "m.bin"])
def test_a_file_cut_short_is_told(file: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / file
    writers = {".safetensors": write_safetensors, ".pdparams": write_pdparams, ".bin": write_torch}
    writers[path.suffix](path, paddle_weights())
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError) as caught:
        read_weights(path)
    assert str(path) in caught.value.in_language("en")
    assert len(str(caught.value).splitlines()) <= 6


def test_a_tensor_that_reaches_outside_its_storage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    write_torch(path, {"x": np.arange(4, dtype=np.float32)})
    short = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(short, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:8] if name.endswith("data/0") else content)
    path.write_bytes(short.getvalue())
    with pytest.raises(ModelError):
        read_weights(path)


def test_the_header_alone_tells_shapes_types_and_missing_bytes(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    write_safetensors(path, {"x": np.zeros((2, 3), np.float16)}, mark="pt")
    entries = safetensors_entries(path)
    assert entries.shapes == {"x": (2, 3)}
    assert entries.types == {"x": "F16"}
    assert entries.format == "pt"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="expected"):
        safetensors_entries(path)
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError):
        safetensors_entries(path)
