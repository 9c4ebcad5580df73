"""Bundles of every task whose model is a small ONNX file: each token adds to each output."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from bundle.making import make_bundle
from bundle.tiny import LABELS

from paddle_lab.bundle.manifest import file_entry, load_manifest, write_manifest
from paddle_lab.tasks.codec import TOKENS, Signature, TensorSpec

MODEL = "model.onnx"
TOPICS = ["房屋", "房屋##租赁", "物流", "服务"]
SCALE = {"mean": 3.2, "std": 1.1, "low": 1.0, "high": 5.0}
#: By name: the task, what its codec says, and whether a row has two texts.
TASKS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "classify": ("classify", {"labels": LABELS}, False),
    "numbers": ("classify", {"labels": ["0", "1"], "values": {"0": 0, "1": 1}}, False),
    "pair": ("pair", {"labels": ["不同", "相同"]}, True),
    "multilabel": ("multilabel", {"labels": TOPICS, "thresholds": [0.5, 0.4, 0.7, 0.99]}, False),
    "regress": ("regress", {"pair": False, **SCALE}, False),
    "regress-pair": ("regress", {"pair": True, **SCALE}, True),
}


def tokenizer_of_mini() -> str:
    """The tokenizer of ernie-lab-mini as JSON: words, pieces and signs."""
    from paddle_lab.models.catalog import mini_folder
    from paddle_lab.models.tokenizer import build_tokenizer

    return str(build_tokenizer(mini_folder()).to_str())


def onnx_bundle(
    folder: Path, tokenizer_json: str, task: str, codec: dict[str, Any], **changes: Any
) -> Path:
    """A whole bundle with the runtime ``onnx`` alone."""
    outputs = len(codec["labels"]) if "labels" in codec else 1
    name = "logits" if "labels" in codec else "score"
    output = TensorSpec(name, ("rows", outputs))
    make_bundle(folder, tokenizer_json.encode("utf-8"), task=task, codec=codec,
                signature=Signature(TOKENS, (output,)), **changes)  # fmt: skip
    write_model(folder / MODEL, words_of(tokenizer_json), outputs, name)
    manifest = load_manifest(folder)
    files = {**manifest.files, MODEL: file_entry(folder / MODEL)}
    runtimes = {"onnx": (MODEL,)}
    write_manifest(
        folder, dataclasses.replace(manifest, files=files, runtimes=runtimes, runtime="onnx")
    )
    return folder


def words_of(tokenizer_json: str) -> int:
    """How many words a tokenizer knows."""
    from tokenizers import Tokenizer

    return int(Tokenizer.from_str(tokenizer_json).get_vocab_size())


def write_model(path: Path, words: int, outputs: int, name: str) -> None:
    """A model whose outputs are the sums of what the tokens weigh; padding weighs nothing."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    chance = np.random.default_rng(7)
    tables = {
        "words": chance.normal(0, 0.4, (words, outputs)).astype(np.float32),
        "types": chance.normal(0, 0.1, (2, outputs)).astype(np.float32),
    }
    tables["words"][0] = tables["types"][0] = 0
    shape = ["batch", "sequence"]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["words", "input_ids"], ["of_words"]),
            helper.make_node("Gather", ["types", "token_type_ids"], ["of_types"]),
            helper.make_node("Add", ["of_words", "of_types"], ["of_tokens"]),
            helper.make_node("ReduceSum", ["of_tokens", "axis"], [name], keepdims=0),
        ],
        "sums",
        [helper.make_tensor_value_info(spec.name, TensorProto.INT64, shape) for spec in TOKENS],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", outputs])],
        [
            *(numpy_helper.from_array(table, one) for one, table in tables.items()),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
