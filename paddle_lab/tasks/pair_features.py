"""What a simple model sees of two texts: how much of their wording they share, and which words.

For the baselines of every task that reads two texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.tfidf import cut_texts, vectorizer

NAME: Final = "TF-IDF and n-gram overlap of the two texts"
_GRAMS: Final = (1, 2, 3)

Features = npt.NDArray[np.float32]


class PairFeatures:
    """TF-IDF vectors of single characters and pairs of them, fitted on both texts of all rows."""

    def __init__(self, firsts: Sequence[str], seconds: Sequence[str]) -> None:
        """Raises ValueError where the texts hold nothing."""
        texts = [*cut_texts(firsts), *cut_texts(seconds)]
        self._vectors = vectorizer(len(texts))
        self._vectors.fit(texts)

    def of(self, firsts: Sequence[str], seconds: Sequence[str]) -> Any:
        """A sparse matrix [rows, features]: overlaps, what both share, what only one of them has.

        Which texts the words are of is kept: a denial in the second text is not one in the first.
        """
        from scipy.sparse import csr_matrix, hstack

        one, other = cut_texts(firsts), cut_texts(seconds)
        a, b = self._vectors.transform(one), self._vectors.transform(other)
        shared = a.minimum(b)
        cosine = np.asarray(a.multiply(b).sum(axis=1)).ravel()
        dense = np.column_stack([cosine, overlaps(one, other)]).astype(np.float32)
        return hstack([csr_matrix(dense), shared, a - shared, b - shared], format="csr")


def overlaps(firsts: Sequence[str], seconds: Sequence[str]) -> Features:
    """For single characters, pairs and triples of them [rows, features]: Jaccard's index, the share
    of either text that the other has; and the ratio of their lengths.
    """
    rows = [_overlap(_folded(a), _folded(b)) for a, b in zip(firsts, seconds, strict=True)]
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), 3 * len(_GRAMS) + 1)


def _overlap(first: str, second: str) -> list[float]:
    found: list[float] = []
    for size in _GRAMS:
        one = {first[i : i + size] for i in range(len(first) - size + 1)}
        other = {second[i : i + size] for i in range(len(second) - size + 1)}
        shared = len(one & other)
        found += [shared / max(1, whole) for whole in (len(one | other), len(one), len(other))]
    longest = max(len(first), len(second), 1)
    return [*found, min(len(first), len(second)) / longest]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
