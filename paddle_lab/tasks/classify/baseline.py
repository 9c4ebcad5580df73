"""The simple model that every fine-tuning must beat to be worth its time.

TF-IDF over single characters and pairs, then logistic regression: scikit-learn, seconds on one
core, the same training rows and the same evaluation rows. Nothing here is random.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, fitted_on
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.tfidf import cut_texts, evenly_spaced, vectorizer

_STRENGTH: Final = 4.0
_ITERATIONS: Final = 200


def fit_baseline(
    texts: Sequence[str], gold: IntArray, eval_texts: Sequence[str]
) -> Baseline | None:
    """Fit on ``texts`` with class indices ``gold`` and predict ``eval_texts``.

    At most 20,000 rows, evenly spaced, and 2,000 characters of each text are used; the name says
    so. None when the texts hold nothing to learn from, or one class only.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    started = time.monotonic()
    chosen = evenly_spaced(len(texts))
    classes = np.unique(gold[chosen])
    if len(classes) < 2 or not len(eval_texts):
        return None
    outputs = 1 if len(classes) == 2 else len(classes)
    vectors = vectorizer(len(chosen), outputs)
    try:
        features = vectors.fit_transform(cut_texts([texts[row] for row in chosen]))
    except ValueError:  # an empty vocabulary: nothing but white space
        return None
    with warnings.catch_warnings():
        # Not quite converged after that many steps is good enough for a yardstick.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS)
        model.fit(features, gold[chosen])
    found = model.predict(vectors.transform(cut_texts(eval_texts)))
    name = T("TF-IDF + logistic regression", "TF-IDF + 逻辑回归")
    name = fitted_on(name, len(chosen), len(texts))
    seconds = round(time.monotonic() - started, 2)
    return Baseline(name, found.astype(np.int64), seconds, len(chosen), "TF-IDF")
