"""A trained network as a model folder in exactly the layout that PaddleNLP reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_lab.models.tokenizer import SPECIAL_TOKENS, TOKENIZER_CONFIG_FILE, VOCAB_FILE
from paddle_lab.paths import atomic_write_bytes, atomic_write_json, atomic_write_text

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
# Heads of other uses that PaddleNLP's class makes but never trains.
UNUSED = ("cls.predictions.decoder.",)


def export(network: Any, vocabulary: list[str], folder: Path, trained_positions: int) -> None:
    """Write config, vocabulary and float16 weights, each file whole or not at all.

    Positions from ``trained_positions`` on were never seen in training; they repeat the second
    half of the trained ones (a usual way to lengthen a position table), so that longer texts
    work.
    """
    weights = {
        name: np.asarray(value.numpy(), dtype=np.float32)
        for name, value in network.model.state_dict().items()
        if not name.startswith(UNUSED)
    }
    # The masked-language-model head shares the embedding; stored once, tied again when loaded.
    weights.pop("cls.predictions.decoder_weight", None)
    name = "ernie.embeddings.position_embeddings.weight"
    weights[name] = lengthen_positions(weights[name], trained_positions)
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / VOCAB_FILE, "".join(f"{token}\n" for token in vocabulary))
    atomic_write_json(
        folder / TOKENIZER_CONFIG_FILE,
        {"do_lower_case": True, "tokenizer_class": "ErnieTokenizer", **SPECIAL_TOKENS},
    )
    config = json.loads(network.model.config.to_json_string())
    config |= {"architectures": ["ErnieForMaskedLM"], "dtype": "float32"}
    atomic_write_json(folder / CONFIG_FILE, config)
    atomic_write_bytes(folder / WEIGHTS_FILE, half_precision(weights))


def lengthen_positions(table: NDArray[np.float32], trained: int) -> NDArray[np.float32]:
    """``table``, its rows from ``trained`` on filled with the rows trained/2 .. trained."""
    longer = table.copy()
    half = trained // 2
    untrained = np.arange(trained, len(table))
    longer[untrained] = table[half + (untrained - trained) % (trained - half)]
    return longer


def half_precision(weights: dict[str, NDArray[np.float32]]) -> bytes:
    """safetensors bytes in float16; raises ValueError when a value does not fit."""
    from safetensors.numpy import save

    stored = {name: value.astype(np.float16) for name, value in weights.items()}
    for name, value in stored.items():
        if not np.isfinite(value).all():
            raise ValueError(f"{name} holds values that float16 cannot")
    # "np" is what PaddleNLP expects of a file whose Linear weights are [in, out].
    content: bytes = save(stored, metadata={"format": "np"})
    return content
