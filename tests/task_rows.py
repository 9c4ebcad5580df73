"""A small file of real rows for any task that has a sample, for tests and benchmarks that train."""

from __future__ import annotations

import json
from pathlib import Path

from paddle_lab.data.samples import SAMPLES
from paddle_lab.tasks import get_task


def tasks_with_rows() -> list[str]:
    """The tasks that have a sample."""
    return sorted({sample.task for sample in SAMPLES})


def write_task_rows(task: str, path: Path, rows: int) -> Path:
    """The first rows of the task's sample as JSON lines, its roles as keys."""
    sample = next(sample for sample in SAMPLES if sample.task == task)
    part = sample.load()["train"]
    part = part.take(range(min(rows, len(part))))
    names = [*part.given, get_task(task).target.name]
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in part.rows()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
