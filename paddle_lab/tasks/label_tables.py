"""What a classification's report leaves out, as tables for files: every class and every mistake."""

from __future__ import annotations

from paddle_lab.tasks.api import FileTable
from paddle_lab.tasks.label_report import class_scores, confusion, mistakes
from paddle_lab.tasks.label_scored import Scored

MOST_MISTAKES = 10_000


def tables(scored: Scored) -> dict[str, FileTable]:
    """``mistakes`` (whole texts), ``classes`` and ``confusion``, each a heading and its rows."""
    counts = confusion(scored).tolist()
    scores = zip(scored.labels, class_scores(scored), strict=True)
    fields = ("precision", "recall", "f1", "rows")
    return {
        "mistakes": (
            ("text", "label", "predicted", "probability", "line"),
            [
                (item.text, item.expected, item.answered, item.probability, item.line)
                for item in mistakes(scored, MOST_MISTAKES)
            ],
        ),
        "classes": (
            ("label", *fields),
            [(label, *(item[name] for name in fields)) for label, item in scores],
        ),
        "confusion": (
            ("label \\ predicted", *scored.labels),
            [(label, *row) for label, row in zip(scored.labels, counts, strict=True)],
        ),
    }
