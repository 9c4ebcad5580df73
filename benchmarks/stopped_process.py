"""SIGSTOP for a minute in the middle of a run: ``python benchmarks/stopped_process.py``.

One JSON line: what views called the run meanwhile, its speed and time left before and after (points
of the curve within ten seconds), and whether it finished.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import events_of, write_reviews
from killed_run import OPTIONS, Terminal

from paddle_lab.runs import Registry
from paddle_lab.runs.board import RunsBoard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--epochs", type=int, default=60)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stopped-") as place:
        home = Path(place)
        terminal = Terminal(home, home / "cache", write_reviews(home / "train.tsv", 160))
        words = ["finetune", str(terminal.source), *OPTIONS, "--epochs", str(args.epochs)]
        words += ["--checkpoint-minutes", "5", "--no-export", "--no-baseline"]
        process = terminal.begin(*words)
        registry = Registry(home / "data" / "runs")
        while not registry.list() or registry.list()[0].folder.state().step < 100:
            time.sleep(0.1)
        folder = registry.list()[0].folder
        process.send_signal(signal.SIGSTOP)
        stopped_at, called = folder.state().step, set()
        board = RunsBoard(registry)
        until = time.monotonic() + args.seconds
        while time.monotonic() < until:
            called |= {folder.state().state, *(row.state for row in board.refresh())}
            time.sleep(0.5)
        process.send_signal(signal.SIGCONT)
        code = process.wait()
        points = [event for event in events_of(folder) if event["kind"] == "step"]
        before = [point for point in points if point["step"] <= stopped_at][-20:]
        after = [point for point in points if point["step"] > stopped_at][:20]

        def middle(some: list[dict[str, Any]], name: str) -> float:
            return round(statistics.median(point[name] for point in some), 1)

        print(
            json.dumps(
                {
                    "stopped_s": args.seconds,
                    "called_meanwhile": sorted(called),
                    "samples_per_s": [
                        middle(before, "samples_per_s"),
                        middle(after, "samples_per_s"),
                    ],
                    "slowest_point_after": min(point["samples_per_s"] for point in after),
                    "left_s": [before[-1]["left_s"], after[0]["left_s"], after[-1]["left_s"]],
                    "ended": [code, folder.state().state],
                }
            )
        )


if __name__ == "__main__":
    main()
