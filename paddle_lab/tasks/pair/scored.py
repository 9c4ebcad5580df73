"""An evaluation of pairs as a classifier sees it."""

from __future__ import annotations

from typing import Final

import numpy as np

from paddle_lab.tasks.api import Evaluation
from paddle_lab.tasks.blocks import Sample
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.label_scored import Scored, indices
from paddle_lab.tasks.pair_columns import TEXT, TEXT2
from paddle_lab.tasks.scores import softmax
from paddle_lab.text.short import cut

#: What stands between the two texts of a pair where they are shown in one line.
BETWEEN: Final = " || "
_LABEL_CHARACTERS: Final = 40


def scored_pairs(evaluation: Evaluation) -> Scored:
    """The evaluation of a :class:`~paddle_lab.tasks.pair.codec.PairCodec`, pairs as one text."""
    labels = list(evaluation.codec.to_json()["labels"])
    data = evaluation.data
    return Scored(
        evaluation.split,
        [one + BETWEEN + other for one, other in zip(data.given[TEXT], data.given[TEXT2],
                                                     strict=True)],
        data.lines,
        indices(data.labels, labels),
        evaluation.outputs["logits"],
        labels,
    )  # fmt: skip


def mistaken(scored: Scored, most: int) -> IntArray:
    """Rows that were answered wrongly, the most confident first."""
    chances = softmax(scored.logits).astype(np.float32).max(axis=1)
    wrong = np.flatnonzero(scored.predicted != scored.gold)
    order: IntArray = wrong[np.argsort(-chances[wrong], kind="stable")][:most]
    return order


def mistake(evaluation: Evaluation, scored: Scored, row: int, characters: int) -> Sample:
    """A wrong answer with both texts, each cut to so many characters."""
    given = evaluation.data.given
    shown = (cut(given[role][row], characters) for role in (TEXT, TEXT2))
    chance = softmax(scored.logits[[row]])[0, scored.predicted[row]]
    return Sample(
        BETWEEN.join(shown),
        cut(scored.labels[scored.gold[row]], _LABEL_CHARACTERS),
        cut(scored.labels[scored.predicted[row]], _LABEL_CHARACTERS),
        round(float(chance), 4),
        scored.lines[row],
        row=int(row),
    )
