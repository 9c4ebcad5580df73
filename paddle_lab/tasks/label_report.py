"""Blocks of a report on rows of one label each: classes, confusion, mistakes.

A report goes into the saved notebook, so it is bounded: at most 30 classes, those with most
mistakes, 20 mistakes, short texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.blocks import Column, Matrix, Sample, Table
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.label_scored import Scored
from paddle_lab.tasks.scores import softmax
from paddle_lab.text.short import cut

MOST_CLASSES: Final = 30
MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 200
WIDEST_MATRIX: Final = 20
_LABEL_CHARACTERS: Final = 40


def confusion_matrices(scored: Scored, counts: IntArray) -> list[Matrix]:
    """The matrix of the counts [labels, labels], where it is not too wide to be read."""
    if not 0 < len(counts) <= WIDEST_MATRIX:
        return []
    return [
        Matrix(
            T("Confusion (rows: true, columns: predicted)", "混淆矩阵（行：真实，列：预测）"),
            [cut(label, _LABEL_CHARACTERS) for label in scored.labels],
            counts.tolist(),
        )
    ]


def classes_table(scored: Scored, counts: IntArray) -> Table:
    """Precision, recall and F1 of the classes; of many, those that take part in most mistakes."""
    scores = class_scores(scored)
    shown = _shown_classes(counts)
    return Table(
        T("Classes", "各类别"),
        [
            Column(T("label", "标签")),
            Column(T("precision", "精确率"), "percent"),
            Column(T("recall", "召回率"), "percent"),
            Column(T("F1", "F1"), "percent"),
            Column(T("rows", "条数"), "count"),
        ],
        [list(scores[index].values()) for index in shown],
        more=len(scores) - len(shown),
    )


def confusion(scored: Scored) -> IntArray:
    """Counts [labels, labels]: rows are the right classes, columns the predicted ones."""
    from sklearn.metrics import confusion_matrix

    table: IntArray = confusion_matrix(
        scored.gold,
        scored.predicted,
        labels=np.arange(len(scored.labels)),
    )
    return table


def class_scores(scored: Scored) -> list[dict[str, Any]]:
    """Precision, recall, F1 and rows of every class, in the labels' order.

    0 where undefined; None for a class without rows, of which nothing is known.
    """
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        scored.gold,
        scored.predicted,
        labels=np.arange(len(scored.labels)),
        zero_division=0.0,
    )
    return [
        {
            "label": cut(label, _LABEL_CHARACTERS),
            "precision": round(float(precision), 4) if rows else None,
            "recall": round(float(recall), 4) if rows else None,
            "f1": round(float(f1), 4) if rows else None,
            "rows": int(rows),
        }
        for label, precision, recall, f1, rows in zip(scored.labels, *columns, strict=True)
    ]


def mistakes(scored: Scored, most: int | None = None) -> list[Sample]:
    """Rows that the model got wrong, the most confident first, with their whole text."""
    chances = softmax(scored.logits).astype(np.float32)
    predicted = scored.predicted
    wrong = np.flatnonzero(predicted != scored.gold)
    order = wrong[np.argsort(-chances[wrong, predicted[wrong]], kind="stable")][:most]
    return [
        Sample(
            scored.texts[row],
            scored.labels[scored.gold[row]],
            scored.labels[predicted[row]],
            round(float(chances[row, predicted[row]]), 4),
            scored.lines[row],
            row=row,
        )
        for row in order.tolist()
    ]


def brief_mistake(mistake: Sample) -> Sample:
    """A mistake with its text and labels cut short."""
    return Sample(
        cut(mistake.text, MOST_CHARACTERS),
        cut(mistake.expected or "", _LABEL_CHARACTERS),
        cut(mistake.answered or "", _LABEL_CHARACTERS),
        mistake.probability,
        mistake.line,
        row=mistake.row,
    )


def _shown_classes(table: IntArray) -> Sequence[int]:
    """Indices of the classes to show, in the order of the labels."""
    if len(table) <= MOST_CLASSES:
        return range(len(table))
    wrong = table.sum(axis=0) + table.sum(axis=1) - 2 * table.diagonal()
    worst = np.argsort(-wrong, kind="stable")[:MOST_CLASSES]
    return sorted(worst.tolist())
