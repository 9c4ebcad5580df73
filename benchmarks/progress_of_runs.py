"""Whether a run's bar ever falls, and how far its time left is from what then came.

``python benchmarks/progress_of_runs.py [--shapes NAME ...]`` trains runs of several shapes, each in
a process of its own, and reads their events. Error: the time left that was told, against the time
that was in fact left; from a fifth of the job on, and while more than five seconds are left. Each
shape begins on a machine that remembers no run; ``--again`` trains it a second time.
``--keep FOLDER`` keeps the runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from paddle_lab.data.samples import read_sample_part
from paddle_lab.runs.events import read_events
from paddle_lab.tasks import get_task

SHAPES = {
    "reviews": "reviews --limit 2000 --epochs 1",
    "reviews, no report beside it": "reviews --limit 2000 --epochs 1 --no-baseline --no-export",
    "reviews, all": "reviews --epochs 1",
    "people": "people --limit 600 --epochs 1 --evals-per-epoch 2",
    "pairs": "pairs --limit 1500 --epochs 1",
    "stars": "stars --limit 1500 --epochs 1",
    "several labels": "{labels} --limit 1500 --epochs 1",
    "questions": "cmrc --limit 150 --epochs 1 --evals-per-epoch 2",
    "long evaluation": "reviews --limit 400 --epochs 1 --evals-per-epoch 4 --no-export",
    "many short epochs": "reviews --limit 600 --epochs 3 --evals-per-epoch 1 --max-len 32",
    "a larger model": "reviews --limit 400 --epochs 1 --evals-per-epoch 2 --model m3e-small",
}
#: What the rows of "several labels" are labelled by: these words.
WORDS = ("房间", "服务", "价格", "早餐", "位置", "内容", "屏幕", "电池")
FROM_SHARE = 0.2
SHORTEST_S = 5.0


def rows_of_several_labels(path: Path) -> Path:
    """Reviews with the words of :data:`WORDS` that stand in them."""
    texts = read_sample_part("reviews", get_task("classify")).texts
    rows = [{"text": text, "labels": [word for word in WORDS if word in text]} for text in texts]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def train(options: str, home: Path) -> list[dict[str, Any]]:
    """The events of a run that has finished; what it remembers stays in ``home``."""
    home.mkdir(exist_ok=True)
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
    ordered = sorted(errors) or [float("nan")]  # a run too short to be told much of
    return end - begin, fell, ordered[-1], ordered[len(ordered) // 2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", nargs="*", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = given.keep or stack.enter_context(tempfile.TemporaryDirectory())
        Path(folder).mkdir(parents=True, exist_ok=True)
        print(f"{'shape':32}{'run':>5}{'seconds':>9}{'fell':>6}{'largest':>9}{'median':>8}")
        labels = rows_of_several_labels(Path(folder) / "labels.jsonl")
        for place, name in enumerate(given.shapes):
            home, options = Path(folder) / str(place), SHAPES[name].format(labels=labels)
            for number in range(1, 3 if given.again else 2):
                seconds, fell, largest, median = judged(train(options, home))
                row = f"{name:32}{number:>5}{seconds:>9.0f}{'yes' if fell else 'no':>6}"
                print(f"{row}{largest:>9.0%}{median:>8.0%}", flush=True)


if __name__ == "__main__":
    main()
