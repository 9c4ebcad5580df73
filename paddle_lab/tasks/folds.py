"""Probabilities of rows by simple models that were fitted on the other rows: out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.data.split import content_hash
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.tfidf import evenly_spaced

FOLDS: Final = 5
# Chosen by benchmarks/label_issues.py: together they rank better than either.
_SMOOTHING: Final = 0.3
_REGULARISATION: Final = 1e-4
_EPOCHS: Final = 5
#: A regression takes one pass for each class and epoch; naive Bayes one for all.
_MOST_REGRESSED: Final = 30


def folds_of(units: Sequence[str], given: IntArray) -> IntArray:
    """The fold of each row: rows of one unit (a text, a document) stand in one.

    Classes are spread evenly; by content alone, so that the order of rows does not count.
    """
    first: dict[str, int] = {}
    for unit, label in zip(units, given.tolist(), strict=True):
        first.setdefault(unit, label)
    order = sorted(first, key=lambda unit: (first[unit], content_hash(unit, "fold")))
    fold = {unit: number % FOLDS for number, unit in enumerate(order)}
    return np.array([fold[unit] for unit in units], dtype=np.int64)


def out_of_fold(
    features: Any, given: IntArray, classes: int, fold: IntArray
) -> npt.NDArray[np.float64] | None:
    """Probabilities [rows, classes] of each row by a model fitted on the rows of other folds.

    The mean of naive Bayes and, of up to 30 classes, a logistic regression. ``features`` [rows,
    features] are sparse and not negative. At most 20,000 rows, evenly spaced, are fitted on. None
    where a fold leaves nothing to tell apart.
    """
    found = np.zeros((len(given), classes))
    for number in range(FOLDS):
        inside = np.flatnonzero(fold == number)
        rest = np.flatnonzero(fold != number)
        if not len(inside):
            continue
        fitted = rest[evenly_spaced(len(rest))] if len(rest) else rest
        if len(np.unique(given[fitted])) < 2:
            return None
        for model in (models := _fitted(features[fitted], given[fitted])):
            answers = model.predict_proba(features[inside])
            found[np.ix_(inside, model.classes_)] += answers / len(models)
    return found


def _fitted(features: Any, given: IntArray) -> list[Any]:
    from sklearn.linear_model import SGDClassifier
    from sklearn.naive_bayes import MultinomialNB

    models = [MultinomialNB(alpha=_SMOOTHING)]
    if len(np.unique(given)) <= _MOST_REGRESSED:
        models.append(
            SGDClassifier(loss="log_loss", alpha=_REGULARISATION, max_iter=_EPOCHS, tol=None,
                          average=True, random_state=0)
        )  # fmt: skip
    return [model.fit(features, given) for model in models]
