"""The same training by this project's whole engine: an arm of ``train_speed.py``.

Timed is what the run itself reports: its loop with events, checkpoint and the evaluation of the 16
rows kept aside. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PADDLE_LAB_DATA_DIR"] = folder
        result = train(task, folder)
    print("RESULT " + json.dumps(result))


def train(task: dict[str, Any], folder: str) -> dict[str, Any]:
    import paddle_lab
    from paddle_lab.data.samples.reviews import load_reviews
    from paddle_lab.runs.events import read_events

    names = ("negative", "positive")
    used = time.process_time()
    run = paddle_lab.finetune(
        [(text, names[label]) for text, label in task["rows"]],
        [(review.text, review.label) for review in load_reviews().dev[:16]],
        model=task["model"],
        epochs=1,
        batch_size=task["batch_size"],
        max_len=task["max_len"],
        lr=5e-5,
        warmup=0.0,
        seed=task["seed"],
        threads=task["threads"],
        export=False,
        baseline=False,
        out=folder,
        show=False,
    )
    end = run.state.end or {}
    steps = [event for event in read_events(run.folder.events_path) if event["kind"] == "step"]
    losses = [event["loss"] for event in steps if event.get("loss") is not None]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": end["train_seconds"],
        "cpu_seconds": time.process_time() - used,
        "loss": sum(losses) / len(losses),
        "peak_mib": peak,
    }


if __name__ == "__main__":
    main()
