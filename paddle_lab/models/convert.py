"""Any BERT-shaped checkpoint as a folder that PaddleNLP's ERNIE classes load.

BERT and ERNIE encoders compute the same thing from the same parameters; releases differ in names
(``attention.self.query`` or ``self_attn.q_proj``), in the direction of matrices (PyTorch stores
[out, in], Paddle [in, out]) and in the file format. What comes out here has one form: PaddleNLP's
names under ``ernie.``, float32, ``model.safetensors``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.arrays import Weights
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

CONFIG_FILE = "config.json"
SAFETENSORS_FILE = "model.safetensors"
PADDLE_FILE = "model_state.pdparams"
PYTORCH_FILE = "pytorch_model.bin"
TOKENIZER_FILE = "tokenizer.json"
LARGEST_TOKENIZER = 64 * MEGABYTE
PREFIX = "ernie."
ENCODER_KINDS = ("ernie", "bert")
ENCODER_PREFIXES = ("ernie.", "bert.", "roberta.", "embeddings.", "encoder.", "pooler.")
# From PyTorch's names to Paddle's, inside one encoder layer and outside.
_LAYER_NAMES = (
    ("attention.self.query", "self_attn.q_proj"),
    ("attention.self.key", "self_attn.k_proj"),
    ("attention.self.value", "self_attn.v_proj"),
    ("attention.output.dense", "self_attn.out_proj"),
    ("attention.output.LayerNorm", "norm1"),
    ("intermediate.dense", "linear1"),
    ("output.dense", "linear2"),
    ("output.LayerNorm", "norm2"),
)
_OLD_NORM = {".gamma": ".weight", ".beta": ".bias"}  # checkpoints that came from TensorFlow
# What is taken over from a config.json, with the least and the greatest value of each: sizes beyond
# are no encoder's, and would cost time and memory before the weights are looked at.
_SIZES: Final = {
    "vocab_size": (1, 2_000_000),
    "hidden_size": (1, 16_384),
    "num_hidden_layers": (1, 256),
    "num_attention_heads": (1, 1024),
    "intermediate_size": (1, 131_072),
    "max_position_embeddings": (1, 131_072),
    "type_vocab_size": (0, 1024),
    "pad_token_id": (0, 2_000_000),
    "task_type_vocab_size": (1, 1024),
    "task_id": (0, 1024),
}
_NEEDED: Final = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")
_SHARES: Final = ("hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range")
_KNOWN: Final = (*_SIZES, *_SHARES, "hidden_act", "use_task_id")
# Paddle looks an activation up by name among its functions: these are the ones that there are.
_ACTIVATIONS: Final = {
    "gelu": "gelu", "gelu_new": "gelu", "gelu_python": "gelu", "relu": "relu", "silu": "silu",
    "swish": "silu", "tanh": "tanh",
}  # fmt: skip


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a model folder, checked to describe a BERT-shaped encoder.

    Only what an encoder is made of is taken over, each value of its type and within bounds; what
    else the file says (classes to import, code to fetch, labels of another task) is passed over.
    Raises ModelError when it is missing, not JSON, lacks a size, or describes another kind of
    model.
    """
    path = folder / CONFIG_FILE
    try:
        config = read_object(path)
    except (OSError, UnusableFile) as error:
        raise ModelError(
            T("Cannot read {file}", "无法读取 {file}", file=path),
            T("{error}", "{error}", error=error),
            T(
                "A model folder holds config.json, vocab.txt and model.safetensors (or "
                "model_state.pdparams).",
                "模型文件夹应包含 config.json、vocab.txt 和 model.safetensors（或 "
                "model_state.pdparams）。",
            ),
            code="model.config",
        ) from error
    nested = config.get("init_args")
    if isinstance(nested, list) and nested and isinstance(nested[0], dict):
        # PaddleNLP 2.0 to 2.4 nested the sizes in the arguments of the base model.
        config = {**nested[0], **config}
    kind = _kind(config)
    if kind not in ENCODER_KINDS:
        raise _other_kind(path, kind)
    known = {"model_type": kind, **_known_values(path, config)}
    if known["hidden_size"] % known["num_attention_heads"]:
        raise _unusable(path, ["num_attention_heads"])
    return known


