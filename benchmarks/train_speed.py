"""Seconds to train on the same reviews: PaddleNLP's Trainer, this project, and PyTorch.

    python benchmarks/train_speed.py --torch-python /path/to/other/venv/bin/python
    python benchmarks/train_speed.py --max-len 128 --rounds 1 --arms trainer kernels

Every run is a fresh process; a round runs every arm once, one after the other, so that a busy
machine slows all alike. Timed is ``Trainer.train()`` alone: texts are tokenised and the model
loaded before. Ratios are to the first arm of the same round; their median and range are given.
``others`` is the share of the cores that other processes took during a run.

| arm | what it is |
| --- | --- |
| trainer | PaddleNLP's Trainer and collator as its examples use them, environment untouched |
| threads | the same with OMP_NUM_THREADS set to the cores |
| buckets | and batches of texts of like length |
| memory | and glibc told to keep freed memory |
| kernels | and the layers by oneDNN, clipping in place: what this project does |
| bfloat16 | and matrix products in bfloat16 (an option) |
| lab | the whole engine: ``paddle_lab.finetune`` with its events, checkpoints and evaluation |
| torch | transformers' Trainer on PyTorch, its collator, same data |
| torch-buckets | the same with the batches of ``buckets`` |
| torch-bfloat16 | and automatic mixed precision in bfloat16 |
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PADDLE_ARMS = ("trainer", "threads", "buckets", "memory", "kernels", "bfloat16")
TORCH_ARMS = ("torch", "torch-buckets", "torch-bfloat16")
USUAL = ("trainer", "threads", "buckets", "kernels", "lab", "torch", "torch-buckets")


def main() -> None:
    options = parser().parse_args()
    arms = [arm for arm in options.arms if arm not in TORCH_ARMS or options.torch_python]
    results: list[dict[str, Any]] = []
    for round_ in range(options.rounds):
        for max_len in options.max_len:
            task = task_of(options, max_len)
            for arm in arms:
                wait_for_quiet(options.wait)
                measured = run(arm, {**task, "arm": arm, "seed": round_}, options.torch_python)
                measured |= {"arm": arm, "max_len": max_len, "round": round_}
                results.append(measured)
                print(json.dumps(measured), file=sys.stderr, flush=True)
                if options.json:
                    Path(options.json).write_text(json.dumps(results, indent=1), encoding="utf-8")
            print(table(results, max_len, arms, options.samples), flush=True)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--samples", type=int, default=192)
    made.add_argument("--batch-size", type=int, default=32)
    made.add_argument("--max-len", type=int, nargs="+", default=[128, 256])
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument(
        "--arms", nargs="+", choices=(*PADDLE_ARMS, "lab", *TORCH_ARMS), default=USUAL
    )
    made.add_argument("--torch-python", help="a Python with torch, transformers and accelerate")
    made.add_argument("--model", default="m3e-small")
    made.add_argument(
        "--wait", type=float, default=0, help="seconds to wait for an idle machine before a run"
    )
    made.add_argument("--json", help="write every measurement to this file")
    return made


def task_of(options: argparse.Namespace, max_len: int) -> dict[str, Any]:
    """What all arms train on: the first reviews of the training part, and one order of buckets."""
    import numpy as np

    from paddle_lab.data.samples.reviews import POSITIVE, load_reviews
    from paddle_lab.models.m3e import m3e_folder
    from paddle_lab.training.batches import bucket_batches

    reviews = load_reviews().train[: options.samples]
    lengths = np.array([min(max_len, len(review.text) + 2) for review in reviews])
    return {
        "rows": [[review.text, int(review.label == POSITIVE)] for review in reviews],
        "buckets": bucket_batches(lengths, options.batch_size, 0, 0),
        "model": options.model,
        "torch_model": str(m3e_folder()),
        "max_len": max_len,
        "batch_size": options.batch_size,
        "threads": options.threads,
    }


def run(arm: str, task: dict[str, Any], torch_python: str | None) -> dict[str, Any]:
    """Seconds, loss and peak memory of one arm in a fresh process."""
    script = "train_speed_paddle.py"
    if arm in TORCH_ARMS:
        script = "train_speed_torch.py"
    elif arm == "lab":
        script = "train_speed_lab.py"
    python = torch_python if arm in TORCH_ARMS and torch_python else sys.executable
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("OMP_NUM_THREADS", None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.json"
        path.write_text(json.dumps(task), encoding="utf-8")
        before = busy_seconds(), own_seconds(), time.monotonic()
        done = subprocess.run(
            [python, str(HERE / script), str(path)],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        others = busy_seconds() - before[0] - (own_seconds() - before[1])
        share = others / (time.monotonic() - before[2]) / len(os.sched_getaffinity(0))
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(f"{arm} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result | {"others": round(max(0.0, share), 3)}


def busy_seconds() -> float:
    """Processor seconds that the whole machine has worked, all cores together (Linux)."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", maxsplit=1)[0].split()
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Processor seconds of the runs so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_for_quiet(limit: float) -> None:
    """Wait until the cores were idle for 9 seconds in 10, at most ``limit`` seconds."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        before = busy_seconds()
        time.sleep(5)
        if busy_seconds() - before < 0.5 * len(os.sched_getaffinity(0)):
            return


def table(results: list[dict[str, Any]], max_len: int, arms: list[str], samples: int) -> str:
    """One row an arm: median seconds and range, and how many times faster than the first arm."""
    here = [result for result in results if result["max_len"] == max_len]
    rows = [
        f"max_len {max_len}, {samples} reviews, {len(here) // len(arms)} rounds",
        "| arm | seconds (range) | samples/s | x first arm (range) | CPU s | MiB | loss | others |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    first = {result["round"]: result["seconds"] for result in here if result["arm"] == arms[0]}
    for arm in arms:
        own = [result for result in here if result["arm"] == arm]
        seconds = [result["seconds"] for result in own]
        ratios = [first[result["round"]] / result["seconds"] for result in own]
        middle = statistics.median(seconds)
        rows.append(
            f"| {arm} | {middle:.1f} ({min(seconds):.1f}-{max(seconds):.1f})"
            f" | {samples / middle:.1f}"
            f" | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
            f" | {statistics.median(result['cpu_seconds'] for result in own):.0f}"
            f" | {statistics.median(result['peak_mib'] for result in own):.0f}"
            f" | {statistics.median(result['loss'] for result in own):.3f}"
            f" | {statistics.median(result['others'] for result in own):.0%} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
