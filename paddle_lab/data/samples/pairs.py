"""The sample ``pairs``: halves of reviews, of the same one or of two. Made, and said to be.

Nobody labelled these rows: each review of the sample ``reviews`` that is long enough is cut in two
at a sign of punctuation near its middle. Half of the reviews give a pair of their own halves,
``same``; the others, two and two, exchange their second halves: ``different``. So every half stands
in one pair, both classes are of one size, and neither half alone tells the class. The parts are
those of ``reviews``: what is near in wording is in one part, and no review gives rows to two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.samples.reviews import LICENCE, SPLITS, letters_of, load_reviews
from paddle_lab.i18n import T

SAME, DIFFERENT = "same", "different"
#: Letters that each half has at least.
LEAST: Final = 8
#: A half has at most this share of the whole.
_LARGEST: Final = 0.7
_MOST: Final = 120  # characters of a review: longer ones tell two things
_BORDER: Final = re.compile(r"[，。；！？,;!?…]+")

Halves = tuple[str, str]


def halves_of(text: str) -> Halves | None:
    """The text in two, cut behind the sign of punctuation nearest to its middle; None if short."""
    if len(text) > _MOST:
        return None
    ends = [found.end() for found in _BORDER.finditer(text) if found.end() < len(text)]
    if not ends:
        return None
    end_of_first = min(ends, key=lambda end: (abs(2 * end - len(text)), end))
    first, second = text[:end_of_first].strip(), text[end_of_first:].strip()
    sizes = len(letters_of(first)), len(letters_of(second))
    if min(sizes) < LEAST or max(sizes) > _LARGEST * sum(sizes):
        return None
    return first, second


def pairs_from(halves: Sequence[Halves]) -> list[tuple[str, str, str]]:
    """First text, second text and class, of halves in an order that tells nothing of them.

    Of four reviews two keep their halves and two exchange the second; those left over are dropped.
    """
    rows = []
    for start in range(0, len(halves) - 3, 4):
        one, two, three, four = halves[start : start + 4]
        rows += [(*one, SAME), (three[0], four[1], DIFFERENT), (*two, SAME),
                 (four[0], three[1], DIFFERENT)]  # fmt: skip
    return rows


class PairsSample:
    """The sample as a run takes it."""

    task: Final = "pair"
    title: Final = T("halves of reviews, of the same or of two; made", "评论的前后两半；合成数据")
    licence: Final = LICENCE
    advised: Final[Mapping[str, Any]] = {"limit": 3000}

    def load(self) -> dict[str, Dataset]:
        """Its parts; the training part tells that they are made, and how."""
        reviews = load_reviews()
        parts = {}
        for part in SPLITS:
            cut = (halves_of(review.text) for review in reviews[part])
            rows = pairs_from([halves for halves in cut if halves is not None])
            firsts, seconds, labels = (list(column) for column in zip(*rows, strict=True))
            made = T("Made, not labelled by people: {n} pairs of halves of reviews, of the same "
                     "review or of two.",
                     "合成数据，并非人工标注：{n} 对评论的前后两半，来自同一条或两条评论。",
                     n=len(rows))  # fmt: skip
            parts[part] = Dataset(
                f"pairs:{part}",
                {"text": firsts, "text2": seconds},
                labels,
                [None] * len(rows),
                notices=(made,) if part == "train" else (),
                provenance={"sample": "pairs", "part": part},
                unit="row",
            )
        return parts


SAMPLE: Final = PairsSample()
