"""Trying tasks of one label a row: the label with the most probable others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.label_codec import Answer
from paddle_lab.tasks.trial import (
    MOST_BARS,
    TWO_TEXTS,
    Bar,
    Control,
    Shown,
    TrialBase,
    not_right,
    percent,
    plain,
)


class LabelTrial(TrialBase):
    """One of the labels."""

    columns = TWO_TEXTS

    def control(self, codec: Codec) -> Control:
        """One of the labels."""
        return Control("label", codec.to_json()["labels"])

    def shown(self, answer: Answer) -> Shown:
        """The label, and the most probable ones as bars."""
        ranked = list(answer.probabilities.items())[:MOST_BARS]
        bars = [Bar(name, share, percent(share), name == answer.label) for name, share in ranked]
        return Shown(plain(answer.label), answer.label, bars)

    def support(self, answers: Sequence[Answer], answer: Answer) -> list[float]:
        """The probability of the label."""
        return [one.probabilities.get(answer.label, 0.0) for one in answers]

    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """``label``."""
        if value not in control.choices:
            raise not_right(value)
        return {"label": value}
