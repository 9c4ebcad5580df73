"""Trying spans: those that were found, marked in the text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.i18n import T
from paddle_lab.tasks.blocks import Mark
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.tag.codec import Answer
from paddle_lab.tasks.trial import Control, Shown, TrialBase, not_right, plain


class TagTrial(TrialBase):
    """Spans of the text."""

    def control(self, codec: Codec) -> Control:
        """Spans, each of one of the types."""
        return Control("spans", codec.to_json()["types"], "text")

    def shown(self, answer: Answer) -> Shown:
        """The spans, in words and as marks."""
        spans = answer.spans
        said = plain(", ".join(f"{span.text} ({span.label})" for span in spans))
        return Shown(
            said if spans else T("no span", "没有片段"),
            [[span.start, span.end, span.label] for span in spans],
            marks={"text": [Mark(span.start, span.end, "right", span.label) for span in spans]},
        )

    def support(self, answers: Sequence[Answer], answer: Answer) -> list[float] | None:
        """The share of the spans that are found again, wherever they stand then."""
        if not answer.spans:
            return None
        wanted = _found(answer)
        return [(wanted & _found(one)).total() / wanted.total() for one in answers]

    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """``spans``: a JSON list of ``[start, end, type]``."""
        text = given[control.of]
        if not isinstance(value, list):
            raise not_right(value)
        for span in value:
            if not isinstance(span, list) or len(span) != 3 or span[2] not in control.choices:
                raise not_right(span)
            start, end = span[:2]
            if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
                raise not_right(span)
        return {"spans": json.dumps(sorted(value), ensure_ascii=False)}


def _found(answer: Answer) -> Counter[tuple[str, str]]:
    return Counter((span.label, span.text) for span in answer.spans)
