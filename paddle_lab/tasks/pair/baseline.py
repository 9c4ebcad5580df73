"""The simple model beside this one: overlap and TF-IDF of the two texts, logistic regression."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, fitted_on
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.pair.arms import Arm
from paddle_lab.tasks.pair_features import PairFeatures
from paddle_lab.tasks.tfidf import evenly_spaced

NAME: Final = T("TF-IDF and overlap + logistic regression", "TF-IDF 与重合特征 + 逻辑回归")
_STRENGTH: Final = 4.0
_ITERATIONS: Final = 300

Texts = Sequence[str]


def fit_baseline(
    train: tuple[Texts, Texts], gold: IntArray, rows: tuple[Texts, Texts], labels: int
) -> Baseline | None:
    """Fit on the pairs ``train`` with class indices ``gold``, and answer the pairs ``rows``.

    ``answers`` are an :class:`Arm`. At most 20,000 rows, evenly spaced, are used; the name says so.
    None when there is nothing to learn from, or one class only.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    started = time.monotonic()
    chosen = evenly_spaced(len(gold))
    if len(np.unique(gold[chosen])) < 2 or not len(rows[0]):
        return None
    firsts, seconds = ([texts[row] for row in chosen] for texts in train)
    try:
        features = PairFeatures(firsts, seconds)
    except ValueError:  # an empty vocabulary
        return None
    with warnings.catch_warnings():
        # Not quite converged after that many steps is good enough for a yardstick.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS)
        model.fit(features.of(firsts, seconds), gold[chosen])
    scores = np.zeros((len(rows[0]), labels))
    scores[:, model.classes_] = model.predict_proba(features.of(*rows))
    name = fitted_on(NAME, len(chosen), len(gold))
    seconds_taken = round(time.monotonic() - started, 2)
    return Baseline(name, Arm.of(scores), seconds_taken, len(chosen), "TF-IDF")
