"""What the figures of tasks have in common: a run for each seed, and mean and spread of them."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def own_folders() -> Iterator[Path]:
    """Runs and data in a folder that is removed afterwards; models stay where they are."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("DATA", "RUNS"):
            os.environ[f"PADDLE_LAB_{name}_DIR"] = str(Path(folder) / name.lower())
        os.environ.setdefault("GLOG_minloglevel", "2")
        yield Path(folder)


def run_seed(train: Any, dev: Any, *, seed: int, **options: Any) -> dict[str, Any]:
    """The figures of one run: its metrics on test, else dev; each evaluation; seconds.

    ``report`` is the whole report of the run, None where none was made.
    """
    from paddle_lab import api

    given = {name: value for name, value in options.items() if value is not None}
    started, cpu = time.perf_counter(), time.process_time()
    run = api.finetune(train, dev, seed=seed, export=False, show=False, **given)
    if run.state.state != "finished":
        raise SystemExit(f"the run ended as {run.state.state}: {run.folder.path}")
    report = run.report
    return {
        "seed": seed,
        "metrics": dict(report["metrics"]) if report else {},
        "evaluations": [dict(event["metrics"]) for event in run.state.evals],
        "lr": run.folder.spec().lr,
        "epochs": run.folder.spec().epochs,
        "train_seconds": run.state.end["train_seconds"] if run.state.end else None,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "report": report,
    }


def spread(results: Sequence[Mapping[str, Any]], name: str) -> str:
    """``0.8213 (0.8190 to 0.8241)``: mean and range of a metric over the runs."""
    values = [float(result["metrics"][name]) for result in results]
    return f"{statistics.fmean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


def beside(report: Mapping[str, Any]) -> dict[str, Any]:
    """The baseline's row of the report's comparison, by the English heading of its column."""
    for block in report["blocks"]:
        if block["type"] == "table" and block["title"]["en"] == "Beside the baseline":
            names = [column["name"]["en"] for column in block["columns"]]
            return dict(zip(names, block["rows"][1], strict=True))
    raise KeyError("the report has no baseline")
