"""Writes the events of a run as training does, through the same log: for tests of views.

``python run_writer.py FOLDER --steps 200 --pause 0.05`` writes as a process of its own and acts on
requests; imported, it makes run folders at once.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import ProcessMark, Registry, RunFolder, RunSpec
from paddle_lab.tasks import blocks as blocks_

LABELS = ("negative", "positive")


def new_run(root: Path, registry: Path | None = None, **options: Any) -> RunFolder:
    """A registered run folder without events."""
    spec = RunSpec(**{"train": "reviews", "name": "reviews", **options})
    folder = RunFolder.create(spec, root, notebook="lesson.ipynb")
    Registry(registry).add(folder)
    return folder


def step_fields(step: int, total: int) -> dict[str, Any]:
    """A point of a curve that falls, with noise that is the same every time."""
    noise = 0.08 * math.sin(step * 12.9898) * math.cos(step * 4.1)
    return {
        "step": step,
        "epoch": round(3 * step / total, 4),
        "loss": round(0.25 + 0.5 * math.exp(-3 * step / total) + noise, 4),
        "lr": 5e-5 * (1 - step / total),
        "samples_per_s": 410.0 + 10 * math.sin(step),
        "memory_mb": 1210.5,
        "left_s": round((total - step) * 0.05 + 1, 1),
        "share": round(0.1 + 0.8 * step / total, 4),
    }


def report(labels: tuple[str, ...] = LABELS, text: str = "房间很小，但是很干净") -> dict[str, Any]:
    """A report as ``report/report.json`` holds it, with a block of every type."""
    size, columns = len(labels), (("label", "标签", "text"), ("F1", "F1", "number"))
    blocks = [
        blocks_.Verdict("better", T("82.6% ± 2.4, better than {name}", "82.6% ± 2.4，优于 {name}",
                                    name="TF-IDF")),
        blocks_.Metrics([blocks_.Metric("accuracy", 0.826, "percent", 0.024)]),
        blocks_.Advice([T("Train on more rows: --limit 8000", "用更多数据：--limit 8000")]),
        blocks_.Table(
            T("Classes", "各类别"),
            [blocks_.Column(T(en, zh), form) for en, zh, form in columns],
            [[label, 0.8249] for label in labels],
            more=2,
        ),
        blocks_.Matrix(
            T("Confusion", "混淆矩阵"),
            labels,
            [[413 if i == j else 87 for j in range(size)] for i in range(size)],
        ),
        blocks_.Examples(
            T("Worst mistakes", "最严重的错误"),
            [
                blocks_.Sample(f"{text} {n}", labels[0], labels[-1], 0.99 - n / 100, 17 + n)
                for n in range(8)
            ],
        ),
        blocks_.Examples(
            T("Marked texts", "标注文本"),
            [blocks_.Sample(text, marks=[blocks_.Mark(0, 2, "missed", labels[0])])],
        ),
        blocks_.Histogram(
            T("Lengths", "长度"), [0, 32, 64], [900, 100], 128, T("--max-len", "--max-len")
        ),
    ]  # fmt: skip
    metrics = {"accuracy": 0.826, "macro_f1": 0.8254}
    return blocks_.report_json("test", 1000, metrics, blocks)


def old_report(
    labels: tuple[str, ...] = LABELS, text: str = "房间很小，但是很干净"
) -> dict[str, Any]:
    """A report of version 1, as older runs and notebooks hold it."""
    size = len(labels)
    return {
        "split": "test",
        "rows": 1000,
        "metrics": {"accuracy": 0.826, "macro_f1": 0.8254},
        "classes": [
            {"label": label, "precision": 0.82, "recall": 0.83, "f1": 0.8249, "rows": 1000 // size}
            for label in labels
        ],
        "confusion": [[413 if i == j else 87 for j in range(size)] for i in range(size)],
        "labels": list(labels),
        "mistakes": [
            {
                "text": f"{text} {n}",
                "label": labels[0],
                "predicted": labels[-1],
                "probability": 0.99 - n / 100,
                "line": 17 + n,
            }
            for n in range(8)
        ],
        "baseline": {
            "name": "TF-IDF + logistic regression",
            "accuracy": 0.816,
            "macro_f1": 0.8158,
            "seconds": 1.9,
            "beaten": True,
        },
        "advice": [T("Train on more rows: --limit 8000", "用更多数据：--limit 8000").to_json()],
    }


def write_run(
    folder: RunFolder, steps: int = 120, *, pause: float = 0.0, end: bool = True
) -> str | None:
    """Write a run from its first phase to its end; returns the state it ended in, if it did."""
    watcher = folder.watch_requests()
    folder.log_path.write_text("loading the tokenizer\nloading the model\n", encoding="utf-8")
    with folder.open_log() as log:
        mark = ProcessMark.of_this_process().to_json()
        log.append("phase", phase="load", process=mark, share=0.0)
        log.append("phase", phase="data", share=0.05)
        log.append("notice", level="info", code="data", text=T("120 rows", "120 条").to_json())
        log.append("phase", phase="model", done=1, total=2)
        log.append("phase", phase="train", total_steps=steps, epochs=3.0, rows=120)
        paused = stopped = False
        for step in range(1, steps + 1):
            log.append("step", **step_fields(step, steps))
            if step % max(1, steps // 4) == 0:
                accuracy = 0.7 + 0.13 * step / steps - (0.02 if step == steps else 0)
                _evaluate(log, pause)
                _append_eval(log, step, accuracy, best=step < steps)
                log.append("phase", phase="train")
            while True:
                time.sleep(pause)
                for request in watcher.poll():
                    if request.ask == "stop":
                        stopped = True
                        log.append("asked", ask="stop", when=request.when, save=request.save)
                    paused = request.ask == "pause"
                    log.append("phase", phase="paused" if paused else "train")
                if stopped or not paused:
                    break
            if stopped:
                break
        if not end:
            return None
        finish(folder, log, step, "stopped" if stopped else "finished", pause)
    return "stopped" if stopped else "finished"


def finish(folder: RunFolder, log: Any, step: int, state: str, pause: float = 0.0) -> None:
    """Report, export and end; each takes as long as twenty steps."""
    log.append("phase", phase="report", share=0.92, left_s=1.0)
    log.append("progress", share=0.94, left_s=0.8, done=1000, total=1000)
    atomic_write_json(folder.report / "report.json", report())
    time.sleep(20 * pause)
    log.append("phase", phase="verify", share=0.97, left_s=0.5)
    time.sleep(20 * pause)
    log.append(
        "export",
        ok=True,
        bundle=str(folder.bundle),
        rows=32,
        answers_equal=True,
        max_abs_diff=4.8e-7,
        tolerance=1e-4,
        latency_ms={"b1_len64": 2.1, "b32_len64": 24.0},
        size_mb=8.3,
        paddlenlp_in_fresh_process=False,
        error=None,
    )
    log.append(
        "end",
        durable=True,
        state=state,
        step=step,
        kept=T("The best weights are kept.", "已保留最佳权重。").to_json(),
        metrics={"accuracy": 0.826},
        train_seconds=6.0,
    )


def _evaluate(log: Any, pause: float) -> None:
    log.append("phase", phase="evaluate", done=0, total=1728)
    for done in (576, 1152, 1728):
        time.sleep(pause)
        log.append("progress", share=0.1, left_s=None, done=done, total=1728)


def _append_eval(log: Any, step: int, accuracy: float, *, best: bool) -> None:
    metrics = {"accuracy": round(accuracy, 4), "loss": round(1 - accuracy, 4)}
    log.append("eval", step=step, epoch=1.0, split="dev", metrics=metrics, best=best)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--pause", type=float, default=0.05)
    options = parser.parse_args()
    write_run(RunFolder(Path(options.folder)), options.steps, pause=options.pause)


if __name__ == "__main__":
    main()
