"""Planted label errors: what share of them stands in the first tenth of the rows ranked?

    python benchmarks/label_issues.py
    python benchmarks/label_issues.py --file train.tsv --rows 6000 --share 0.05 --seeds 0 1 2

5 % of 6,000 rows of ``reviews`` get another label; rows are then ranked as ``--label-issues`` ranks
them, by the margin with those that confident learning calls wrong first, beside the mere
probability of the label given (self-confidence) and a random order.

Only the planted errors are counted. The sample has wrong labels of its own, which nobody counted:
they stand in the first ranks too and take the place of planted ones, so that the share is a lower
bound of what is found. For each way, the best that it could reach with that many rows is 100 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from paddle_lab.data import Dataset, read
from paddle_lab.data.dataset import class_order
from paddle_lab.tasks import get_task
from paddle_lab.tasks.confident import find_contradictions
from paddle_lab.tasks.folds import folds_of, out_of_fold
from paddle_lab.tasks.label_scored import indices

TASK = get_task("classify")
_FIRST = 0.1

Ranking = Callable[[np.ndarray, np.ndarray], np.ndarray]


def by_self_confidence(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Rows by the probability of their label, the lowest first."""
    return np.argsort(probabilities[np.arange(len(given)), given], kind="stable")


def by_confident_learning(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Rows as ``--label-issues`` ranks them."""
    return find_contradictions(probabilities, given).order


def at_random(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Any order."""
    return np.random.default_rng(len(given)).permutation(len(given))


RANKINGS: dict[str, Ranking] = {
    "confident learning, by margin": by_confident_learning,
    "self-confidence": by_self_confidence,
    "random": at_random,
}


def planted(data: Dataset, labels: Sequence[str], share: float, seed: int) -> tuple[Dataset, list]:
    """``data`` with so many labels exchanged for another class, and which rows those are."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(data), round(share * len(data)), replace=False)
    given = indices(data.labels, labels)
    given[rows] = (given[rows] + random.integers(1, len(labels), len(rows))) % len(labels)
    return replace(data, targets=[labels[index] for index in given]), rows.tolist()


def shares(data: Dataset, labels: Sequence[str], share: float, seed: int) -> dict[str, float]:
    """For each ranking, the share of planted errors within the first tenth of the rows."""
    wrong, rows = planted(data, labels, share, seed)
    given = indices(wrong.labels, labels)
    fold = folds_of([wrong.key(row) for row in range(len(wrong))], given)
    probabilities = out_of_fold(TASK.features(wrong), given, len(labels), fold)
    assert probabilities is not None
    first = round(_FIRST * len(data))
    return {
        name: float(np.isin(rows, ranking(probabilities, given)[:first]).mean())
        for name, ranking in RANKINGS.items()
    }


def main() -> None:
    """Measure and print."""
    options = parser().parse_args()
    whole = read(TASK, options.file)
    data = whole.take(range(min(options.rows, len(whole))))
    labels = class_order(set(data.labels))
    started = time.monotonic()
    found = [shares(data, labels, options.share, seed) for seed in options.seeds]
    seconds = (time.monotonic() - started) / len(found)
    count = round(options.share * len(data))
    print(f"{options.file}: {len(data)} rows, {len(labels)} classes, {count} planted errors, seeds "
          f"{options.seeds}; {seconds:.1f} s a seed")  # fmt: skip
    print(f"share of the planted errors within the first {round(_FIRST * len(data))} rows ranked:")
    for name in RANKINGS:
        values = [one[name] for one in found]
        each = ", ".join(f"{value:.1%}" for value in values)
        print(f"  {name:32} {np.mean(values):6.1%}   ({each})")


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument(
        "--file", default="reviews", help="a sample, or a file of texts and labels"
    )
    options.add_argument("--rows", type=int, default=6000)
    options.add_argument("--share", type=float, default=0.05)
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return options


if __name__ == "__main__":
    main()
