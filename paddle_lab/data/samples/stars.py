"""The sample ``stars``: three short reviews in one text, and how many of them are good. Made.

Nobody gave these scores: each text is three short reviews of the sample ``reviews`` behind each
other, its score 1 and 4/3 for each good one, so that it runs from 1 to 5. Each review stands in one
text; the parts are those of ``reviews``, so that no review and nothing near it in wording gives
rows to two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.samples.reviews import LICENCE, POSITIVE, SPLITS, Review, load_reviews
from paddle_lab.i18n import T

_TOGETHER: Final = 3
_MOST: Final = 40  # characters of a review
_ENDS: Final = "。！？!?…~～"


def mixed(reviews: Sequence[Review]) -> list[tuple[str, float]]:
    """Texts of three reviews each with their score; those left over are dropped."""
    short = [review for review in reviews if len(review.text) <= _MOST]
    rows = []
    for start in range(0, len(short) - _TOGETHER + 1, _TOGETHER):
        group = short[start : start + _TOGETHER]
        good = sum(review.label == POSITIVE for review in group)
        texts = [text if text[-1] in _ENDS else text + "。" for text, _ in group]
        rows.append(("".join(texts), round(1 + 4 * good / _TOGETHER, 2)))
    return rows


class StarsSample:
    """The sample as a run takes it."""

    task: Final = "regress"
    title: Final = T("three reviews in a text with a score from 1 to 5; made",
                     "每条文本含三条评论，分数 1 到 5；合成数据")  # fmt: skip
    licence: Final = LICENCE
    advised: Final[Mapping[str, Any]] = {}  # the task knows it

    def load(self) -> dict[str, Dataset]:
        """Its parts; the training part tells that they are made, and how."""
        reviews = load_reviews()
        parts = {}
        for part in SPLITS:
            texts, scores = (list(column) for column in zip(*mixed(reviews[part]), strict=True))
            made = T("Made, not scored by people: {n} texts of three reviews each; the score says "
                     "how many of them are good.",
                     "合成数据，并非人工打分：{n} 条文本各含三条评论，分数表示其中好评的数量。",
                     n=len(texts))  # fmt: skip
            parts[part] = Dataset.of_texts(
                f"stars:{part}", texts, scores, [None] * len(texts),
                notices=(made,) if part == "train" else (),
                provenance={"sample": "stars", "part": part}, unit="row",
            )  # fmt: skip
        return parts


SAMPLE: Final = StarsSample()
