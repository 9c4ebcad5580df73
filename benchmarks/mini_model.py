"""What pre-training buys: ``ernie-lab-mini`` beside random initialisation and a bag of characters.

    python benchmarks/mini_model.py                      # on the dev part, where choices are made
    python benchmarks/mini_model.py --part test --json mini_model.json

Each round fine-tunes the same architecture from the shipped weights and from random ones, on the
same rows in the same order with the same options, one after the other; rounds differ by their
seed. TF-IDF over characters and character pairs with logistic regression learns from the same
rows, and from 2,000, 8,000 and all of them. The training loop here is the plainest one that is
fair (AdamW, warm-up and linear decay, batches of like length), so that the figures belong to the
weights and not to an engine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paddle_lab.cpu import FastCpu, keep_memory
from paddle_lab.data.samples.reviews import POSITIVE, Review, load_reviews
from paddle_lab.models import build_tokenizer, resolve_model
from paddle_lab.models.catalog import MINI

STARTS = ("pretrained", "random")
BASELINE_ROWS = (2000, 8000, 0)


@dataclass(frozen=True)
class Budget:
    """Options of one fine-tuning."""

    rows: int
    epochs: float
    learning_rate: float
    batch_size: int
    max_length: int
    warmup: float = 0.1
    dropout: float = 0.0


def main() -> None:
    """Measure, print the table, and write JSON when asked."""
    options = _parser().parse_args()
    _prepare_paddle(options.threads)
    reviews = load_reviews()
    held_out = reviews[options.part]
    folder = resolve_model(str(options.model or MINI.name)).folder
    results = []
    for rows in options.rows:
        train = reviews.train[: rows or None]
        budget = Budget(
            rows=len(train),
            epochs=options.epochs,
            learning_rate=options.lr,
            batch_size=options.batch_size,
            max_length=options.max_length,
            dropout=options.dropout,
        )
        for seed, start in itertools.product(range(options.seeds), STARTS):
            if options.only in (None, start):
                figures = fine_tune(
                    folder, start == "pretrained", train, held_out, budget=budget, seed=seed
                )
                results.append({"start": start, "seed": seed, **asdict(budget), **figures})
                print(json.dumps(results[-1]), flush=True)
    counts = sorted({*options.rows, *BASELINE_ROWS}, key=lambda rows: rows or len(reviews.train))
    baselines = {} if options.no_baseline else _baselines(reviews.train, held_out, counts)
    _print_table(f"{options.part} part, {len(held_out)} rows", results, baselines)
    if options.json:
        content = {"part": options.part, "rows": len(held_out), "runs": results, "tfidf": baselines}
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    chosen = MINI.recommended
    if chosen is None:
        raise ValueError("the card of the shipped model recommends nothing")
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--part", choices=("dev", "test"), default="dev")
    parser.add_argument("--model", type=Path, help="a model folder in place of the shipped one")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[chosen.train_rows], help="training rows; 0: all"
    )
    parser.add_argument("--epochs", type=float, default=chosen.epochs)
    parser.add_argument("--lr", type=float, default=chosen.learning_rate)
    parser.add_argument("--batch-size", type=int, default=chosen.batch_size)
    parser.add_argument("--max-length", type=int, default=chosen.max_length)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=STARTS, help="one of the two")
    parser.add_argument("--no-baseline", action="store_true", help="skip TF-IDF")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    return parser


def fine_tune(
    folder: Path,
    pretrained: bool,
    train: list[Review],
    held_out: list[Review],
    *,
    budget: Budget,
    seed: int,
) -> dict[str, float]:
    """Fine-tune and score; seconds are of the training loop alone, as a person waits for it."""
    import paddle
    from paddle.nn import functional
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(seed)
    extra = {
        "num_labels": 2,
        "hidden_dropout_prob": budget.dropout,
        "attention_probs_dropout_prob": budget.dropout,
    }
    if pretrained:
        model = ErnieForSequenceClassification.from_pretrained(str(folder), **extra)
    else:
        model = ErnieForSequenceClassification(ErnieConfig.from_pretrained(str(folder), **extra))
    tokenizer = build_tokenizer(folder)
    tokenizer.enable_truncation(budget.max_length)
    rows = _encode(tokenizer, train)
    random = np.random.default_rng(seed)
    batches = _plan(rows, budget, random)
    optimizer = paddle.optimizer.AdamW(
        budget.learning_rate,
        parameters=model.parameters(),
        weight_decay=0.01,
        grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0),
    )
    model.train()
    done = 0
    # The training package's own CPU kernels: the same numbers as Paddle's, sooner.
    fast = FastCpu(model, seed=seed, step_of=lambda: done)
    fast.enable()
    started, cpu_started = time.perf_counter(), time.process_time()
    for step, batch in enumerate(batches):
        rise = (step + 1) / max(1.0, budget.warmup * len(batches))
        fall = (len(batches) - step) / max(1.0, (1 - budget.warmup) * len(batches))
        optimizer.set_lr(budget.learning_rate * min(rise, fall, 1.0))
        ids, labels = _collate([rows[index] for index in batch])
        loss = functional.cross_entropy(model(paddle.to_tensor(ids)), paddle.to_tensor(labels))
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        done += 1
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    accuracy = _accuracy(model, _encode(tokenizer, held_out))
    fast.disable()
    return {
        "accuracy": round(accuracy, 4),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "last_loss": round(float(loss), 3),
    }


def _encode(tokenizer: Any, rows: list[Review]) -> list[tuple[list[int], int]]:
    encodings = tokenizer.encode_batch([row.text for row in rows])
    return [
        (encoding.ids, int(row.label == POSITIVE))
        for encoding, row in zip(encodings, rows, strict=True)
    ]


def _plan(
    rows: list[tuple[list[int], int]], budget: Budget, random: np.random.Generator
) -> list[list[int]]:
    """Row numbers of every batch: of like length within a batch, batches in random order."""
    batches: list[list[int]] = []
    left = budget.epochs
    while left > 1e-9:
        order = random.permutation(len(rows))[: round(min(left, 1.0) * len(rows))]
        group = 50 * budget.batch_size
        epoch = []
        for start in range(0, len(order), group):
            near = sorted(order[start : start + group], key=lambda index: len(rows[index][0]))
            epoch += [
                near[at : at + budget.batch_size] for at in range(0, len(near), budget.batch_size)
            ]
        batches += [epoch[number] for number in random.permutation(len(epoch))]
        left -= 1.0
    return batches


def _collate(rows: list[tuple[list[int], int]]) -> tuple[Any, Any]:
    width = max(len(ids) for ids, _ in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)
    for number, (row, _) in enumerate(rows):
        ids[number, : len(row)] = row
    return ids, np.array([label for _, label in rows], dtype=np.int64)


def _accuracy(model: Any, rows: list[tuple[list[int], int]]) -> float:
    import paddle

    model.eval()
    right = 0
    rows = sorted(rows, key=lambda row: len(row[0]))
    with paddle.no_grad():
        for start in range(0, len(rows), 64):
            ids, labels = _collate(rows[start : start + 64])
            right += int((model(paddle.to_tensor(ids)).numpy().argmax(-1) == labels).sum())
    return right / len(rows)


def _baselines(train: list[Review], held_out: list[Review], counts: list[int]) -> dict[str, float]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    scores = {}
    for count in counts:
        rows = train[: count or None]
        pipeline = make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=4.0, max_iter=1000),
        )
        pipeline.fit([row.text for row in rows], [row.label for row in rows])
        score = pipeline.score([row.text for row in held_out], [row.label for row in held_out])
        scores[str(len(rows))] = round(float(score), 4)
    return scores


def _print_table(title: str, results: list[dict[str, Any]], baselines: dict[str, float]) -> None:
    print(f"\n{title}")
    print("| rows | model | accuracy: mean (lowest to highest) | seconds (median) | CPU seconds |")
    print("| --- | --- | --- | --- | --- |")
    sizes = sorted({run["rows"] for run in results} | {int(rows) for rows in baselines})
    for rows, start in itertools.product(sizes, STARTS):
        runs = [run for run in results if run["rows"] == rows and run["start"] == start]
        if runs:
            accuracy = [run["accuracy"] for run in runs]
            seconds = statistics.median(run["seconds"] for run in runs)
            cpu = statistics.median(run["cpu_seconds"] for run in runs)
            print(
                f"| {rows} | {start} | {statistics.mean(accuracy):.4f} ({min(accuracy):.4f} to "
                f"{max(accuracy):.4f}) | {seconds:.1f} | {cpu:.1f} |"
            )
        if start == STARTS[-1] and str(rows) in baselines:
            print(f"| {rows} | TF-IDF | {baselines[str(rows)]:.4f} | | |")


def _prepare_paddle(threads: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("FLAGS_use_stride_kernel", "0")
    keep_memory()
    from paddlenlp.utils.log import logger

    logger.set_level("ERROR")


if __name__ == "__main__":
    main()
