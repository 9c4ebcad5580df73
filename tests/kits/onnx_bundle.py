"""Bundles of every task whose model is a small ONNX file: each token adds to each output."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bundle.making import make_bundle
from bundle.tiny import LABELS

from paddle_lab.bundle.manifest import file_entry, load_manifest, write_manifest
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import TOKENS, TensorSpec

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

#: Tasks with an output for each token, which the C++ program does not read.
OF_TOKENS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "tag": ("tag", {"types": ["人名", "地名"], "transitions": np.zeros((5, 5)).tolist()}, False),
    "answer": ("answer", {"answer_length": 30, "threshold": None}, True),
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
    signature = get_task(task).codec_from(tokenizer_json, 32, codec).signature
    make_bundle(folder, tokenizer_json.encode("utf-8"), task=task, codec=codec,
                signature=signature, **changes)  # fmt: skip
    write_model(folder / MODEL, words_of(tokenizer_json), signature.outputs)
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


def write_model(path: Path, words: int, outputs: Sequence[TensorSpec]) -> None:
    """Each output is what the tokens weigh, of a window their sum; padding weighs nothing."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    chance = np.random.default_rng(7)
    nodes, tables, values = [], {"axis": np.array([1], dtype=np.int64)}, []
    for spec in outputs:
        name, wide = spec.name, [size for size in spec.dims if isinstance(size, int)]
        for what, ids, rows, scale in (("words", "input_ids", words, 0.4),
                                       ("types", "token_type_ids", 2, 0.1)):  # fmt: skip
            table = chance.normal(0, scale, (rows, *wide)).astype(np.float32)
            table[0] = 0
            tables[f"{name}_{what}"] = table
            nodes.append(helper.make_node("Gather", [f"{name}_{what}", ids], [f"{name}_of_{what}"]))
        both, each = [f"{name}_of_words", f"{name}_of_types"], "tokens" in spec.dims
        nodes.append(helper.make_node("Add", both, [name if each else f"{name}_of_tokens"]))
        if not each:
            given = [f"{name}_of_tokens", "axis"]
            nodes.append(helper.make_node("ReduceSum", given, [name], keepdims=0))
        shape = ["batch", *(["sequence"] if each else []), *wide]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        nodes,
        "sums",
        [helper.make_tensor_value_info(spec.name, TensorProto.INT64, ["batch", "sequence"])
         for spec in TOKENS],
        values,
        [numpy_helper.from_array(table, name) for name, table in tables.items()
         if name != "axis" or any("tokens" not in spec.dims for spec in outputs)],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
