"""What a model folder says of its model: sizes of an encoder, and nothing that is executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.activation import GELU_BY_TANH
from paddle_lab.untrusted import UnusableFile, read_object

CONFIG_FILE = "config.json"
OLD_CONFIG_FILE = "model_config.json"  # of PaddleNLP 2.0 to 2.4
ENCODER_KINDS = ("ernie", "bert", "electra", "albert")
_DEEPEST_NEST: Final = 4
_MOST_NESTS: Final = 8
# What is taken over from a config.json, with the least and the greatest value of each: sizes beyond
# are no encoder's, and would cost time and memory before the weights are looked at.
_SIZES: Final = {
    "vocab_size": (1, 2_000_000),
    "hidden_size": (1, 16_384),
    "embedding_size": (1, 16_384),
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
# Paddle looks an activation up by name among its functions: these are the ones that there are, and
# GELU by the hyperbolic tangent, which `activation` puts in.
_ACTIVATIONS: Final = {
    "gelu": "gelu", "gelu_python": "gelu", "relu": "relu", "silu": "silu", "swish": "silu",
    "tanh": "tanh", "gelu_new": GELU_BY_TANH, "gelu_fast": GELU_BY_TANH,
    "gelu_pytorch_tanh": GELU_BY_TANH,
}  # fmt: skip

_WRITES: Final = T(
    "It writes text, one word after the other: a decoder.", "它是逐词生成文本的解码器。"
)
_SEES: Final = T("It reads pictures or sound.", "它处理图像或声音。")
_PIECES: Final = T("Its tokenizer is of another kind (pieces of bytes or of sentences).",
                   "它的分词器属于其他类型（字节或句子片段）。")  # fmt: skip
_OTHERS: Final = (
    (r".*decoder|.*(causallm|lmhead)|gpt|llama|qwen|chatglm|glm|baichuan|mistral|mixtral|bloom|opt$|phi|"
     r"gemma|deepseek|internlm|yi$|falcon|ernie4|ernie_gen|mamba|rwkv", _WRITES),
    (r"t5|mt5|bart|mbart|pegasus|.*conditionalgeneration|cpt$|unimo",
     T("It turns one text into another: an encoder with a decoder.",
       "它把一段文本转换为另一段：编码器加解码器。")),
    (r"vit|clip|.*clip|resnet|swin|beit|deit|convnext|detr|segformer|dino|sam|.*vl|blip|whisper|wav2vec|"
     r"hubert|layoutlm|.*imageclassification", _SEES),
    (r"albert with|deberta|xlnet|funnel|longformer|big_?bird|nezha|rembert",
     T("Its layers or embeddings are of another form.", "它的层或嵌入结构不同。")),
    (r"roberta|xlm|camembert|modernbert|distilbert|mpnet", _PIECES),
)  # fmt: skip


def config_file_in(folder: Path) -> Path:
    """The file with the configuration, the present form first; it may be absent."""
    new, old = folder / CONFIG_FILE, folder / OLD_CONFIG_FILE
    return old if old.is_file() and not new.is_file() else new


def has_config(folder: Path) -> bool:
    """Whether the folder has a configuration, of whichever time."""
    return config_file_in(folder).is_file()


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a model folder, checked to describe a BERT-shaped encoder.

    It stands in ``config.json``, or as PaddleNLP 2.0 to 2.4 wrote it in ``model_config.json``. Only
    what an encoder is made of is taken over, each value of its type and within bounds; what else
    the file says (classes to import, code to fetch, labels of another task) is passed over.
    Raises ModelError when it is missing, not JSON, lacks a size, or describes another kind of
    model.
    """
    path = config_file_in(folder)
    try:
        config = _flat(read_object(path))
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
    kind = _kind(config)
    if kind in ENCODER_KINDS and config.get("is_decoder") is True:
        kind = f"{kind} decoder"
    groups = [config.get(name, 1) for name in ("num_hidden_groups", "inner_group_num")]
    if kind == "albert" and groups != [1, 1]:
        kind = "albert with several groups"
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
            "{what} Paddle Lab fine-tunes ERNIE and BERT encoders.",
            "{what}Paddle Lab 只微调 ERNIE 与 BERT 编码器。",
            what=_what_it_is(kind),
        ),
        T("Choose such a model; try ernie-lab-mini.", "请换用这类模型，例如 ernie-lab-mini。"),
        code="model.kind",
    )


def _what_it_is(kind: str) -> Text:
    """Why a model of this kind is none that is fine-tuned, where the name tells."""
    return next((text for start, text in _OTHERS if re.match(start, kind.lower())), T("", ""))


def _flat(config: dict[str, Any], deep: int = 0) -> dict[str, Any]:
    """The configuration with the base model's arguments beside the others.

    PaddleNLP 2.0 to 2.4 nested them, by place (``init_args``) or by name (``ernie``), where a model
    with a head was made from a base model. What stands further out wins; but the kind is that of
    the base model, for the other may be a class of anybody's.
    """
    if deep == _DEEPEST_NEST:
        return config
    by_place = config.get("init_args")
    placed = by_place[:_MOST_NESTS] if isinstance(by_place, list) else []
    named = [part for part in config.values() if isinstance(part, dict) and "init_class" in part]
    for part in [part for part in (*placed, *named[:_MOST_NESTS]) if isinstance(part, dict)]:
        base = _flat(part, deep + 1)
        kind = {"init_class": base["init_class"]} if "init_class" in base else {}
        config = {**base, **config, **kind}
    return config


def ernie_config(config: dict[str, Any]) -> dict[str, Any]:
    """The same sizes as a configuration of PaddleNLP's ``ErnieModel``."""
    kept = {key: config[key] for key in _KNOWN if config.get(key) is not None}
    if kept.get("embedding_size") == config["hidden_size"]:
        del kept["embedding_size"]  # said of a model whose embeddings need no projection
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


def _kind(config: dict[str, Any]) -> str:
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    text = str(config.get("model_type") or first or config.get("init_class") or "?")[:80]
    match = re.match(r"(ernie|bert|electra|albert)(?:$|model|for)", text.lower())
    return match[1] if match else text