def _known_values(path: Path, config: dict[str, Any]) -> dict[str, Any]:
    """The values that an encoder needs. Raises ModelError for those of another type or size."""
    values = {name: config[name] for name in _KNOWN if config.get(name) is not None}
    wrong = [name for name in _NEEDED if name not in values]
    for name, value in values.items():
        if name in _SIZES:
            low, high = _SIZES[name]
            fits = type(value) is int and low <= value <= high
        elif name in _SHARES:
            fits = type(value) in (int, float) and 0 <= value < 1
        elif name == "hidden_act":
            fits = type(value) is str and value in _ACTIVATIONS
        else:
            fits = type(value) is bool
        if not fits:
            wrong.append(name)
    if not wrong and values.get("pad_token_id", 0) >= values["vocab_size"]:
        wrong.append("pad_token_id")
    if wrong:
        raise _unusable(path, wrong)
    return values


def _unusable(path: Path, names: list[str]) -> ModelError:
    return ModelError(
        T(
            "{file} has no usable {names}",
            "{file} 中缺少可用的 {names}",
            file=path,
            names=", ".join(names),
        ),
        T(
            "A value is missing, of another type, or beyond any encoder's.",
            "取值缺失、类型不符，或超出编码器的范围。",
        ),
        T("Copy config.json again.", "请重新复制 config.json。"),
        code="model.config",
    )


def _other_kind(path: Path, kind: str) -> ModelError:
    return ModelError(
        T(
            "{file} describes a {kind} model",
            "{file} 描述的是 {kind} 模型",
            file=path,
            kind=kind,
        ),
        T(
            "Paddle Lab fine-tunes ERNIE and BERT encoders.",
            "Paddle Lab 只微调 ERNIE 与 BERT 编码器。",
        ),
        T("Choose such a model; try ernie-lab-mini.", "请换用这类模型，例如 ernie-lab-mini。"),
        code="model.kind",
    )


def ernie_config(config: dict[str, Any]) -> dict[str, Any]:
    """The same sizes as a configuration of PaddleNLP's ``ErnieModel``."""
    kept = {key: config[key] for key in _KNOWN if config.get(key) is not None}
    return {
        **kept,
        "intermediate_size": kept.get("intermediate_size", 4 * config["hidden_size"]),
        "hidden_act": _ACTIVATIONS[kept.get("hidden_act", "gelu")],
        "max_position_embeddings": kept.get("max_position_embeddings", 512),
        "type_vocab_size": kept.get("type_vocab_size", 2),
        "pad_token_id": kept.get("pad_token_id", 0),
        "model_type": "ernie",
        "architectures": ["ErnieModel"],
        "dtype": "float32",
    }


def expected_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Every parameter of the encoder that ``ernie_config`` describes: Paddle's name -> shape."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    tables = {
        "word_embeddings": config["vocab_size"],
        "position_embeddings": config["max_position_embeddings"],
        "token_type_embeddings": config["type_vocab_size"],
    }
    if config.get("use_task_id"):
        tables["task_type_embeddings"] = config.get("task_type_vocab_size", 3)
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{name}.weight": (rows, hidden) for name, rows in tables.items() if rows
    }
    norms = ["embeddings.layer_norm"]
    linears = {}
    for layer in range(config["num_hidden_layers"]):
        start = f"encoder.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linears[f"{start}.self_attn.{part}"] = (hidden, hidden)
        linears[f"{start}.linear1"] = (hidden, inner)
        linears[f"{start}.linear2"] = (inner, hidden)
        norms += [f"{start}.norm1", f"{start}.norm2"]
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[1:]}
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    return {PREFIX + name: shape for name, shape in shapes.items()}


