"""Which learning rate suits short fine-tunings of reviews: what the advice of classify rests on.

    python benchmarks/classify_rates.py --model m3e-small --lr 5e-5 1e-4 2e-4

2,000 reviews of the sample (their first 200 characters, 96 tokens), one epoch, accuracy on 800
reviews of its dev part. ``task_news.py --choose`` does the same for headlines.
"""

from __future__ import annotations

import argparse

from task_runs import own_folders, run_seed

from paddle_lab.data.samples.reviews import Review, load_reviews

_CHARACTERS, _TOKENS = 200, 96


def main() -> None:
    """Measure and print one line for each rate."""
    options = parser().parse_args()
    reviews = load_reviews()
    train, dev = pairs(reviews.train[: options.rows]), pairs(reviews.dev[:800])
    with own_folders():
        for lr in options.lr:
            result = run_seed(
                train, dev, seed=1, lr=lr, task="classify", model=options.model,
                epochs=options.epochs, max_len=_TOKENS, threads=options.threads,
                baseline=False, evals_per_epoch=1,
            )  # fmt: skip
            figures = [round(one["accuracy"], 4) for one in result["evaluations"]]
            print(f"lr {lr:g}: accuracy on {len(dev)} held-out reviews {figures}", flush=True)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--model", default="ernie-lab-mini")
    made.add_argument("--lr", type=float, nargs="+", default=[5e-5, 1e-4, 2e-4, 3e-4])
    made.add_argument("--rows", type=int, default=2000)
    made.add_argument("--epochs", type=float, default=1.0)
    made.add_argument("--threads", type=int, default=0)
    return made


def pairs(reviews: list[Review]) -> list[tuple[str, str]]:
    """Texts and labels, long texts cut as the model would."""
    return [(review.text[:_CHARACTERS], review.label) for review in reviews]


if __name__ == "__main__":
    main()
