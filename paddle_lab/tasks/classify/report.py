"""The report of a classification: verdict, figures, advice, classes, confusion, worst mistakes.

A report goes into the saved notebook, so it is bounded: at most 30 classes, those with most
mistakes, 20 mistakes, short texts. The files beside it hold everything
(:mod:`paddle_lab.tasks.classify.tables`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, Evaluation, IntArray, Training
from paddle_lab.tasks.blocks import (
    Advice,
    Block,
    Column,
    Examples,
    Matrix,
    Metric,
    Metrics,
    Sample,
    Table,
)
from paddle_lab.tasks.classify.advice import advise
from paddle_lab.tasks.classify.scores import macro_f1, probabilities
from paddle_lab.tasks.verdict import margin, verdict

MOST_CLASSES: Final = 30
MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 200
WIDEST_MATRIX: Final = 20
_LABEL_CHARACTERS: Final = 40


def build_report(
    evaluation: Evaluation,
    metrics: dict[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report.

    With more than 30 classes the table shows the 30 that take part in most mistakes; with more
    than 20 there is no confusion matrix (``confusion.csv`` holds it).
    """
    training = training or Training()
    counts = confusion(evaluation)
    right = evaluation.logits.argmax(axis=1) == evaluation.gold
    blocks: list[Block] = []
    said = None
    if baseline is not None and len(right):
        said = verdict(right, baseline.predicted == evaluation.gold, baseline.name)
        blocks.append(said)
    blocks.append(_metrics(metrics, len(right)))
    outcome = None if said is None else said.outcome
    advice = advise(evaluation, metrics, counts, outcome, baseline, training)
    if advice:
        blocks.append(Advice(advice))
    if baseline is not None:
        blocks.append(_beside(evaluation, metrics, baseline))
    blocks.append(_classes(evaluation, counts))
    if 0 < len(counts) <= WIDEST_MATRIX:
        blocks.append(
            Matrix(
                T("Confusion (rows: true, columns: predicted)", "混淆矩阵（行：真实，列：预测）"),
                [shortened(label, _LABEL_CHARACTERS) for label in evaluation.labels],
                counts.tolist(),
            )
        )
    worst = mistakes(evaluation, MOST_MISTAKES)
    if worst:
        blocks.append(
            Examples(T("Worst mistakes", "最严重的错误"), [_brief(item) for item in worst])
        )
    return blocks


def _metrics(metrics: dict[str, float], rows: int) -> Metrics:
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


def _beside(evaluation: Evaluation, metrics: dict[str, float], baseline: Baseline) -> Table:
    """The baseline's figures under the model's, on the same rows."""
    from sklearn.metrics import accuracy_score

    other = (
        round(float(accuracy_score(evaluation.gold, baseline.predicted)), 6),
        round(macro_f1(evaluation.gold, baseline.predicted), 6),
    )
    own = (round(metrics["accuracy"], 6), round(metrics["macro_f1"], 6))
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("accuracy", "准确率"), "percent"),
            Column(T("macro F1", "宏平均 F1"), "percent"),
            Column(T("seconds", "秒"), "number"),
        ],
        [["fine-tuned / 微调", *own, None], [baseline.name, *other, baseline.seconds]],
    )


def _classes(evaluation: Evaluation, counts: IntArray) -> Table:
    scores = class_scores(evaluation)
    shown = _shown_classes(counts)
    return Table(
        T("Classes", "各类别"),
        [
            Column(T("label", "标签")),
            Column(T("precision", "精确率"), "number"),
            Column(T("recall", "召回率"), "number"),
            Column(T("F1", "F1"), "number"),
            Column(T("rows", "条数"), "count"),
        ],
        [list(scores[index].values()) for index in shown],
        more=len(scores) - len(shown),
    )


def confusion(evaluation: Evaluation) -> IntArray:
    """Counts [labels, labels]: rows are the right classes, columns the predicted ones."""
    from sklearn.metrics import confusion_matrix

    table: IntArray = confusion_matrix(
        evaluation.gold,
        evaluation.logits.argmax(axis=1),
        labels=np.arange(len(evaluation.labels)),
    )
    return table


def class_scores(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Precision, recall, F1 (0 where undefined) and rows of every class, in the labels' order."""
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        evaluation.gold,
        evaluation.logits.argmax(axis=1),
        labels=np.arange(len(evaluation.labels)),
        zero_division=0.0,
    )
    return [
        {
            "label": shortened(label, _LABEL_CHARACTERS),
            "precision": round(float(precision), 4),
            "recall": round(float(recall), 4),
            "f1": round(float(f1), 4),
            "rows": int(rows),
        }
        for label, precision, recall, f1, rows in zip(evaluation.labels, *columns, strict=True)
    ]


def mistakes(evaluation: Evaluation, most: int | None = None) -> list[Sample]:
    """Rows that the model got wrong, the most confident first, with their whole text."""
    chances = probabilities(evaluation.logits)
    predicted = evaluation.logits.argmax(axis=1)
    wrong = np.flatnonzero(predicted != evaluation.gold)
    order = wrong[np.argsort(-chances[wrong, predicted[wrong]], kind="stable")][:most]
    return [
        Sample(
            evaluation.texts[row],
            evaluation.labels[evaluation.gold[row]],
            evaluation.labels[predicted[row]],
            round(float(chances[row, predicted[row]]), 4),
            evaluation.lines[row],
        )
        for row in order.tolist()
    ]


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _brief(mistake: Sample) -> Sample:
    return Sample(
        shortened(mistake.text, MOST_CHARACTERS),
        shortened(mistake.expected or "", _LABEL_CHARACTERS),
        shortened(mistake.answered or "", _LABEL_CHARACTERS),
        mistake.probability,
        mistake.line,
    )


def _shown_classes(table: IntArray) -> Sequence[int]:
    """Indices of the classes to show, in the order of the labels."""
    if len(table) <= MOST_CLASSES:
        return range(len(table))
    wrong = table.sum(axis=0) + table.sum(axis=1) - 2 * table.diagonal()
    worst = np.argsort(-wrong, kind="stable")[:MOST_CLASSES]
    return sorted(worst.tolist())
