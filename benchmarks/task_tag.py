"""Figures of tagging beside the CRF: ``python benchmarks/task_tag.py --data people --rows 1500``.

    python benchmarks/task_tag.py --data people --rows 1500 --model m3e-small --seeds 0 1 2
    python benchmarks/task_tag.py --data FOLDER --rows 3000 --model m3e-small   # train/dev.jsonl
    python benchmarks/task_tag.py --data people --rows 3000                     # the shipped model

Every run is a whole one of the engine: training, choice of the best weights on dev, report beside
crfsuite and the list of mentions on the same rows, export, proof in a fresh process. ``people`` is
measured on ``--dev`` rows of its dev part, a folder on its whole ``dev.jsonl``. One JSON line a
run, then the spread. Options that are not given are those that the task advises for the model.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> None:
    options = parser().parse_args()
    runs = [measured(options, seed) for seed in options.seeds]
    figures = [run["f1"] for run in runs]
    print(
        json.dumps(
            {
                "data": options.data,
                "rows": options.rows,
                "model": options.model,
                "f1": round(statistics.median(figures), 4),
                "range": [min(figures), max(figures)],
                "crf": runs[0].get("crf"),
                "largest_difference": max(run["largest_difference"] for run in runs),
                "answers_equal": all(run["answers_equal"] for run in runs),
            }
        )
    )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", default="people", help="a sample, or a folder of JSON lines")
    made.add_argument("--rows", type=int, default=1500)
    made.add_argument("--dev", type=int, default=1000, help="rows of a sample's dev part")
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--seeds", type=int, nargs="+", default=[0])
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument("--no-baseline", action="store_true")
    made.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other options")
    return made


def measured(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run and its figures."""
    import paddle_lab
    from paddle_lab.runs.events import read_events

    given = {name: json.loads(value) for name, _, value in (s.partition("=") for s in options.set)}
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        for name in ("DATA", "RUNS"):
            os.environ[f"PADDLE_LAB_{name}_DIR"] = f"{home}/{name.lower()}"
        os.environ["PADDLE_LAB_LANG"] = "en"
        run = paddle_lab.finetune(
            *sources(options, Path(home)),
            task="tag",
            model=options.model,
            limit=options.rows,
            seed=seed,
            threads=options.threads,
            baseline=not options.no_baseline,
            out=home,
            show=False,
            **given,
        )
        state = run.state
        if state.state != "finished":
            sys.exit(f"the run {state.state}: {state.end}")
        report = json.loads((run.folder.report / "report.json").read_text(encoding="utf-8"))
        evaluations = [e for e in read_events(run.folder.events_path) if e["kind"] == "eval"]
    tables = {block["title"]["en"]: block for block in report["blocks"] if "columns" in block}
    beside = tables.get("Beside the baselines", {}).get("rows", [])
    verdicts = [block for block in report["blocks"] if block["type"] == "verdict"]
    result: dict[str, Any] = {
        "seed": seed,
        "f1": round(report["metrics"]["f1"], 4),
        "precision": round(report["metrics"]["precision"], 4),
        "recall": round(report["metrics"]["recall"], 4),
        "evaluated_rows": report["rows"],
        "by_evaluation": [round(event["metrics"]["f1"], 4) for event in evaluations],
        "train_seconds": round((state.end or {}).get("train_seconds", 0), 1),
        "largest_difference": (state.export or {}).get("max_abs_diff"),
        "answers_equal": (state.export or {}).get("answers_equal"),
        "seconds": round(time.monotonic() - started, 1),
        "verdict": verdicts[0]["outcome"] if verdicts else None,
        "said": verdicts[0]["text"]["en"] if verdicts else None,
    }
    for name, row in zip(("crf", "mentions"), beside[1:], strict=False):
        result |= {name: row[1], f"{name}_seconds": row[4]}
    print(json.dumps(result, ensure_ascii=False), flush=True)
    return result


def sources(options: argparse.Namespace, home: Path) -> tuple[str, str]:
    """The training and the dev part: files of a folder, or of the rows of a sample."""
    if Path(options.data).is_dir():
        return f"{options.data}/train.jsonl", f"{options.data}/dev.jsonl"
    from paddle_lab.data.samples import SAMPLES

    dev = SAMPLES.get(options.data).load()["dev"]
    dev = dev.take(range(min(options.dev, len(dev))))
    path = home / "dev.jsonl"
    path.write_text(
        "".join(json.dumps({"text": text, "spans": spans}) + "\n" for text, spans in dev.rows()),
        encoding="utf-8",
    )
    return f"{options.data}:train", str(path)


if __name__ == "__main__":
    main()
