"""Trying a score: the number on its scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.i18n import T
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.regress.codec import Answer
from paddle_lab.tasks.regress.scale import written
from paddle_lab.tasks.trial import TWO_TEXTS, Bar, Control, Shown, TrialBase, not_right, plain


class RegressTrial(TrialBase):
    """A number."""

    columns = TWO_TEXTS

    def control(self, codec: Codec) -> Control:
        """A number."""
        return Control("number")

    def shown(self, answer: Answer) -> Shown:
        """The number, and where it lies between the ends of the scale."""
        scale = T("{low:g} to {high:g}", "{low:g} 到 {high:g}", low=answer.low, high=answer.high)
        said = written(answer.score, answer.low, answer.high)
        bar = Bar(str(scale), min(1.0, max(0.0, _place(answer))), said, True)
        return Shown(plain(said), float(said), [bar])

    def support(self, answers: Sequence[Answer], answer: Answer) -> list[float]:
        """The share of the scale that lies below each score."""
        return [_place(one) for one in answers]

    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """``score``."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise not_right(value)
        if not math.isfinite(value):
            raise not_right(value)
        return {"score": f"{value:.15g}"}


def _place(answer: Answer) -> float:
    width = answer.high - answer.low
    return (answer.score - answer.low) / width if width > 0 else 0.0
