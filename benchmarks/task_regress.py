"""Scores of texts: the model beside ridge regression on TF-IDF, on the same rows.

    python benchmarks/task_regress.py
    python benchmarks/task_regress.py --data stars --rows 1000 --seeds 3
    python benchmarks/task_regress.py --data sts-train.tsv --dev sts-dev.tsv --test sts-test.tsv
    python benchmarks/task_regress.py --choose 3e-4 1e-3

``--data`` is a sample of scores or a file. Figures are of the test part, which has no part in any
choice; ``--choose`` compares learning rates on the dev part alone. That the gradients of the one
output are those of Paddle's kernels is held by ``tests/tasks/regress/test_gradients.py``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from task_runs import beside, own_folders, run_seed, spread

METRICS = ("spearman", "pearson", "mae")


def main() -> None:
    """Measure, print the table, and write JSON when asked."""
    options = parser().parse_args()
    common = {"task": "regress", "model": options.model, "epochs": options.epochs,
              "limit": options.rows, "threads": options.threads, "test": options.test,
              "max_len": options.max_len}  # fmt: skip
    results = []
    with own_folders():
        if options.choose:
            for lr in options.choose:
                results.append(
                    run_seed(options.data, options.dev, seed=1, lr=lr, baseline=False, **common)
                )
                figures = [round(one["spearman"], 4) for one in results[-1]["evaluations"]]
                print(f"lr {lr:g}: Spearman on dev after each epoch {figures}, "
                      f"{results[-1]['train_seconds']} s", flush=True)  # fmt: skip
        else:
            for seed in range(1, options.seeds + 1):
                results.append(
                    run_seed(options.data, options.dev, seed=seed, lr=options.lr, **common)
                )
                print(f"seed {seed}: {results[-1]['metrics']}", flush=True)
            first = results[0]
            print(f"\n{options.model} on {options.data}, {first['epochs']:g} epochs, "
                  f"lr {first['lr']:g}, {first['report']['rows']} test rows")  # fmt: skip
            for name in METRICS:
                print(f"  {name}: {spread(results, name)}")
            print(f"  training: {[one['train_seconds'] for one in results]} s")
            print(f"  baseline: {beside(first['report'])}")
            for block in first["report"]["blocks"]:
                if block["type"] == "verdict":
                    print(f"  seed 1: {block['text']['en']}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--data", default="stars", help="a sample of scores, or a file")
    made.add_argument("--dev", help="file; a sample has its own")
    made.add_argument("--test", help="file; a sample has its own")
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--rows", type=int, help="training rows at most")
    made.add_argument("--max-len", type=int, default=128)
    made.add_argument("--epochs", type=float, help="otherwise what is advised")
    made.add_argument("--lr", type=float, help="otherwise what is advised")
    made.add_argument("--choose", type=float, nargs="+", help="learning rates to compare")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--threads", type=int, default=0)
    made.add_argument("--json", type=Path, help="where to write the figures")
    return made


if __name__ == "__main__":
    main()
