"""kill -9 at random moments, then resume: ``python benchmarks/kill_resume.py --task tag``.

A run is killed once at a random moment and resumed, twenty times over (twenty runs), and its final
weights are compared with those of the undisturbed run. One JSON line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from task_rows import tasks_with_rows, write_task_rows

from paddle_lab.api import specify
from paddle_lab.runs import RunFolder
from paddle_lab.training.checkpoint import MODEL_FILE, latest_checkpoint, read_checkpoint
from paddle_lab.training.start import create_run

OPTIONS = {
    "seed": 1,
    "epochs": 3.0,
    "max_len": 32,
    "batch_size": 16,
    "lr": 5e-4,
    "baseline": False,
    "checkpoint_minutes": 0.01,
}


def weights(folder: RunFolder) -> str:
    checkpoint = latest_checkpoint(folder.checkpoints)
    if checkpoint is None:
        return "none"
    return hashlib.sha256((checkpoint.path / MODEL_FILE).read_bytes()).hexdigest()


def worker(folder: RunFolder, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "paddle_lab.training.worker", str(folder.path), *options]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1])


def half_written(folder: RunFolder) -> int:
    """Checkpoints or bundles that look complete and are not."""
    bad = 0
    for path in folder.checkpoints.glob("step-*"):
        try:
            read_checkpoint(path)
        except Exception:
            bad += 1
    if folder.bundle.exists():
        from paddle_lab.bundle import load_manifest

        try:
            load_manifest(folder.bundle)
        except Exception:
            bad += 1
    return bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=tasks_with_rows(), default="classify")
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--max-len", type=int, default=OPTIONS["max_len"])
    args = parser.parse_args()
    options = {**OPTIONS, "task": args.task, "max_len": args.max_len}
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as home:
        for name, place in (("DATA", "data"), ("CACHE", "cache"), ("RUNS", "runs")):
            os.environ[f"PADDLE_LAB_{name}_DIR"] = f"{home}/{place}"
        source = write_task_rows(args.task, Path(home) / "train.jsonl", args.rows)
        undisturbed = create_run(*specify(str(source), None, {}, options))
        started = time.monotonic()
        worker(undisturbed).wait()
        whole = time.monotonic() - started
        same = half = 0
        moments = []
        for _ in range(args.kills):
            folder = create_run(*specify(str(source), None, {}, options))
            child = worker(folder)
            time.sleep(chance.uniform(0.15, 1.0) * whole)
            child.send_signal(signal.SIGKILL)
            child.wait()
            state = folder.state()
            moments.append(f"{state.phase['phase'] if state.phase else 'begin'}@{state.step}")
            half += half_written(folder)
            if state.state != "finished":
                worker(folder, "--resume").wait()
            same += weights(folder) == weights(undisturbed) and folder.state().state == "finished"
        print(
            json.dumps(
                {
                    "task": args.task,
                    "kills": args.kills,
                    "same_weights": same,
                    "half_written_taken_for_whole": half,
                    "killed_at": moments,
                }
            )
        )


if __name__ == "__main__":
    main()
