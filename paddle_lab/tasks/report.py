"""The evaluation report: scores by class, confusion, worst mistakes, the baseline, advice.

A report goes into the saved notebook, so it is bounded: at most 30 classes, those with most
mistakes, 20 mistakes, short texts. The files beside it hold everything
(:mod:`paddle_lab.tasks.files`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from paddle_lab.tasks.advice import advise
from paddle_lab.tasks.base import Evaluation, IntArray, Training
from paddle_lab.tasks.baseline import Baseline
from paddle_lab.tasks.classify import probabilities

MOST_CLASSES: Final = 30
MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 200
_LABEL_CHARACTERS: Final = 40


def build_report(
    evaluation: Evaluation,
    metrics: dict[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> dict[str, Any]:
    """The report as ``schema.json`` has it, and ``classes_total``: how many classes there are.

    With more than 30 classes, ``classes``, ``labels`` and ``confusion`` show the 30 that take part
    in most mistakes.
    """
    training = training or Training()
    table = confusion(evaluation)
    scores = class_scores(evaluation)
    shown = _shown_classes(table)
    compared = _compare(evaluation, metrics, baseline, training.metric)
    return {
        "split": evaluation.split,
        "rows": len(evaluation.gold),
        "metrics": {name: round(value, 6) for name, value in metrics.items()},
        "classes": [scores[i] for i in shown],
        "classes_total": len(evaluation.labels),
        "confusion": table[np.ix_(shown, shown)].tolist(),
        "labels": [shortened(evaluation.labels[i], _LABEL_CHARACTERS) for i in shown],
        "mistakes": [_brief(mistake) for mistake in mistakes(evaluation, MOST_MISTAKES)],
        "baseline": compared,
        "advice": [
            text.to_json()
            for text in advise(evaluation, metrics, table, compared, baseline, training)
        ],
    }


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


def mistakes(evaluation: Evaluation, most: int | None = None) -> list[dict[str, Any]]:
    """Rows that the model got wrong, the most confident first, with their whole text."""
    chances = probabilities(evaluation.logits)
    predicted = evaluation.logits.argmax(axis=1)
    wrong = np.flatnonzero(predicted != evaluation.gold)
    order = wrong[np.argsort(-chances[wrong, predicted[wrong]], kind="stable")][:most]
    return [
        {
            "text": evaluation.texts[row],
            "label": evaluation.labels[evaluation.gold[row]],
            "predicted": evaluation.labels[predicted[row]],
            "probability": round(float(chances[row, predicted[row]]), 4),
            "line": evaluation.lines[row],
        }
        for row in order.tolist()
    ]


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _brief(mistake: dict[str, Any]) -> dict[str, Any]:
    return {
        **mistake,
        "text": shortened(mistake["text"], MOST_CHARACTERS),
        "label": shortened(mistake["label"], _LABEL_CHARACTERS),
        "predicted": shortened(mistake["predicted"], _LABEL_CHARACTERS),
    }


def _shown_classes(table: IntArray) -> list[int]:
    """Indices of the classes to show, in the order of the labels."""
    if len(table) <= MOST_CLASSES:
        return list(range(len(table)))
    wrong = table.sum(axis=0) + table.sum(axis=1) - 2 * table.diagonal()
    worst = np.argsort(-wrong, kind="stable")[:MOST_CLASSES]
    return sorted(worst.tolist())


def _compare(
    evaluation: Evaluation, metrics: dict[str, float], baseline: Baseline | None, metric: str
) -> dict[str, Any] | None:
    """The baseline's figures; beaten means: strictly better by the metric that counts."""
    from sklearn.metrics import accuracy_score, f1_score

    if baseline is None:
        return None
    found = {
        "accuracy": round(float(accuracy_score(evaluation.gold, baseline.predicted)), 6),
        "macro_f1": round(
            float(
                f1_score(evaluation.gold, baseline.predicted, average="macro", zero_division=0.0)
            ),
            6,
        ),
    }
    counts = metric if metric in found else "accuracy"
    return {
        "name": baseline.name,
        **found,
        "seconds": baseline.seconds,
        "beaten": bool(round(metrics[counts], 6) > found[counts]),
    }
