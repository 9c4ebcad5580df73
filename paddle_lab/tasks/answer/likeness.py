"""How much the sentences of a context are like the question, by their characters alone.

A model that has seen few questions knows better what an answer looks like than where to look for
it. The words that question and sentence share tell the latter; how much they count is learnt on the
dev rows.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.answer.sentences import sentence_spans

Array = npt.NDArray[np.float64]

#: Characters and pairs that say nothing of what is asked for.
_ASKING: Final = frozenset(
    "的了是在有和与什么哪谁吗呢何几多少怎样为，。？！、：；“”《》（）?,.!:; "
)


@lru_cache(maxsize=64)
def _pieces(context: str) -> tuple[tuple[tuple[int, int], ...], tuple[Counter[str], ...]]:
    """The sentences of a context, and the single characters and pairs of each."""
    spans = tuple(sentence_spans(context))
    return spans, tuple(_grams(context[start:end]) for start, end in spans)


def likeness(question: str, context: str) -> Array:
    """For each character of the context how like the question its sentence is, 0 to 1.

    The cosine of TF-IDF vectors of characters and pairs, weighted by the sentences of this context.
    """
    values = np.zeros(len(context))
    spans, pieces = _pieces(context)
    asked = _grams(question)
    if not asked or not pieces:
        return values
    known = Counter(gram for grams in pieces for gram in grams)
    weights = {
        gram: math.log((1 + len(pieces)) / (1 + known[gram])) + 1
        for gram in {*known, *asked}
    }  # fmt: skip
    own = _length(asked, weights)
    for (start, end), grams in zip(spans, pieces, strict=True):
        shared = sum(
            (1 + math.log(asked[gram])) * (1 + math.log(grams[gram])) * weights[gram] ** 2
            for gram in asked
            if gram in grams
        )
        if shared:
            values[start:end] = shared / (own * _length(grams, weights))
    return values


def _grams(text: str) -> Counter[str]:
    text = text.lower()
    pairs = (text[i : i + 2] for i in range(len(text) - 1))
    return Counter(
        [char for char in text if char not in _ASKING and not char.isspace()]
        + [pair for pair in pairs if not _ASKING & set(pair)]
    )


def _length(grams: Counter[str], weights: dict[str, float]) -> float:
    return math.sqrt(
        sum(((1 + math.log(count)) * weights[gram]) ** 2 for gram, count in grams.items())
    )
