"""Character TF-IDF vectors: what the simple models that a task is compared with are fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.tasks.codec import IntArray

MOST_ROWS: Final = 20_000
MOST_CHARACTERS: Final = 2_000
# Weights of a whole regression: its solver keeps about twenty copies of them.
_MOST_WEIGHTS: Final = 2_000_000
_MOST_FEATURES: Final = 200_000
_SMALL: Final = 200


def evenly_spaced(rows: int) -> IntArray:
    """Indices of at most :data:`MOST_ROWS` of so many rows."""
    return np.linspace(0, rows - 1, min(rows, MOST_ROWS)).astype(np.int64)


def vectorizer(rows: int, outputs: int = 1) -> Any:
    """A TfidfVectorizer over single characters and pairs, for so many rows and outputs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 2),
        min_df=1 if rows < _SMALL else 2,
        sublinear_tf=True,
        max_features=min(_MOST_FEATURES, max(1_000, _MOST_WEIGHTS // outputs)),
        dtype=np.float32,
    )


def cut_texts(texts: Sequence[str]) -> list[str]:
    """The first :data:`MOST_CHARACTERS` of each text."""
    return [text[:MOST_CHARACTERS] for text in texts]
