"""What a classification's report leaves out, as tables for files: every class and every mistake."""

from __future__ import annotations

from paddle_lab.tasks.api import Evaluation, FileTable
from paddle_lab.tasks.classify.report import class_scores, confusion, mistakes

MOST_MISTAKES = 10_000


def tables(evaluation: Evaluation) -> dict[str, FileTable]:
    """``mistakes`` (whole texts), ``classes`` and ``confusion``, each a heading and its rows."""
    counts = confusion(evaluation).tolist()
    scores = zip(evaluation.labels, class_scores(evaluation), strict=True)
    fields = ("precision", "recall", "f1", "rows")
    return {
        "mistakes": (
            ("text", "label", "predicted", "probability", "line"),
            [
                (item.text, item.expected, item.answered, item.probability, item.line)
                for item in mistakes(evaluation, MOST_MISTAKES)
            ],
        ),
        "classes": (
            ("label", *fields),
            [(label, *(item[name] for name in fields)) for label, item in scores],
        ),
        "confusion": (
            ("label \\ predicted", *evaluation.labels),
            [(label, *row) for label, row in zip(evaluation.labels, counts, strict=True)],
        ),
    }
