"""Small model folders in exactly the layouts that releases use, made without PyTorch."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"好差书店很不错的", "good", "##s"]
CONFIG = {
    "architectures": ["ErnieModel"],
    "model_type": "ernie",
    "vocab_size": len(VOCABULARY),
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "hidden_act": "relu",
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}


def paddle_weights(prefix: str = "ernie.", seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights under PaddleNLP's names."""
    from paddle_lab.models.config import ernie_config
    from paddle_lab.models.convert import PREFIX, expected_shapes

    random = np.random.default_rng(seed)
    shapes = {
        **expected_shapes(ernie_config(CONFIG)),
        "ernie.pooler.dense.weight": (8, 8),
        "ernie.pooler.dense.bias": (8,),
    }
    return {
        prefix + name.removeprefix(PREFIX): random.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def torch_weights(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same weights as PyTorch's BERT names and stores them."""
    parts = {
        "self_attn.q_proj": "attention.self.query",
        "self_attn.k_proj": "attention.self.key",
        "self_attn.v_proj": "attention.self.value",
        "self_attn.out_proj": "attention.output.dense",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm1": "attention.output.LayerNorm",
        "norm2": "output.LayerNorm",
        "encoder.layers.": "encoder.layer.",
        "embeddings.layer_norm": "embeddings.LayerNorm",
    }
    renamed = {}
    for name, value in weights.items():
        plain = name.removeprefix("ernie.")
        for ours, theirs in parts.items():
            plain = plain.replace(ours, theirs)
        is_matrix = value.ndim == 2 and "embeddings" not in name
        renamed[plain] = np.ascontiguousarray(value.T) if is_matrix else value
    return renamed


def write_folder(folder: Path, config: dict[str, Any] | None = None) -> Path:
    """Everything but the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config or CONFIG), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}', encoding="utf-8")
    return folder


def write_safetensors(path: Path, weights: dict[str, np.ndarray], mark: str = "np") -> None:
    """A safetensors file; ``mark`` is its format."""
    from safetensors.numpy import save_file

    save_file(weights, path, metadata={"format": mark})


def write_pdparams(path: Path, weights: dict[str, Any]) -> None:
    """What ``paddle.save`` of a state dict writes: numpy arrays, pickled, and a table of names."""
    state: dict[str, Any] = dict(weights)
    state["StructuredToParameterName@@"] = {name: f"p_{name}" for name in weights}
    path.write_bytes(pickle.dumps(state, protocol=4))


class _Global:
    """Pickles as a reference to a class or function by name."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Call:
    """Pickles as a call of a global."""

    def __init__(self, function: _Global, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments


class _Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class _TorchPickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes names of modules that are not installed, as PyTorch's files hold them."""

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, _Storage):
            return ("storage", _Global("torch", thing.kind), thing.key, "cpu", thing.count)
        return None

    def save(self, thing: Any, save_persistent_id: bool = True) -> None:
        if isinstance(thing, _Global):
            self.write(b"c" + f"{thing.module}\n{thing.name}\n".encode())
        elif isinstance(thing, _Call):
            self.save(thing.function)
            self.save(thing.arguments)
            self.write(b"R")
        else:
            super().save(thing, save_persistent_id)


def write_torch(
    path: Path, weights: dict[str, np.ndarray], extra: dict[str, Any] | None = None
) -> None:
    """A checkpoint as ``torch.save`` writes it since 1.6: a zip of a pickle and raw storages."""
    state: OrderedDict[str, Any] = OrderedDict()
    kinds = {"float32": "FloatStorage", "float16": "HalfStorage", "int64": "LongStorage"}
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, value) in enumerate(weights.items()):
            storage = _Storage(kinds[str(value.dtype)], str(number), value.size)
            strides = tuple(step // value.itemsize for step in value.strides)
            rebuild = _Global("torch._utils", "_rebuild_tensor_v2")
            state[name] = _Call(rebuild, storage, 0, value.shape, strides, False, OrderedDict())
            archive.writestr(f"archive/data/{number}", value.tobytes(order="A"))
        state.update(extra or {})
        buffer = io.BytesIO()
        _TorchPickler(buffer, protocol=2).dump(state)
        archive.writestr("archive/data.pkl", buffer.getvalue())
        archive.writestr("archive/version", "3\n")


def write_shards(folder: Path, name: str, weights: dict[str, np.ndarray]) -> list[Path]:
    """The weights in three files and their index, as releases have them; ``name`` of one file."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, _, suffix = name.rpartition(".")
    write = {"safetensors": write_safetensors, "bin": write_torch, "pdparams": write_pdparams}
    files, listed = [], {}
    for number in range(3):
        part = dict(list(weights.items())[number::3])
        files.append(folder / f"{stem}-{number + 1:05}-of-00003.{suffix}")
        write[suffix](files[-1], part)
        listed |= dict.fromkeys(part, files[-1].name)
    index = folder / f"{name}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": listed}), "utf-8")
    return [*files, index]


class Malicious:
    """Unpickled the ordinary way, creates the file it was given."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def contents(folder: Path) -> dict[str, bytes]:
    """Each file of a folder by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def same_encoder(folder: Path, weights: dict[str, np.ndarray]) -> bool:
    """Whether a converted folder has these weights, bit for bit."""
    from safetensors.numpy import load_file

    found = load_file(folder / "model.safetensors")
    return all(np.array_equal(found[name], value) for name, value in weights.items())
