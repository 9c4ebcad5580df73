"""Which of CLUENER's ten types occur in a sentence: several labels for each text, beside TF-IDF.

    python benchmarks/task_multilabel.py --data CLUENER --model m3e-small
    python benchmarks/task_multilabel.py --data CLUENER --model m3e-small --choose 1e-4 3e-4 5e-4

``--data`` holds CLUENER's ``train.jsonl`` and ``dev.jsonl``. Training rows, and 700 others for the
choice of weights and thresholds, are a fixed sample of the training file; figures are of the whole
dev file, which has no part in any choice. ``--choose`` compares learning rates on the 700 rows
alone. TF-IDF with a logistic regression for each type learns from the same rows, with a threshold
chosen on a fifth of them.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from task_runs import beside, own_folders, run_seed, spread

Row = tuple[str, list[str]]

METRICS = ("micro_f1", "macro_f1", "subset_accuracy")
_DEV_ROWS = 700
_SHUFFLE = 42


def main() -> None:
    """Measure, print the table, and write JSON when asked."""
    options = parser().parse_args()
    rows = read_types(options.data / "train.jsonl")
    random.Random(_SHUFFLE).shuffle(rows)
    dev, train = rows[:_DEV_ROWS], rows[_DEV_ROWS : _DEV_ROWS + options.rows]
    common = {"task": "multilabel", "model": options.model, "epochs": options.epochs,
              "max_len": 64, "threads": options.threads}  # fmt: skip
    results = []
    with own_folders():
        if options.choose:
            for lr in options.choose:
                results.append(run_seed(train, dev, seed=1, lr=lr, baseline=False, **common))
                figures = [round(one["micro_f1"], 4) for one in results[-1]["evaluations"]]
                print(f"lr {lr:g}: micro F1 on {len(dev)} held-out rows after each epoch {figures}",
                      flush=True)  # fmt: skip
        else:
            test = read_types(options.data / "dev.jsonl")
            for seed in options.seeds:
                results.append(
                    run_seed(train, dev, seed=seed, test=test, lr=options.lr,
                             baseline=not results, **common)
                )  # fmt: skip
                print(f"seed {seed}: {results[-1]['metrics']}", flush=True)
            first = results[0]
            print(f"\n{options.model}, {len(train)} rows, {first['epochs']:g} epochs, "
                  f"lr {first['lr']:g}; {len(test)} test rows")  # fmt: skip
            for name in METRICS:
                print(f"  {name}: {spread(results, name)}")
            print(f"  training: {[one['train_seconds'] for one in results]} s")
            print(f"  {beside(first['report'])}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--data", type=Path, required=True, help="folder of CLUENER's files")
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--rows", type=int, default=2000, help="training rows")
    made.add_argument("--epochs", type=float, help="otherwise what is advised")
    made.add_argument("--lr", type=float, help="otherwise what is advised")
    made.add_argument("--choose", type=float, nargs="+", help="learning rates to compare")
    made.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    made.add_argument("--threads", type=int, default=0)
    made.add_argument("--json", type=Path, help="where to write the figures")
    return made


def read_types(path: Path) -> list[Row]:
    """Each sentence with the types of its mentions, sorted."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [(row["text"], sorted(row["label"])) for row in rows]


if __name__ == "__main__":
    main()
