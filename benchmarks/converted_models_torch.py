"""Hidden states by transformers on PyTorch: an arm of ``converted_models.py``.

Makes a model with random weights and saves it, or loads the one that is there. Nothing of this
project is needed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    import torch
    import transformers

    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(task["folder"])
    kind = getattr(transformers, task["class"])
    if task.get("load"):
        model = kind.from_pretrained(folder)
    else:
        torch.manual_seed(7)
        model = kind(kind.config_class(**task["config"]))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.05)
        model.save_pretrained(
            folder, safe_serialization=task["safe"], max_shard_size=task.get("shard", "5GB")
        )
    model.eval()
    base = model.base_model
    states = {}
    with torch.no_grad():
        for number, row in enumerate(task["ids"]):
            tokens = torch.tensor([row])
            states[str(number)] = base(tokens).last_hidden_state[0].numpy()
            if "ForSequenceClassification" in task["class"]:
                states[f"logits {number}"] = model(tokens).logits[0].numpy()
    np.savez(folder.with_name(f"{folder.name}.npz"), **states)


if __name__ == "__main__":
    main()
