"""The simple search that every fine-tuning must beat: the whole sentence most like the question."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.answer.sentences import sentences
from paddle_lab.tasks.api import Baseline
from paddle_lab.tasks.tfidf import evenly_spaced, vectorizer

NAME: Final = T("best sentence by TF-IDF", "TF-IDF 最相近的句子")


def best_sentences(
    train_questions: Sequence[str],
    train_contexts: Sequence[str],
    questions: Sequence[str],
    contexts: Sequence[str],
) -> Baseline | None:
    """For each question the sentence of its context with the nearest TF-IDF vector.

    The weights are learnt on the training rows. None when these hold nothing but white space.
    """
    started = time.monotonic()
    rows = evenly_spaced(len(train_questions))
    known = [sentence for text in dict.fromkeys(train_contexts[row] for row in rows)
             for sentence in sentences(text)]  # fmt: skip
    known += [train_questions[row] for row in rows]
    vectors = vectorizer(len(known))
    try:
        vectors.fit(known)
    except ValueError:  # an empty vocabulary
        return None
    of_context: dict[str, tuple[list[str], Any]] = {}
    answers: list[str] = []
    asked = vectors.transform(questions)
    for row, context in enumerate(contexts):
        if context not in of_context:
            pieces = sentences(context)
            of_context[context] = pieces, vectors.transform(pieces)
        pieces, matrix = of_context[context]
        alike = np.asarray((matrix @ asked[row].T).todense()).ravel()
        answers.append(pieces[int(alike.argmax())])
    seconds = round(time.monotonic() - started, 2)
    return Baseline(NAME, answers, seconds, len(rows))
