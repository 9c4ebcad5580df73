"""What the report leaves out, as tables for files: every label, confusion and mistake."""

from __future__ import annotations

from typing import Final

from paddle_lab.tasks.api import FileTable
from paddle_lab.tasks.multilabel.report import confusions, label_scores, mistakes
from paddle_lab.tasks.multilabel.scored import Scored

MOST_MISTAKES: Final = 10_000


def tables(scored: Scored) -> dict[str, FileTable]:
    """``mistakes`` (whole texts), ``labels`` and ``confusions``, each a heading and its rows."""
    return {
        "mistakes": (
            ("text", "labels", "predicted", "line"),
            [
                (item.text, item.expected, item.answered, item.line)
                for item in mistakes(scored, MOST_MISTAKES)
            ],
        ),
        "labels": (
            ("label", "precision", "recall", "f1", "rows", "given", "threshold"),
            label_scores(scored),
        ),
        "confusions": (("missed", "given wrongly", "rows"), confusions(scored)),
    }
