"""Whether a run's bar ever falls, and how far its time left is from what then came.

``python benchmarks/progress_of_runs.py [--shapes NAME ...]`` trains runs of several shapes, each in
a process of its own, and reads their events. Error: the time left that was told, against the time
that was in fact left; from a fifth of the job on, and while more than five seconds are left. The
first run of a machine knows nothing of earlier ones; ``--again`` trains each shape twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from paddle_lab.runs.events import read_events

SHAPES = {
    "reviews": "reviews --limit 2000 --epochs 1",
    "reviews, no report beside it": "reviews --limit 2000 --epochs 1 --no-baseline --no-export",
    "people": "people --limit 600 --epochs 1 --evals-per-epoch 2",
    "long evaluation": "reviews --limit 400 --epochs 1 --evals-per-epoch 4 --no-export",
    "many short epochs": "reviews --limit 600 --epochs 3 --evals-per-epoch 1 --max-len 32",
}
FROM_SHARE = 0.2
SHORTEST_S = 5.0


def train(options: str, home: Path) -> list[dict[str, Any]]:
    """The events of a run that has finished."""
    out = Path(tempfile.mkdtemp(dir=home))
    command = [sys.executable, "-m", "paddle_lab.cli", "finetune", *options.split()]
    environment = {**os.environ, "PADDLE_LAB_DATA_DIR": str(home / "data")}
    subprocess.run([*command, "--out", str(out)], env=environment, capture_output=True, check=True)
    return read_events(next(out.glob("*/events.jsonl")))


def judged(events: list[dict[str, Any]]) -> tuple[float, bool, float, float]:
    """Seconds of the run, whether its bar fell, the largest error, and the error in the middle."""
    begin, end = events[0]["t"], events[-1]["t"]
    told = [event for event in events if event.get("share") is not None]
    shares = [event["share"] for event in told]
    fell = any(later < earlier for earlier, later in pairwise(shares))
    errors = [
        abs(event["left_s"] - (end - event["t"])) / (end - event["t"])
        for event in told
        if event.get("left_s") is not None
        and event["t"] - begin >= FROM_SHARE * (end - begin)
        and end - event["t"] > SHORTEST_S
    ]
    ordered = sorted(errors)
    return end - begin, fell, ordered[-1], ordered[len(ordered) // 2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", nargs="*", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'shape':32}{'run':>5}{'seconds':>9}{'fell':>6}{'largest':>9}{'median':>8}")
        for name in given.shapes:
            for number in range(1, 3 if given.again else 2):
                seconds, fell, largest, median = judged(train(SHAPES[name], Path(folder)))
                row = f"{name:32}{number:>5}{seconds:>9.0f}{'yes' if fell else 'no':>6}"
                print(f"{row}{largest:>9.0%}{median:>8.0%}", flush=True)


if __name__ == "__main__":
    main()
