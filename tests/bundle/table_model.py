"""A predictor of any task whose program is a table of random numbers: one for each token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from bundle.making import make_bundle
from bundle.tiny import build_tokenizer_json

from paddle_lab.bundle import Predictor, load_manifest
from paddle_lab.bundle.predictor import codec_of
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Signature


class TableProgram:
    """Outputs of the shapes of a signature, which depend on the tokens alone."""

    def __init__(self, signature: Signature) -> None:
        self._outputs = signature.outputs

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for number, spec in enumerate(self._outputs):
            width = spec.dims[-1] if isinstance(spec.dims[-1], int) else 1
            table = np.random.default_rng(number).normal(0, 4, (1000, width)).astype(np.float32)
            values = table[inputs["input_ids"]]
            if not spec.per_token:
                values = values.mean(axis=1)
            elif spec.dims[-1] == "tokens":
                values = values[..., 0]
            found[spec.name] = values
        return found

    def clone(self) -> TableProgram:
        return self


def table_predictor(
    folder: Path, task: str, codec: dict[str, Any], columns: Mapping[str, str] | None = None
) -> Predictor:
    """The predictor of a bundle of ``task``; ``columns`` are those that training read."""
    tokenizer = build_tokenizer_json()
    signature = get_task(task).codec_from(tokenizer, 32, codec).signature
    make_bundle(
        folder, tokenizer.encode("utf-8"), task=task, codec=codec, signature=signature,
        source={"columns": dict(columns or {})},
    )  # fmt: skip
    manifest = load_manifest(folder)
    return Predictor(folder, manifest, TableProgram(signature), codec_of(folder, manifest), "cpu")
