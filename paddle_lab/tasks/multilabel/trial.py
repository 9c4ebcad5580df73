"""Trying several labels: those that hold, and the probability of each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.i18n import T
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.multilabel.codec import Answer
from paddle_lab.tasks.trial import (
    MOST_BARS,
    Bar,
    Control,
    Shown,
    TrialBase,
    not_right,
    percent,
    plain,
)


class MultiLabelTrial(TrialBase):
    """Any of the labels."""

    def control(self, codec: Codec) -> Control:
        """Any of the labels."""
        return Control("labels", codec.to_json()["labels"])

    def shown(self, answer: Answer) -> Shown:
        """The labels that hold, and the most probable ones as bars."""
        held = set(answer.labels)
        ranked = [
            (name, share)
            for place, (name, share) in enumerate(answer.probabilities.items())
            if place < MOST_BARS or name in held
        ]
        bars = [Bar(name, share, percent(share), name in held) for name, share in ranked]
        said = plain(", ".join(answer.labels)) if held else T("no label", "没有标签")
        return Shown(said, answer.labels, bars)

    def support(self, answers: Sequence[Answer], answer: Answer) -> list[float]:
        """The mean probability of the labels that hold; with none, that the likeliest does not."""
        names = answer.labels
        if not names:
            return [1 - max(one.probabilities.values(), default=0.0) for one in answers]
        return [
            sum(one.probabilities.get(name, 0.0) for name in names) / len(names) for one in answers
        ]

    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """``label``: a JSON list, whatever separates labels in the training data."""
        if not isinstance(value, list) or not all(one in control.choices for one in value):
            raise not_right(value)
        return {"label": json.dumps(value, ensure_ascii=False)}
