"""A model for runs whose model does not matter: that of the house with a twelfth of its weights.

A run of it takes a third of the processor time: most of that is arithmetic, and what is written of
large weights.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

_SIZES = {"hidden_size": 32, "intermediate_size": 64}
_LAYERS = 2


def write_small_model(folder: Path) -> Path:
    """A model folder as people have them: the shipped vocabulary, and the first of its weights."""
    from safetensors.numpy import load_file, save_file

    from paddle_lab.models.catalog import mini_folder

    shipped = mini_folder()
    config = json.loads((shipped / "config.json").read_text("utf-8"))
    kept = {config[name]: size for name, size in _SIZES.items()}
    weights = {
        name: value[tuple(slice(kept.get(side, side)) for side in value.shape)].astype(np.float32)
        for name, value in load_file(shipped / "model.safetensors").items()
        if name.startswith("ernie.") and not _is_left_out(name)
    }
    folder.mkdir(parents=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "np"})
    config |= {**_SIZES, "num_hidden_layers": _LAYERS, "num_attention_heads": 2}
    config["architectures"] = ["ErnieModel"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(shipped / name, folder)
    return folder


def _is_left_out(name: str) -> bool:
    _, _, layer = name.partition(".layers.")
    return bool(layer) and int(layer.split(".")[0]) >= _LAYERS
