"""Pairs of texts: the model that reads both beside TF-IDF and beside vectors without training.

    python benchmarks/task_pair.py --train PAIRS.tsv --rows 1499 --model m3e-small
    python benchmarks/task_pair.py --train train.tsv --test dev.tsv --rows 3000 --model m3e-small
    python benchmarks/task_pair.py --train PAIRS.tsv --rows 1499 --choose 5e-5 1e-4 3e-4

Files hold text, text and class between tabs, without a header. The first ``--rows`` rows train, a
tenth of them chooses the weights; figures are of ``--test``, else of the rows that are left.
``--choose`` compares learning rates on that tenth alone. All ways answer the same rows; the
threshold of the cosine comes from training rows.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from pathlib import Path
from typing import Any

from task_runs import own_folders, run_seed

Row = list[str]

METRICS = ("accuracy", "macro F1", "AUC")
_DEV_SHARE = 10
_SHUFFLE = 42


def main() -> None:
    """Measure, print the table, and write JSON when asked."""
    options = parser().parse_args()
    rows = read_pairs(options.train)
    known, rest = rows[: options.rows], rows[options.rows :]
    test = read_pairs(options.test) if options.test else rest
    random.Random(_SHUFFLE).shuffle(known)
    size = len(known) // _DEV_SHARE
    dev, train = known[:size], known[size:]
    common = {"task": "pair", "model": options.model, "epochs": options.epochs, "max_len": 64,
              "metric": options.metric, "threads": options.threads}  # fmt: skip
    results = []
    with own_folders():
        if options.choose:
            for lr in options.choose:
                results.append(run_seed(table(train), table(dev), seed=1, lr=lr, baseline=False,
                                        **common))  # fmt: skip
                auc = [round(one["auc"], 4) for one in results[-1]["evaluations"]]
                f1 = [round(one["macro_f1"], 4) for one in results[-1]["evaluations"]]
                print(f"lr {lr:g}: AUC on {len(dev)} held-out rows {auc}, macro F1 {f1}, "
                      f"{results[-1]['train_seconds']} s", flush=True)  # fmt: skip
        else:
            for seed in range(1, options.seeds + 1):
                results.append(
                    run_seed(table(train), table(dev), seed=seed, test=table(test),
                             lr=options.lr, **common)
                )  # fmt: skip
                print(f"seed {seed}: {ways(results[-1]['report'])}", flush=True)
            summary(results, options, len(train), len(test))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--train", type=Path, required=True, help="file of pairs")
    made.add_argument("--test", type=Path, help="another file of pairs")
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--rows", type=int, default=2000, help="first rows of the file that train")
    made.add_argument("--epochs", type=float, help="otherwise what is advised")
    made.add_argument("--lr", type=float, help="otherwise what is advised")
    made.add_argument("--metric", help="what chooses the weights; otherwise the task's first")
    made.add_argument("--choose", type=float, nargs="+", help="learning rates to compare")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--threads", type=int, default=0)
    made.add_argument("--json", type=Path, help="where to write the figures")
    return made


def read_pairs(path: Path) -> list[Row]:
    """The rows of three cells."""
    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t") for line in lines]
    return [row for row in rows if len(row) == 3 and all(cell.strip() for cell in row)]


def table(rows: list[Row]) -> dict[str, list[str]]:
    """The rows as columns with names."""
    first, second, label = zip(*rows, strict=True)
    return {"sentence1": list(first), "sentence2": list(second), "label": list(label)}


def ways(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The figures of each way by its name, as the report compares them."""
    for block in report["blocks"]:
        if block["type"] == "table" and block["title"]["en"] == "Beside the baseline":
            names = [column["name"]["en"] for column in block["columns"]]
            return {
                str(row[0]): {
                    name: value for name, value in zip(names, row, strict=True)
                    if name in METRICS
                }
                for row in block["rows"]
            }  # fmt: skip
    raise KeyError("the report compares nothing")


def summary(results: list[dict[str, Any]], options: argparse.Namespace, train: int, test: int
            ) -> None:  # fmt: skip
    """Mean and range over the seeds; the other ways do not depend on them."""
    first = results[0]
    print(f"\n{options.model}, {train} rows, {first['epochs']:g} epochs, lr {first['lr']:g}; "
          f"{test} test rows, {len(results)} seeds")  # fmt: skip
    tables = [list(ways(result["report"]).items()) for result in results]
    for place, (name, _) in enumerate(tables[0]):
        print(f"  {name}")
        for metric in METRICS:
            values = [table[place][1][metric] for table in tables]
            print(f"    {metric}: {statistics.fmean(values):.4f} "
                  f"({min(values):.4f} to {max(values):.4f})")  # fmt: skip
    print(f"  training: {[one['train_seconds'] for one in results]} s")
    for block in first["report"]["blocks"]:
        if block["type"] == "verdict":
            print(f"  seed 1: {block['text']['en']}")
        if block["type"] == "advice":
            print("  " + "\n  ".join(item["en"] for item in block["items"]))


if __name__ == "__main__":
    main()
