"""``PYTHONPATH=tools python -m pretraining``: make the weights of ``ernie-lab-mini`` again."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paddle_lab.cpu import keep_memory
from paddle_lab.data.samples import SAMPLES
from paddle_lab.errors import PaddleLabError
from paddle_lab.models.tokenizer import VOCAB_FILE, build_tokenizer
from paddle_lab.paths import atomic_write_json, atomic_write_text
from pretraining.corpus import build_corpus
from pretraining.train import PretrainOptions, pretrain
from pretraining.vocabulary import build_vocabulary


def build_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    defaults = PretrainOptions()
    parser = argparse.ArgumentParser(
        prog="PYTHONPATH=tools python -m pretraining",
        description="Pre-train ernie-lab-mini with ERNIE's knowledge masking on the texts of the "
        "training parts of samples. No label is read. Started again with the same folder, it goes "
        "on where it stopped.",
        epilog="Example: PYTHONPATH=tools python -m pretraining build/mini --steps 6000; "
        "the model is then build/mini/model.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where checkpoints, log and model go")
    parser.add_argument("--samples", nargs="+", default=["reviews"], help="whose texts are read")
    parser.add_argument("--steps", type=int, default=defaults.steps, help="steps in all")
    parser.add_argument("--stop-at", type=int, help="stop after this step, to go on later")
    parser.add_argument("--start", type=Path, help="a model folder made so, to go on from")
    parser.add_argument("--layers", type=int, default=defaults.layers, help="encoder layers")
    parser.add_argument("--hidden", type=int, default=defaults.hidden, help="hidden size")
    parser.add_argument("--heads", type=int, default=defaults.heads, help="attention heads")
    parser.add_argument("--lr", type=float, default=defaults.learning_rate, help="learning rate")
    parser.add_argument(
        "--batch-tokens", type=int, default=defaults.tokens_per_batch, help="tokens in a batch"
    )
    parser.add_argument(
        "--bag-weight",
        type=float,
        default=defaults.bag_weight,
        help="weight of the bag-of-words loss; 0 switches it off",
    )
    parser.add_argument("--save-every", type=int, default=500, help="steps between checkpoints")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="random seed")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "gpu"), default="auto", help="where to train"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    chosen = build_parser().parse_args(arguments)
    try:
        _run(chosen)
    except PaddleLabError as error:
        print(f"{error.label}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; start again with the same folder to go on.", file=sys.stderr)
        return 130
    return 0


def _run(chosen: argparse.Namespace) -> None:
    _prepare_paddle(chosen.threads, chosen.device)
    options = PretrainOptions(
        layers=chosen.layers,
        hidden=chosen.hidden,
        heads=chosen.heads,
        steps=chosen.steps,
        tokens_per_batch=chosen.batch_tokens,
        learning_rate=chosen.lr,
        bag_weight=chosen.bag_weight,
        seed=chosen.seed,
    )
    texts, unseen = _texts(chosen.samples)
    vocabulary = build_vocabulary(texts)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(chosen.folder / VOCAB_FILE, "".join(f"{token}\n" for token in vocabulary))
    atomic_write_json(chosen.folder / "options.json", asdict(options))
    tokenizer = build_tokenizer(chosen.folder)
    corpus = build_corpus(texts, tokenizer)
    held_out = build_corpus(unseen, tokenizer, like=corpus)
    print(
        f"{len(texts)} texts, {corpus.token_count} tokens, {len(vocabulary)} in the vocabulary, "
        f"{len(corpus.bag_words)} bag words",
        flush=True,
    )
    pretrain(
        corpus,
        held_out,
        vocabulary,
        options,
        chosen.folder,
        report=_print_entry,
        save_every=chosen.save_every,
        stop_at=chosen.stop_at,
        start=chosen.start,
    )


def _texts(samples: Sequence[str]) -> tuple[list[str], list[str]]:
    """The texts of the training parts, and those of the dev parts, which are not trained on."""
    parts = [SAMPLES.get(name).load() for name in samples]
    train, dev = (
        [text for part in parts for text in part[name].given["text"]] for name in ("train", "dev")
    )
    return train, dev


def _prepare_paddle(threads: int, device: str) -> None:
    # Read by Paddle when it is imported.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("GLOG_minloglevel", "2")
    # Views of transposed arrays are copied element by element on a CPU: attention is 6 times faster
    # when transpose copies at once.
    os.environ["FLAGS_use_stride_kernel"] = "0"  # noqa: SIM112 its real name
    keep_memory()
    import paddle

    if device != "auto":
        paddle.set_device(device)


def _print_entry(entry: dict[str, Any]) -> None:
    print(
        json.dumps(
            {
                key: round(value, 5) if isinstance(value, float) else value
                for key, value in entry.items()
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
