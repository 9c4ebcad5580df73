"""Any BERT-shaped checkpoint as a folder that PaddleNLP's ERNIE classes load.

BERT and ERNIE encoders compute the same thing from the same parameters; releases differ in names
(``attention.self.query`` or ``self_attn.q_proj``), in the direction of matrices (PyTorch stores
[out, in], Paddle [in, out]) and in the file format. What comes out here has one form: PaddleNLP's
names under ``ernie.``, float32, ``model.safetensors``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.arrays import Weights
from paddle_lab.untrusted import MEGABYTE, read_object

SAFETENSORS_FILE = "model.safetensors"
PADDLE_FILE = "model_state.pdparams"
PYTORCH_FILE = "pytorch_model.bin"
TOKENIZER_FILE = "tokenizer.json"
LARGEST_TOKENIZER = 64 * MEGABYTE
PREFIX = "ernie."
ENCODER_PREFIXES = (
    "ernie.", "bert.", "roberta.", "electra.", "albert.", "embeddings.", "encoder.", "pooler.",
)  # fmt: skip
#: Heads of pre-training, which no fine-tuning continues with.
_OF_PRETRAINING = ("cls.", "lm_head.", "discriminator_predictions.", "generator_")
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
_LAYERS = "encoder.layers."
_PROJECTION = "embeddings.projection"
#: ALBERT's shared layer, its parts by BERT's names, and what lies outside of it.
_ALBERT = "encoder.albert_layer_groups.0.albert_layers.0."
_ALBERT_NAMES = {
    "attention.query": "attention.self.query", "attention.key": "attention.self.key",
    "attention.value": "attention.self.value", "attention.dense": "attention.output.dense",
    "attention.LayerNorm": "attention.output.LayerNorm", "ffn": "intermediate.dense",
    "ffn_output": "output.dense", "full_layer_layer_norm": "output.LayerNorm",
}  # fmt: skip
_OF_ALBERT = {
    f"{old}.{kind}": f"{new}.{kind}"
    for old, new in (
        ("encoder.embedding_hidden_mapping_in", _PROJECTION),
        ("pooler", "pooler.dense"),
    )
    for kind in ("weight", "bias")
}
_OLD_NORM = {".gamma": ".weight", ".beta": ".bias"}  # checkpoints that came from TensorFlow


def expected_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Every parameter of the encoder that ``ernie_config`` describes: Paddle's name -> shape."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    width = config.get("embedding_size", hidden)
    tables = {
        "word_embeddings": config["vocab_size"],
        "position_embeddings": config["max_position_embeddings"],
        "token_type_embeddings": config["type_vocab_size"],
    }
    if config.get("use_task_id"):
        tables["task_type_embeddings"] = config.get("task_type_vocab_size", 3)
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{name}.weight": (rows, width) for name, rows in tables.items() if rows
    }
    norms = []
    linears = {} if width == hidden else {_PROJECTION: (width, hidden)}
    for layer in range(config["num_hidden_layers"]):
        start = f"{_LAYERS}{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linears[f"{start}.self_attn.{part}"] = (hidden, hidden)
        linears[f"{start}.linear1"] = (hidden, inner)
        linears[f"{start}.linear2"] = (inner, hidden)
        norms += [f"{start}.norm1", f"{start}.norm2"]
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[1:]}
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    shapes |= {f"embeddings.layer_norm.{part}": (width,) for part in ("weight", "bias")}
    return {PREFIX + name: shape for name, shape in shapes.items()}


def to_paddle(weights: Weights, config: dict[str, Any], source: str) -> Weights:
    """The encoder's weights under Paddle's names, checked whole; heads of other tasks are left out.

    ``config`` is an :func:`ernie_config`. The pooler is kept when there is one. Raises ModelError
    when a parameter of the encoder is missing, has another shape, or holds NaN or infinity.
    """
    stripped = {_without_prefix(name): array for name, array in weights.items()}
    if any(_ALBERT in name for name in stripped):
        stripped = _unshared(stripped, config["num_hidden_layers"])
    from_pytorch = any(".attention.self.query." in name for name in stripped)
    if from_pytorch:
        stripped = dict(_renamed(name, array) for name, array in stripped.items())
    shapes = expected_shapes(config)
    named = {PREFIX + name: array for name, array in stripped.items()}
    check_shapes({name: array.shape for name, array in named.items()}, shapes, source)
    wanted = [*shapes, *(name for name in named if name.startswith(f"{PREFIX}pooler.dense."))]
    return {name: finite_float32(name, named[name], source) for name in wanted}


def left_out_of(weights: Weights, kept: Collection[str] = ()) -> list[str]:
    """What a checkpoint holds beside its encoder, such as a classifier: ``classifier (3 x 768)``.

    What is ``kept`` is not among it, nor are the heads of pre-training: nothing is lost with them.
    """
    found: dict[str, str] = {}
    for name, array in weights.items():
        plain = name.removeprefix("module.")
        if (
            plain.startswith((*ENCODER_PREFIXES, *_OF_PRETRAINING))
            or plain.endswith("position_ids")
            or name in kept
        ):
            continue
        part = plain.rpartition(".")[0] or plain
        shape = " x ".join(map(str, array.shape))
        if array.ndim > 1 or part not in found:
            found[part] = f"{part[:60]} ({shape})"
    return list(found.values())


def of_layers(weights: Weights, layers: Sequence[int]) -> Weights:
    """Weights under Paddle's names with these layers of the encoder, numbered anew."""
    new = {str(old): index for index, old in enumerate(layers)}
    found = {}
    for name, array in weights.items():
        start, _, rest = name.partition(_LAYERS)
        number, _, part = rest.partition(".")
        if not rest:
            found[name] = array
        elif number in new:
            found[f"{start}{_LAYERS}{new[number]}.{part}"] = array
    return found


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


