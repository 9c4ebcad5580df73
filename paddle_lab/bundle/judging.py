"""How a way to run a bundle's model is judged on evaluation rows, and what is kept of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.bundle.predictor import Predictor
from paddle_lab.bundle.proof import TOLERANCE, compare
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import get_task
from paddle_lab.tasks.api import Evaluation, MetricSpec, Task

if TYPE_CHECKING:
    from paddle_lab.data import Dataset

#: Points of the task's metric that a runtime may lose.
MOST_LOST: Final = 0.5


@dataclass(frozen=True)
class EvaluationRows:
    """The rows that judge: of the part called ``part``, with their targets; the task's options."""

    part: str
    data: Dataset
    options: Any = None


@dataclass(frozen=True)
class RuntimeProof:
    """What was found of one runtime; ``why_not`` says why it was not kept, None when it was.

    ``rows`` evaluation rows were answered; ``answers_equal`` is the share of them with the answer
    of Paddle's program, None of a task that answers with measures; ``max_abs_diff`` is the largest
    difference of their outputs. ``before`` and ``after`` are the ``metric`` with Paddle's program
    and with this one, ``lost`` the difference in points, positive where it got worse. ``ms_alone``
    and ``ms_batched`` are milliseconds a text, one by one and in batches of similar length, on
    ``threads`` of the CPU of this machine.
    """

    runtime: str
    exact: bool
    size_mb: float
    rows: int = 0
    answers_equal: float | None = None
    max_abs_diff: float | None = None
    metric: str | None = None
    before: float | None = None
    after: float | None = None
    lost: float | None = None
    ms_alone: float | None = None
    ms_batched: float | None = None
    threads: int | None = None
    why_not: Text | None = None

    @property
    def kept(self) -> bool:
        """Whether it is in the bundle now."""
        return self.why_not is None

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        content = dataclasses.asdict(self)
        content["why_not"] = None if self.why_not is None else self.why_not.to_json()
        return content


def evaluated(predictor: Predictor, rows: EvaluationRows) -> Evaluation:
    """What the predictor's model says of the rows."""
    windows = predictor.codec.encode(rows.data.given, get_task(predictor.task).long_text)
    outputs = predictor.run(windows)
    return Evaluation(rows.part, rows.data, predictor.codec, windows, outputs, rows.options)


def compared(
    proof: RuntimeProof, task: Task, before: Evaluation, after: Evaluation
) -> RuntimeProof:
    """The proof with outputs, answers and metric of ``after`` against those of ``before``."""
    difference = compare(
        after.codec, after.data.given, after.windows, before.outputs, after.outputs, TOLERANCE
    )
    metric: MetricSpec = task.metrics[0]
    one, other = (task.measure(each)[metric.name] for each in (before, after))
    lost = 100 * (one - other if metric.higher_is_better else other - one)
    return dataclasses.replace(
        proof,
        rows=len(after.data),
        max_abs_diff=difference.largest,
        answers_equal=share_equal(task, before, after),
        metric=metric.name,
        before=one,
        after=other,
        lost=lost,
    )


def loses_too_much(proof: RuntimeProof, most_lost: float) -> Text | None:
    """Why it is not kept: it loses more than ``most_lost`` points; None when it does not."""
    if proof.lost is not None and proof.lost <= most_lost:
        return None
    return T("it loses {lost:.2f} points of {metric}, {most:g} allowed (--max-drop)",
             "{metric} 下降 {lost:.2f} 个百分点，允许 {most:g}（--max-drop）",
             lost=proof.lost if proof.lost is not None else float("nan"),
             metric=proof.metric, most=most_lost)  # fmt: skip


def share_equal(task: Task, before: Evaluation, after: Evaluation) -> float | None:
    """The share of rows with the same answer; None where answers are measures, never equal."""
    answers = [
        [task.beside(answer).get("prediction") for answer in _answers(one)]
        for one in (before, after)
    ]
    if all(type(answer) is float for answer in answers[0]):
        return None
    return float(np.mean([one == other for one, other in zip(*answers, strict=True)]))


def _answers(evaluation: Evaluation) -> Sequence[Any]:
    return evaluation.codec.decode(evaluation.data.given, evaluation.windows, evaluation.outputs)
