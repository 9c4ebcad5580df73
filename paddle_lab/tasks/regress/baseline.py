"""The simple model beside this one: ridge regression on TF-IDF, and on the overlap of two texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, fitted_on
from paddle_lab.tasks.pair_features import PairFeatures
from paddle_lab.tasks.regress.scores import Numbers, spearman
from paddle_lab.tasks.tfidf import cut_texts, evenly_spaced, vectorizer

NAME: Final = T("TF-IDF + ridge regression", "TF-IDF + 岭回归")
PAIR_NAME: Final = T("TF-IDF and overlap + ridge regression", "TF-IDF 与重合特征 + 岭回归")
_STRENGTHS: Final = (0.3, 1.0, 3.0, 10.0)
_HELD_OUT: Final = 5  # one row in so many chooses the strength
_ENOUGH_ROWS: Final = 20

#: The texts of rows: one column or two.
Columns = Sequence[Sequence[str]]


def fit_baseline(train: Columns, scores: Numbers, rows: Columns) -> Baseline | None:
    """Fit on texts with their ``scores`` and answer others; ``answers`` are numbers [rows].

    How strongly it is held back is chosen on a fifth of the training rows. At most 20,000 rows,
    evenly spaced, are used; the name says so. None when there is nothing to learn from.
    """
    started = time.monotonic()
    chosen = evenly_spaced(len(scores))
    own = scores[chosen]
    if len(np.unique(own)) < 2 or not len(rows[0]):
        return None
    texts = [[column[row] for row in chosen] for column in train]
    try:
        strength = _best_strength(texts, own)
        features, asked = _features(texts, rows)
    except ValueError:  # an empty vocabulary
        return None
    found = _fit(features, own, strength).predict(asked)
    name = fitted_on(NAME if len(train) == 1 else PAIR_NAME, len(chosen), len(scores))
    seconds = round(time.monotonic() - started, 2)
    return Baseline(name, np.asarray(found, np.float64), seconds, len(chosen), "TF-IDF")


def _best_strength(texts: Columns, scores: Numbers) -> float:
    """The strength of the best Spearman on rows that were held out."""
    held = np.arange(len(scores)) % _HELD_OUT == _HELD_OUT - 1
    if len(scores) < _ENOUGH_ROWS:
        return 1.0
    features, asked = _features(
        [_at(column, ~held) for column in texts], [_at(column, held) for column in texts]
    )
    return max(
        _STRENGTHS,
        key=lambda strength: spearman(
            scores[held], _fit(features, scores[~held], strength).predict(asked)
        ),
    )


def _at(column: Sequence[str], rows: Any) -> list[str]:
    return [column[row] for row in np.flatnonzero(rows)]


def _features(texts: Columns, others: Columns) -> tuple[Any, Any]:
    if len(texts) == 2:
        pairs = PairFeatures(texts[0], texts[1])
        return pairs.of(texts[0], texts[1]), pairs.of(others[0], others[1])
    vectors = vectorizer(len(texts[0]))
    return vectors.fit_transform(cut_texts(texts[0])), vectors.transform(cut_texts(others[0]))


def _fit(features: Any, scores: Numbers, strength: float) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=strength, solver="sparse_cg", tol=1e-4).fit(features, scores)
