"""News headlines in ten classes (THUCNews form): ``classify`` on short texts, beside TF-IDF.

    python benchmarks/task_news.py --data THUCNEWS --model m3e-small
    python benchmarks/task_news.py --data THUCNEWS --model m3e-small --choose 5e-5 1e-4 2e-4 3e-4

``--data`` holds ``dev.txt`` (taken for training: 10,000 headlines), ``test.txt`` and ``class.txt``,
which names the classes. Weights are chosen on 1,000 rows of ``test.txt``, figures are of the
others. ``--choose`` compares learning rates on the last 1,500 rows of ``dev.txt`` alone.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from task_runs import beside, own_folders, run_seed, spread

_DEV_ROWS, _CHOOSING = 1000, 1500
_SHUFFLE = 42


def main() -> None:
    """Measure, print the table, and write JSON when asked."""
    options = parser().parse_args()
    rows = shuffled(options.data / "dev.txt")
    others = shuffled(options.data / "test.txt")
    names = str(options.data / "class.txt")
    common = {"task": "classify", "model": options.model, "epochs": options.epochs, "max_len": 64,
              "threads": options.threads, "extra": {"label_names": names}}  # fmt: skip
    results = []
    with own_folders() as folder:
        if options.choose:
            train = write(folder / "train.txt", rows[: options.rows][:-_CHOOSING])
            dev = write(folder / "held.txt", rows[-_CHOOSING:])
            for lr in options.choose:
                results.append(run_seed(train, dev, seed=1, lr=lr, baseline=False, **common))
                figures = [round(one["accuracy"], 4) for one in results[-1]["evaluations"]]
                print(f"lr {lr:g}: accuracy on {_CHOOSING} held-out rows after each epoch "
                      f"{figures}", flush=True)  # fmt: skip
        else:
            train = write(folder / "train.txt", rows[: options.rows])
            dev = write(folder / "dev.txt", others[:_DEV_ROWS])
            test = write(folder / "test.txt", others[_DEV_ROWS:])
            for seed in options.seeds:
                results.append(run_seed(train, dev, seed=seed, test=test, lr=options.lr,
                                        baseline=not results, **common))  # fmt: skip
                print(f"seed {seed}: {results[-1]['metrics']}", flush=True)
            first = results[0]
            print(f"\n{options.model}, {options.rows} rows, {first['epochs']:g} epochs, "
                  f"lr {first['lr']:g}; {len(others) - _DEV_ROWS} test rows")  # fmt: skip
            print(f"  accuracy: {spread(results, 'accuracy')}")
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
    made.add_argument("--data", type=Path, required=True, help="folder of the headlines")
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--rows", type=int, default=10_000, help="training rows")
    made.add_argument("--epochs", type=float, default=2.0)
    made.add_argument("--lr", type=float, help="otherwise what is advised")
    made.add_argument("--choose", type=float, nargs="+", help="learning rates to compare")
    made.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    made.add_argument("--threads", type=int, default=0)
    made.add_argument("--json", type=Path, help="where to write the figures")
    return made


def shuffled(path: Path) -> list[str]:
    """The lines of a file in an order of their own."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(_SHUFFLE).shuffle(lines)
    return lines


def write(path: Path, lines: list[str]) -> str:
    """The lines as a file, and its name."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