def _unshared(weights: Weights, layers: int) -> Weights:
    """ALBERT's one layer as so many of BERT's: they begin alike, and training parts them."""
    found: Weights = {}
    for name, array in weights.items():
        if not name.startswith(_ALBERT):
            found[_OF_ALBERT.get(name, name)] = array
            continue
        part, _, kind = name.removeprefix(_ALBERT).rpartition(".")
        for layer in range(layers):
            found[f"encoder.layer.{layer}.{_ALBERT_NAMES.get(part, part)}.{kind}"] = array
    return found


def _without_prefix(name: str) -> str:
    for prefix in ("module.", "ernie.", "bert.", "roberta.", "electra.", "albert."):
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
    name = name.replace("embeddings_project.", f"{_PROJECTION}.")
    is_linear = array.ndim == 2 and ("embeddings" not in name or name.startswith(_PROJECTION))
    return name, np.ascontiguousarray(array.T) if is_linear else array


def finite_float32(name: str, array: NDArray[Any], source: str) -> NDArray[np.float32]:
    """The array in float32. Raises ModelError when it holds NaN or infinity.

    The sum tells in one pass over the numbers; it is not finite either where they add up to more
    than float32 holds, so that only then each is looked at.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        plain = np.ascontiguousarray(array, dtype=np.float32)
        if np.isfinite(plain.sum()):
            return plain
    wrong = int(plain.size - np.isfinite(plain).sum())
    if not wrong:
        return plain
    raise ModelError(
        T("The weights in {source} hold numbers that are none.",
          "{source} 中的权重含有无效数值。", source=source),
        T("{name}: {wrong} of {total} are NaN or infinite. Training with them had diverged, or the "
          "file is damaged.",
          "{name}：{total} 个数中有 {wrong} 个为 NaN 或无穷大。训练它时已经发散，或文件已损坏。",
          name=name, wrong=wrong, total=plain.size),
        T("Take an earlier checkpoint, or copy the file again.",
          "请使用更早的检查点，或重新复制该文件。"),
        code="model.not_finite",
    )  # fmt: skip
