"""What leaving trials early buys: ``python benchmarks/search.py [--seeds 3] [--trials 12]``.

For each seed three searches over the same options, one after the other: all trials to the end,
trials left early, and random values (no trial left early) until as many steps were made as the
second made. Printed for each: seconds, steps, seconds of training alone (without starting
processes, some six a trial), and the best dev figure; then the ratios. About 15 minutes on two
cores that do nothing else; ``--short`` is one seed with fewer rows. ``--record FILE`` keeps the
curves of the trials that went to the end, for ``search_replay.py``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from task_runs import own_folders

from paddle_lab.data.samples import read_sample
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.start import LEAST_EVALUATIONS, new_search, work_on
from paddle_lab.tasks import get_task

SPACE = {"lr": "1e-5..2e-3", "batch_size": "16,32,64", "dropout": "0..0.3"}


def main() -> None:
    """Search, compare, and print one line of JSON for each, and one for all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--evaluated", type=int, default=400)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--model", default="ernie-lab-mini")
    parser.add_argument("--pruners", default="halving")
    parser.add_argument("--short", action="store_true", help="fewer rows, one seed unless said")
    parser.add_argument("--no-full", action="store_true", help="beside random values alone")
    parser.add_argument("--record", type=Path, help="file for the curves of whole trials")
    args = parser.parse_args()
    if args.short:
        args.rows, args.epochs = 300, 2.0
    args.seeds = args.seeds or (1 if args.short else 3)
    with own_folders() as home:
        args.searches = []
        args.train, args.dev = written(home, args.rows, args.evaluated)
        found = [compared(seed, args) for seed in range(1, args.seeds + 1)]
        if args.record is not None:
            args.record.write_text(json.dumps(recorded(args)) + "\n", encoding="utf-8")
    for pruner in args.pruners.split(","):
        drawn = [one[f"random beside {pruner}"] for one in found]
        full = [] if args.no_full else [one["full"] for one in found]
        told(pruner, [one[pruner] for one in found], full, drawn)


def written(home: Path, rows: int, evaluated: int) -> tuple[str, str]:
    """Files of the sample's first rows, to train on and to evaluate."""
    parts = read_sample("reviews", get_task("classify"))
    found = []
    for part, most in (("train", rows), ("dev", evaluated)):
        data = parts[part].take(range(most))
        lines = (
            f"{' '.join(text.split())}\t{label}\n"
            for text, label in zip(data.texts, data.labels, strict=True)
        )
        path = home / f"{part}.tsv"
        path.write_text("text\tlabel\n" + "".join(lines), encoding="utf-8")
        found.append(str(path))
    return found[0], found[1]


def compared(seed: int, args: argparse.Namespace) -> dict[str, Any]:
    """The searches of one seed by name."""
    found = {}
    if not args.no_full:
        found["full"] = searched("full", seed, args, "none", "tpe", None)
    for pruner in args.pruners.split(","):
        found[pruner] = searched(pruner, seed, args, pruner, "tpe", None)
        name = f"random beside {pruner}"
        found[name] = searched(name, seed, args, "none", "random", found[pruner]["steps"])
    return found


def recorded(args: argparse.Namespace) -> list[dict[str, Any]]:
    """The curves of the trials that went to the end, by search."""
    found = []
    for name, seed, folder in args.searches:
        whole = [row for row in folder.trials()["trials"] if row["state"] == "complete"]
        curves = [[round(value, 4) for value in row["evaluations"]] for row in whole]
        if name == "full" or name.startswith("random"):
            steps = [row["step"] for row in whole]
            found.append({"search": f"{name}, seed {seed}", "steps": steps, "curves": curves})
    return found


def searched(
    name: str, seed: int, args: argparse.Namespace, pruner: str, sampler: str, steps: int | None
) -> dict[str, Any]:
    """One search; with ``steps`` it is stopped when its trials have made so many."""
    given = {
        "train": args.train,
        "dev": args.dev,
        "model": args.model,
        "max_len": "64",
        "epochs": str(args.epochs),
        # As often in a search that leaves no trial early: the same work but for the leaving.
        "evals_per_epoch": str(math.ceil(LEAST_EVALUATIONS / args.epochs)),
        "seed": str(seed),
        **SPACE,
    }
    folder = new_search(given, {}, trials=args.trials, pruner=pruner)
    if sampler == "random":
        folder.study_path.unlink()  # without the usual values as the first trial
    args.searches.append((name, seed, folder))
    began = time.monotonic()
    # Report and bundle of the best cost the same in all of them: none is made.
    stopper = Stopper(folder, steps)
    content = work_on(folder, sampler=sampler, shown=stopper, finish=False)
    rows = content["trials"]
    value = max((row["value"] for row in rows if row["value"] is not None), default=0.0)
    result = {
        "search": name,
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
        "training_seconds": round(sum(training_seconds(folder, row) for row in rows), 1),
        "steps": sum(row["step"] for row in rows),
        "whole": sum(row["state"] == "complete" for row in rows),
        "trials": len(rows),
        "best_dev": round(value, 4),
    }
    print(json.dumps(result), flush=True)
    return result


class Stopper:
    """Stops a search whose trials have made enough steps."""

    def __init__(self, folder: SearchFolder, steps: int | None) -> None:
        self._folder, self._steps = folder, steps

    def __call__(self, content: Mapping[str, Any]) -> None:
        """Look at ``trials.json``."""
        if self._steps is not None and sum(row["step"] for row in content["trials"]) > self._steps:
            self._folder.ask_to_stop("benchmark")
            self._steps = None


def training_seconds(folder: SearchFolder, row: Mapping[str, Any]) -> float:
    """From a trial's first step to its last evaluation."""
    if row["run"] is None:
        return 0.0
    state = folder.run(row["run"]).state()
    moments = [moment for moment in state.columns["t"] if moment]
    if not moments or not state.evals:
        return 0.0
    return float(max(moments[-1], state.evals[-1]["t"]) - moments[0])


def told(pruner: str, pruned: list[Any], full: list[Any], drawn: list[Any]) -> None:
    """The ratios and differences, mean and spread."""

    def ratio(name: str) -> dict[str, float]:
        return spread([one[name] / other[name] for one, other in zip(pruned, full, strict=True)])

    def behind(others: list[Any]) -> list[float]:
        pairs = zip(pruned, others, strict=True)
        return [100 * (other["best_dev"] - one["best_dev"]) for one, other in pairs]

    beside_full = {
        "seconds_ratio": ratio("seconds"),
        "training_ratio": ratio("training_seconds"),
        "steps_ratio": ratio("steps"),
        "points_behind_full": spread(behind(full)),
    } if full else {}  # fmt: skip
    result = {
        "pruner": pruner,
        **beside_full,
        "points_behind_random": spread(behind(drawn)),
        "beats_random": f"{sum(value < 0 for value in behind(drawn))} of {len(drawn)}",
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }
    print(json.dumps(result), flush=True)


def spread(values: list[float]) -> dict[str, float]:
    """Mean, lowest and highest."""
    found = {"mean": statistics.mean(values), "low": min(values), "high": max(values)}
    return {name: round(value, 3) for name, value in found.items()}


if __name__ == "__main__":
    main()
