"""What the exported model gains over the live one, on real reviews, and what its proof costs.

    python benchmarks/predictor.py                                  # ernie-lab-mini
    python benchmarks/predictor.py --model m3e-small --rows 500 --json predictor.json

The head is new, so answers mean nothing; time and parity do not depend on that. Arms, interleaved,
same texts, same threads, tokenising included:

| arm | what it is |
| --- | --- |
| eager | the live PaddleNLP model, texts as they come, padded to ``--max-len`` |
| eager-sorted | the live model, batches of like length |
| program | the exported program, texts as they come, padded to the longest of the batch |
| predictor | ``load_bundle(...).predict``: the exported program, batches of like length |
| predictor-one | the same, one text at a time |

Ratios are to ``eager`` of the same round: median and range over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ARMS = ("eager", "eager-sorted", "program", "predictor", "predictor-one")


def main() -> None:
    """Export, measure, print the table, and write JSON when asked."""
    options = parser().parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    os.environ.setdefault("GLOG_minloglevel", "2")
    texts = reviews(options.rows)
    model, tokenizer = live_model(options.model)
    with tempfile.TemporaryDirectory() as folder:
        exported = export(model, tokenizer, texts, options, Path(folder) / "bundle")
        arms = build_arms(model, tokenizer, texts, options, Path(folder) / "bundle")
        rounds = [measure(arms, len(texts)) for _ in range(options.rounds)]
    result = {"model": options.model, "rows": len(texts), **exported, "rounds": rounds}
    print(report(result))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1), encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--model", default="ernie-lab-mini", help="a model name or folder")
    made.add_argument("--rows", type=int, default=1000, help="reviews of the test part")
    made.add_argument("--max-len", type=int, default=128, help="tokens")
    made.add_argument("--batch-size", type=int, default=32, help="texts at once")
    made.add_argument("--rounds", type=int, default=5, help="times that each arm is measured")
    made.add_argument("--threads", type=int, default=2, help="CPU threads of every arm")
    made.add_argument("--json", help="write all figures to this file")
    return made


def reviews(rows: int) -> list[str]:
    """Texts of the sample's test part."""
    from paddle_lab.data import prepare
    from paddle_lab.tasks import get_task

    test = prepare(get_task("classify"), "reviews", limit=100).test
    assert test is not None
    return list(test.texts[:rows])


def live_model(name: str) -> tuple[Any, Any]:
    """The PaddleNLP model with a new head of two labels, and its tokenizer."""
    from paddle_lab.models import build_tokenizer, load_for_classification, resolve_model

    resolved = resolve_model(name)
    import paddle

    paddle.seed(0)
    model = load_for_classification(resolved, 2)
    model.eval()
    return model, build_tokenizer(resolved.folder)


def export(
    model: Any, tokenizer: Any, texts: list[str], options: argparse.Namespace, place: Path
) -> dict[str, Any]:
    """Export with its check; seconds of both, and what the proof found."""
    from paddle_lab.bundle import ExportSource, export_bundle

    moments: dict[str, float] = {}
    begun = time.perf_counter()

    def progress(phase: str, done: int, total: int) -> None:
        moments.setdefault(phase, time.perf_counter())

    rows = sorted(texts, key=len)[:: max(1, len(texts) // 48)]
    proof = export_bundle(
        ExportSource(model, tokenizer, {"labels": ["neg", "pos"]}, options.max_len, {"text": rows}),
        place,
        progress=progress,
    )
    verified = moments.get("verify", begun)
    return {
        "export_seconds": round(verified - begun, 2),
        "verify_seconds": round(time.perf_counter() - verified, 2),
        "proof_rows": proof.rows,
        "max_abs_diff": proof.max_abs_diff,
        "size_mb": proof.size_mb,
        "latency_ms": proof.latency_ms,
    }


def build_arms(
    model: Any, tokenizer: Any, texts: list[str], options: argparse.Namespace, place: Path
) -> dict[str, Callable[[], Any]]:
    """Each arm as a function that answers all texts."""
    import paddle

    from paddle_lab.bundle import load_bundle
    from paddle_lab.tasks.batching import batches_by_length, inputs_of, pad
    from paddle_lab.tasks.encoding import TextEncoder

    encoder = TextEncoder(tokenizer.to_str(), options.max_len)
    predictor = load_bundle(place, device="cpu", threads=options.threads)
    few = texts[: max(1, len(texts) // 10)]

    def as_they_come(ids: list[Any]) -> list[list[int]]:
        return [
            list(range(start, min(start + options.batch_size, len(ids))))
            for start in range(0, len(ids), options.batch_size)
        ]

    def eager(*, sort: bool) -> None:
        windows = encoder.encode(texts)
        ids, lengths = windows.ids, windows.lengths()
        order = batches_by_length(lengths, options.batch_size) if sort else as_they_come(ids)
        with paddle.no_grad():
            for rows in order:
                batch = pad([ids[row] for row in rows], 0)
                if not sort:
                    batch = np.pad(batch, ((0, 0), (0, options.max_len - batch.shape[1])))
                tensor = paddle.to_tensor(batch)
                model(tensor, token_type_ids=paddle.zeros_like(tensor)).numpy()

    def program() -> None:
        windows = encoder.encode(texts)
        for rows in as_they_come(windows.ids):
            predictor.run_batch(inputs_of(windows, rows, 0))

    return {
        "eager": lambda: eager(sort=False),
        "eager-sorted": lambda: eager(sort=True),
        "program": program,
        "predictor": lambda: predictor.predict(texts, batch_size=options.batch_size),
        "predictor-one": lambda: [predictor.predict(text) for text in few],
    }


def measure(arms: dict[str, Callable[[], Any]], rows: int) -> dict[str, float]:
    """Texts per second of each arm, one after the other."""
    found = {}
    for name, answer in arms.items():
        begun = time.perf_counter()
        answer()
        seconds = time.perf_counter() - begun
        count = max(1, rows // 10) if name == "predictor-one" else rows
        found[name] = round(count / seconds, 2)
    return found


def report(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{result['model']}: export {result['export_seconds']} s, check in a fresh process "
        f"{result['verify_seconds']} s, largest logit difference {result['max_abs_diff']:.1e} on "
        f"{result['proof_rows']} rows, {result['size_mb']} MB",
        f"latency of the program alone, ms: {json.dumps(result['latency_ms'])}",
        "",
        "| arm | texts/s, median (range) | x eager, median (range) |",
        "| --- | --- | --- |",
    ]
    for arm in ARMS:
        speeds = [found[arm] for found in result["rounds"]]
        ratios = [found[arm] / found["eager"] for found in result["rounds"]]
        lines.append(f"| {arm} | {_spread(speeds, '.0f')} | {_spread(ratios, '.2f')} |")
    return "\n".join(lines)


def _spread(values: list[float], form: str) -> str:
    middle = statistics.median(values)
    return f"{middle:{form}} ({min(values):{form}}-{max(values):{form}})"


if __name__ == "__main__":
    main()
