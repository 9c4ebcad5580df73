"""Figures of question answering beside the best sentence: ``python benchmarks/task_answer.py``.

    python benchmarks/task_answer.py --data dev.json --model m3e-small --rows 1200 --seeds 0 1

``--data`` is a file in SQuAD's layout. Contexts are taken in the order of a hash: those of the
first ``--questions`` questions are measured on, the best weights are chosen on the next
``--dev``, and the next ``--rows`` questions are trained on, so that no context is on two sides.
Every run is a whole one of the engine: training, report beside
the best sentence by TF-IDF on the same questions, export, proof in a fresh process. One JSON line a
run, then the spread. Options that are not given are those that the task advises.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from task_runs import beside

from paddle_lab.data import Dataset


def main() -> None:
    options = parser().parse_args()
    runs = [measured(options, seed) for seed in options.seeds]
    f1 = [run["f1"] for run in runs]
    print(
        json.dumps(
            {
                "model": options.model,
                "training_questions": runs[0]["training_questions"],
                "steps": runs[0]["steps"],
                "measured_questions": runs[0]["measured_questions"],
                "f1": round(sum(f1) / len(f1), 4),
                "range": [min(f1), max(f1)],
                "em": round(sum(run["em"] for run in runs) / len(runs), 4),
                "best_sentence_f1": runs[0]["best_sentence_f1"],
                "train_seconds": [run["train_seconds"] for run in runs],
                "largest_difference": max(run["largest_difference"] for run in runs),
                "answers_equal": all(run["answers_equal"] for run in runs),
            }
        )
    )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", required=True, help="a file in SQuAD's layout")
    made.add_argument("--model", default="m3e-small")
    made.add_argument("--rows", type=int, default=1200, help="questions to train on")
    made.add_argument(
        "--questions", type=int, default=150, help="questions to measure on, at least"
    )
    made.add_argument("--dev", type=int, default=60, help="questions to choose the weights by")
    made.add_argument("--seeds", type=int, nargs="+", default=[0])
    made.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    made.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other options")
    return made


def divided(path: str, *counts: int) -> list[Dataset]:
    """Parts of at least so many questions, by whole contexts."""
    from paddle_lab.data.read import read
    from paddle_lab.data.split import content_hash
    from paddle_lab.tasks import get_task

    data = read(get_task("answer"), path, skip_bad=True)
    assert data.groups is not None
    by_group: dict[str, list[int]] = {}
    for index, group in enumerate(data.groups):
        by_group.setdefault(group, []).append(index)
    order = sorted(by_group, key=lambda group: content_hash(group, "benchmark"))
    parts: list[list[int]] = []
    groups = iter(order)
    for count in counts:
        part: list[int] = []
        while len(part) < count and (group := next(groups, None)) is not None:
            part += by_group[group]
        parts.append(part)
    return [data.take(part) for part in parts]


def as_rows(data: Dataset) -> list[dict[str, Any]]:
    """Rows as a table gives them."""
    return [
        {"question": question, "context": context, "answer": target}
        for question, context, target in data.rows()
    ]


def measured(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run and its figures."""
    import paddle_lab

    given = {name: json.loads(value) for name, _, value in (s.partition("=") for s in options.set)}
    started, used = time.monotonic(), time.process_time()
    test, dev, train = divided(options.data, options.questions, options.dev, options.rows)
    with tempfile.TemporaryDirectory() as home:
        for name in ("DATA", "RUNS"):
            os.environ[f"PADDLE_LAB_{name}_DIR"] = f"{home}/{name.lower()}"
        os.environ["PADDLE_LAB_LANG"] = "en"
        run = paddle_lab.finetune(
            as_rows(train),
            as_rows(dev),
            test=as_rows(test),
            task="answer",
            model=options.model,
            seed=seed,
            threads=options.threads,
            out=home,
            show=False,
            **given,
        )
        state = run.state
        if state.state != "finished":
            sys.exit(f"the run {state.state}: {state.end}")
        report = run.report
        assert report is not None
        spec = run.folder.spec()
        result: dict[str, Any] = {
            "seed": seed,
            "training_questions": len(train),
            "measured_questions": report["rows"],
            "codec": json.loads((run.folder.path / "bundle/manifest.json").read_text("utf-8"))[
                "codec"
            ],
            "steps": state.total_steps,
            "batch_size": spec.batch_size,
            "epochs": spec.epochs,
            "lr": spec.lr,
            "max_len": spec.max_len,
            "f1": round(report["metrics"]["f1"], 4),
            "em": round(report["metrics"]["em"], 4),
            "by_evaluation": [round(event["metrics"]["f1"], 4) for event in state.evals],
            "best_sentence_f1": round(beside(report)["F1"], 4),
            "verdict": report["blocks"][0]["outcome"],
            "said": report["blocks"][0]["text"]["en"],
            "train_seconds": round((state.end or {})["train_seconds"], 1),
            "largest_difference": (state.export or {})["max_abs_diff"],
            "answers_equal": (state.export or {})["answers_equal"],
            "proved_rows": (state.export or {})["rows"],
            "seconds": round(time.monotonic() - started, 1),
            "cpu_seconds": round(time.process_time() - used, 1),
        }
    print(json.dumps(result, ensure_ascii=False), flush=True)
    return result


if __name__ == "__main__":
    main()
