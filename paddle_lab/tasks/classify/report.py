"""The report of a classification: verdict, figures, advice, classes, confusion, worst mistakes.

A report goes into the saved notebook, so it is bounded: at most 30 classes, those with most
mistakes, 20 mistakes, short texts. The files beside it hold everything
(:mod:`paddle_lab.tasks.label_tables`).
"""

from __future__ import annotations

from collections.abc import Mapping

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import (
    FINE_TUNED,
    MISTAKES,
    Advice,
    Block,
    Column,
    Examples,
    Metric,
    Metrics,
    Table,
)
from paddle_lab.tasks.classify.advice import advise
from paddle_lab.tasks.label_report import (
    MOST_MISTAKES,
    brief_mistake,
    classes_table,
    confusion,
    confusion_matrices,
    mistakes,
)
from paddle_lab.tasks.label_scored import Scored
from paddle_lab.tasks.scores import macro_f1
from paddle_lab.tasks.verdict import margin, verdict


def build_report(
    scored: Scored,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report.

    With more than 30 classes the table shows the 30 that take part in most mistakes; with more
    than 20 there is no confusion matrix (``confusion.csv`` holds it).
    """
    training = training or Training("accuracy")
    counts = confusion(scored)
    right = scored.predicted == scored.gold
    blocks: list[Block] = []
    said = None
    if baseline is not None and len(right):
        said = verdict(right, baseline.answers == scored.gold, baseline.called)
        blocks.append(said)
    blocks.append(_metrics(metrics, len(right)))
    outcome = None if said is None else said.outcome
    advice = advise(scored, metrics, counts, outcome, baseline, training)
    if advice:
        blocks.append(Advice(advice))
    if baseline is not None:
        blocks.append(_beside(scored, metrics, baseline))
    blocks.append(classes_table(scored, counts))
    blocks += confusion_matrices(scored, counts)
    worst = mistakes(scored, MOST_MISTAKES)
    if worst:
        blocks.append(
            Examples(
                T("Worst mistakes", "最严重的错误"),
                [brief_mistake(item) for item in worst],
                MISTAKES,
            )
        )
    return blocks


def _metrics(metrics: Mapping[str, float], rows: int) -> Metrics:
    return Metrics(
        [
            Metric(
                name,
                value,
                "number" if name == "loss" else "percent",
                margin(value, rows) if name == "accuracy" else None,
            )
            for name, value in metrics.items()
        ]
    )


def _beside(scored: Scored, metrics: Mapping[str, float], baseline: Baseline) -> Table:
    """The baseline's figures under the model's, on the same rows."""
    from sklearn.metrics import accuracy_score

    other = (
        round(float(accuracy_score(scored.gold, baseline.answers)), 6),
        round(macro_f1(scored.gold, baseline.answers), 6),
    )
    own = (round(metrics["accuracy"], 6), round(metrics["macro_f1"], 6))
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("accuracy", "准确率"), "percent"),
            Column(T("macro F1", "宏平均 F1"), "percent"),
            Column(T("seconds", "秒"), "amount"),
        ],
        [[FINE_TUNED, *own, None], [baseline.name, *other, baseline.seconds]],
    )
