"""The simple model beside this one: TF-IDF, a logistic regression for each label, a threshold.

Its threshold is chosen as fairly as the model's: on training rows that were held out when it was
chosen, never on those that are evaluated. At 0.5 it would lose a third of its labels, and any model
would look good beside it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, fitted_on
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.levels import close, lift, parents
from paddle_lab.tasks.multilabel.codec import HALF, BoolArray, Probabilities
from paddle_lab.tasks.multilabel.thresholds import best_threshold
from paddle_lab.tasks.tfidf import cut_texts, evenly_spaced, vectorizer

_STRENGTH: Final = 4.0
_ITERATIONS: Final = 200
_HELD_OUT: Final = 5  # one row in so many chooses the threshold
_ENOUGH_ROWS: Final = 20
_MOST_FITS: Final = 400_000  # rows x labels: each label is a regression of its own


def fit_baseline(
    texts: Sequence[str], gold: BoolArray, eval_texts: Sequence[str], labels: Sequence[str]
) -> Baseline | None:
    """Fit on ``texts`` with right labels [rows, labels], and predict ``eval_texts``.

    ``answers`` are [rows, labels]. Of very many rows, or rows times labels, evenly spaced ones are
    used; the name says so. None when there is nothing to learn from.
    """
    started = time.monotonic()
    chosen = _rows(len(texts), gold.shape[1])
    own = gold[chosen]
    if not len(eval_texts) or not own.any():
        return None
    pairs = parents(labels)
    cut = cut_texts([texts[row] for row in chosen])
    threshold = HALF
    held = np.arange(len(cut)) % _HELD_OUT == _HELD_OUT - 1
    if len(cut) >= _ENOUGH_ROWS and own[~held].any():
        part = _probabilities([cut[row] for row in np.flatnonzero(~held)], own[~held],
                              [cut[row] for row in np.flatnonzero(held)])  # fmt: skip
        if part is not None:
            threshold = best_threshold(lift(part, pairs), own[held])
    found = _probabilities(cut, own, cut_texts(eval_texts))
    if found is None:
        return None
    answers = close(lift(found, pairs) >= threshold, pairs)
    name = T(
        "TF-IDF + one-vs-rest logistic regression, threshold {threshold}",
        "TF-IDF + 逐标签逻辑回归，阈值 {threshold}",
        threshold=f"{threshold:g}",
    )
    name = fitted_on(name, len(chosen), len(texts))
    return Baseline(name, answers, round(time.monotonic() - started, 2), len(chosen), "TF-IDF")


def _rows(rows: int, labels: int) -> IntArray:
    spaced = evenly_spaced(rows)
    most = max(_ENOUGH_ROWS, _MOST_FITS // max(1, labels))
    if len(spaced) <= most:
        return spaced
    return spaced[np.linspace(0, len(spaced) - 1, most).astype(np.int64)]


def _probabilities(
    texts: Sequence[str], gold: BoolArray, others: Sequence[str]
) -> Probabilities | None:
    """Of each label for ``others`` [rows, labels]; None where the texts hold nothing to learn."""
    from sklearn.exceptions import ConvergenceWarning

    vectors = vectorizer(len(texts))
    try:
        features = vectors.fit_transform(texts)
    except ValueError:  # an empty vocabulary: nothing but white space
        return None
    asked = vectors.transform(others)
    found = np.zeros((len(others), gold.shape[1]))
    with warnings.catch_warnings():
        # Not quite converged after that many steps is good enough for a yardstick.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for label in range(gold.shape[1]):
            found[:, label] = _one(features, gold[:, label], asked)
    return found


def _one(features: Any, gold: Any, asked: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    if gold.all() or not gold.any():
        return float(gold.all())
    model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS, solver="liblinear")
    return model.fit(features, gold).predict_proba(asked)[:, 1]
