"""What distillation buys: a smaller model with a run's labels alone, and with its answers as well.

    python benchmarks/distillation.py                                   # four layers teach two
    python benchmarks/distillation.py --teacher m3e-small --student ernie-lab-mini

For each seed a teacher is trained on the first ``--rows`` reviews of the sample's training part. It
answers the next ``--texts`` ones, whose labels nobody looks at. A student is trained with the
labels alone, for as many steps as with the answers, and with both. The best weights of each are
chosen on the same dev rows; figures are of the same test rows.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from task_runs import own_folders, run_seed, spread

from paddle_lab.commands import Context, distill
from paddle_lab.data import Dataset
from paddle_lab.data.samples import read_sample
from paddle_lab.tasks import get_task


def main() -> None:
    """Train, and print the figures."""
    options = parser().parse_args()
    parts = read_sample("reviews", get_task("classify"))
    found: dict[str, list[dict[str, Any]]] = {"teacher": [], "labels": [], "distilled": []}
    with own_folders() as folder:
        rows, last = options.rows, options.rows + options.texts
        train = write(folder / "train.tsv", parts["train"].take(range(rows)))
        dev = write(folder / "dev.tsv", parts["dev"].take(range(options.evaluated)))
        test = write(folder / "test.tsv", parts["test"].take(range(options.evaluated)))
        texts = folder / "more.txt"
        more = parts["train"].take(range(rows, last)).texts
        texts.write_text("".join(f"{line(text)}\n" for text in more), encoding="utf-8")
        common = {"max_len": options.max_len, "baseline": False, "evals_per_epoch": 1}
        for seed in options.seeds:
            found["teacher"].append(taught(train, dev, test, seed, options, common))
            found["labels"].append(
                run_seed(train, dev, test=test, seed=seed, model=options.student,
                         layers=options.layers, epochs=options.epochs * last / rows, **common)
            )  # fmt: skip
            found["distilled"].append(distilled(texts, seed, options))
            for name, results in found.items():
                print(f"seed {seed}, {name}: {results[-1]['metrics']}, "
                      f"{results[-1]['seconds']} s", flush=True)  # fmt: skip
    print(f"\n{rows} labels, {options.texts} texts, {len(options.seeds)} seeds, "
          f"{options.evaluated} test rows")  # fmt: skip
    for name, results in found.items():
        print(f"  {name}: accuracy {spread(results, 'accuracy')}")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--teacher", default="ernie-lab-mini")
    made.add_argument("--student", default="ernie-lab-mini")
    made.add_argument("--layers", type=int, help="of the student; all when left out")
    made.add_argument("--rows", type=int, default=500, help="labelled rows")
    made.add_argument("--texts", type=int, default=1500, help="texts without labels")
    made.add_argument("--evaluated", type=int, default=800, help="rows of dev, and of test")
    made.add_argument("--epochs", type=float, default=3.0)
    made.add_argument("--max-len", type=int, default=64)
    made.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    return made


def taught(
    train: str, dev: str, test: str, seed: int, options: argparse.Namespace, common: Any
) -> dict[str, Any]:
    """The teacher's figures; its run is the last."""
    from paddle_lab import api

    started = time.perf_counter()
    run = api.finetune(train, dev, test=test, model=options.teacher, epochs=options.epochs,
                       seed=seed, name=f"teacher-{seed}", show=False, **common)  # fmt: skip
    return figures(run, started)


def distilled(texts: Path, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of the student that learnt from the teacher's answers too."""
    layers = [] if options.layers is None else ["--layers", str(options.layers)]
    words = [f"teacher-{seed}", "--texts", str(texts), "--lines", "--student", options.student,
             *layers, "--epochs", str(options.epochs), "--seed", str(seed), "--no-export",
             "--quiet"]  # fmt: skip
    started = time.perf_counter()
    args = distill.build_parser().parse_args(words)
    return figures(distill.execute(args, Context()).value, started)


def figures(run: Any, started: float) -> dict[str, Any]:
    """The metrics of a run that has finished, and the seconds it took."""
    if run.state.state != "finished":
        raise SystemExit(f"the run ended as {run.state.state}: {run.folder.path}")
    metrics = dict(run.report["metrics"])
    return {"metrics": metrics, "seconds": round(time.perf_counter() - started, 1)}


def write(path: Path, rows: Dataset) -> str:
    """The rows as a file; its name."""
    lines = [
        f"{line(text)}\t{label}\n" for text, label in zip(rows.texts, rows.labels, strict=True)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def line(text: str) -> str:
    """A text without what parts lines and columns."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