def to_paddle(weights: Weights, config: dict[str, Any], source: str) -> Weights:
    """The encoder's weights under Paddle's names, checked whole; heads of other tasks are left out.

    ``config`` is an :func:`ernie_config`. The pooler is kept when there is one. Raises ModelError
    when a parameter of the encoder is missing or has another shape.
    """
    stripped = {_without_prefix(name): array for name, array in weights.items()}
    from_pytorch = any(".attention.self.query." in name for name in stripped)
    if from_pytorch:
        stripped = dict(_renamed(name, array) for name, array in stripped.items())
    shapes = expected_shapes(config)
    named = {PREFIX + name: array for name, array in stripped.items()}
    check_shapes({name: array.shape for name, array in named.items()}, shapes, source)
    wanted = [*shapes, *(name for name in named if name.startswith(f"{PREFIX}pooler.dense."))]
    return {name: _float32(named[name]) for name in wanted}


def check_shapes(
    found: dict[str, tuple[int, ...]], expected: dict[str, tuple[int, ...]], source: str
) -> None:
    """Refuse weights that would leave a part of the encoder random. Raises ModelError."""
    missing = [name for name in expected if name not in found]
    wrong = [name for name, shape in expected.items() if found.get(name, shape) != shape]
    if not missing and not wrong:
        return
    example = (missing or wrong)[0]
    raise ModelError(
        T(
            "The weights in {source} do not fit its config.json",
            "{source} 中的权重与 config.json 不符",
            source=source,
        ),
        T(
            "{missing} of {total} encoder parameters are missing and {wrong} have another shape, "
            "for example {example}: {found} found, {expected} expected.",
            "编码器的 {total} 个参数中缺少 {missing} 个，形状不符 {wrong} 个，例如 {example}："
            "实际为 {found}，应为 {expected}。",
            missing=len(missing),
            wrong=len(wrong),
            total=len(expected),
            example=example,
            found=found.get(example, "-"),
            expected=expected[example],
        ),
        T(
            "Take config.json and the weights from the same release.",
            "请使用同一版本的 config.json 与权重文件。",
        ),
        code="model.damaged",
    )


def vocabulary_of_tokenizer(path: Path) -> list[str]:
    """The WordPiece vocabulary inside a ``tokenizer.json``, in id order.

    Raises ModelError when the file is damaged, of another tokenizer model, or has gaps in its ids.
    """
    try:
        model = read_object(path, LARGEST_TOKENIZER)["model"]
        numbered = {number: token for token, number in model["vocab"].items()}
        if model.get("type", "WordPiece") != "WordPiece" or set(numbered) != set(
            range(len(model["vocab"]))
        ):
            raise ValueError("not a WordPiece vocabulary with ids 0, 1, 2, ...")
        if any("\n" in token or "\r" in token for token in model["vocab"]):
            raise ValueError("a token runs over two lines")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            T("Cannot take the vocabulary from {file}", "无法从 {file} 取得词表", file=path),
            T("{error}", "{error}", error=error),
            T("Put the model's vocab.txt beside it.", "请把该模型的 vocab.txt 放在它旁边。"),
            code="model.vocabulary",
        ) from error
    return [numbered[number] for number in range(len(numbered))]


def _kind(config: dict[str, Any]) -> str:
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    text = str(config.get("model_type") or first or config.get("init_class") or "?")[:80]
    match = re.match(r"(ernie|bert)(?:$|model|for)", text.lower())
    return match[1] if match else text


def _without_prefix(name: str) -> str:
    for prefix in ("module.", "ernie.", "bert.", "roberta."):
        name = name.removeprefix(prefix)
    return name


def _renamed(name: str, array: NDArray[Any]) -> tuple[str, NDArray[Any]]:
    for old, new in _OLD_NORM.items():
        name = re.sub(rf"(LayerNorm){re.escape(old)}$", rf"\1{new}", name)
    if match := re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)\.(weight|bias)", name):
        number, part, kind = match.groups()
        for old, new in _LAYER_NAMES:
            if part == old:
                name = f"encoder.layers.{number}.{new}.{kind}"
    name = name.replace("embeddings.LayerNorm", "embeddings.layer_norm")
    is_linear = array.ndim == 2 and "embeddings" not in name
    return name, np.ascontiguousarray(array.T) if is_linear else array


def _float32(array: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, dtype=np.float32)
