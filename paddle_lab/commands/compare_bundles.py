"""Versions of a model side by side on rows of one file: ``%ernie_runs compare A B --test FILE``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import T
from paddle_lab.text.numbers import figure
from paddle_lab.views.words import Words, in_order


@dataclass(frozen=True)
class Judged:
    """A bundle by the name that a person gave, with what it answered right of so many rows."""

    name: str
    rows: int
    metrics: Mapping[str, float | None]
    ms_a_row: float


def compare_bundles(names: Sequence[str], test: str) -> Result:
    """Each model on the same rows. Raises UsageError for models of different tasks."""
    judged = _judged(names, test)
    words = Words()
    table = Table([str(T("on {file}", "在 {file} 上", file=test)), *names], beside=True)
    table.add([str(T("rows", "行数")), *(str(one.rows) for one in judged)])
    for key in in_order({key for one in judged for key in one.metrics}, None):
        shown = [figure(key, one.metrics.get(key)) for one in judged]
        table.add([words.name("metric", key), *shown])
    table.add([str(T("ms a row", "每行毫秒")), *(f"{one.ms_a_row:.1f}" for one in judged)])
    return Result(
        table.text(),
        html=table.html(),
        json=[
            {
                "name": one.name,
                "rows": one.rows,
                "metrics": dict(one.metrics),
                "ms_a_row": one.ms_a_row,
            }
            for one in judged
        ],
        value={one.name: dict(one.metrics) for one in judged},
    )


def _judged(names: Sequence[str], test: str) -> list[Judged]:
    from paddle_lab.bundle import load_bundle
    from paddle_lab.bundle.judging import EvaluationRows, evaluated
    from paddle_lab.data import read
    from paddle_lab.tasks import get_task

    found: list[Judged] = []
    tasks: dict[str, str] = {}
    for name in names:
        predictor = load_bundle(name, device="cpu")
        task = get_task(predictor.task)
        tasks[name] = task.name
        if len(set(tasks.values())) > 1:
            raise _other_tasks(tasks)
        columns = predictor.manifest.source.get("columns")
        like: dict[str, Any] = columns if isinstance(columns, dict) else {}
        data = read(task, test, like=like)
        strange = {one for target in data.targets for one in task.counted(target)}
        strange -= set(predictor.labels or strange)
        if strange:
            raise _unknown_labels(name, test, sorted(strange))
        begun = time.perf_counter()
        evaluation = evaluated(predictor, EvaluationRows("test", data))
        took = (time.perf_counter() - begun) / max(1, len(data)) * 1000
        found.append(Judged(name, len(data), task.measure(evaluation), round(took, 3)))
    return found


def _unknown_labels(name: str, test: str, labels: Sequence[str]) -> DataError:
    return DataError(
        T("{file} has labels that {name} does not know.", "{file} 中有 {name} 不认识的标签。",
          file=test, name=name),
        T("They are: {labels}", "它们是：{labels}",
          labels=", ".join(excerpt(one) for one in labels[:5])),
        T("Leave their rows out, or compare models that were trained on them.",
          "请去掉这些行，或比较用这些标签训练过的模型。"),
        code="data.unknown_label",
    )  # fmt: skip


def _other_tasks(tasks: Mapping[str, str]) -> UsageError:
    told = ", ".join(f"{name}: {task}" for name, task in tasks.items())
    return UsageError(
        T("These models are of different tasks.", "这些模型属于不同的任务。"),
        T("{told}", "{told}", told=told),
        T("Compare models of one task.", "请比较同一任务的模型。"),
        code="usage.conflict",
    )
