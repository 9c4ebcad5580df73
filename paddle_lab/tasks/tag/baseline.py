"""What a fine-tuning must beat: a CRF over characters, and the mentions of the training rows.

The CRF is python-crfsuite's: seconds on one core, the same training rows and the same evaluation
rows. Nothing here is random.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, fitted_on
from paddle_lab.tasks.tag.alignment import spans_of_path
from paddle_lab.tasks.tag.features import features_of
from paddle_lab.tasks.tag.spans import Span, character_tags, spans_of

if TYPE_CHECKING:
    from paddle_lab.data import Dataset

MOST_CHARACTERS: Final = 160_000  # of all training rows together
MOST_OF_A_ROW: Final = 2_000
_ITERATIONS: Final = 60
_C1, _C2 = 0.05, 0.05


@dataclass(frozen=True)
class Arms:
    """The spans that the CRF and the list of mentions find in each evaluation row."""

    crf: list[list[Span]]
    mentions: list[list[Span]]
    mention_seconds: float


def fit_baseline(train: Dataset, evaluation: Dataset, types: Sequence[str]) -> Baseline | None:
    """Fit both on ``train`` and mark ``evaluation``; None where there is nothing to mark.

    Evenly spaced rows of :data:`MOST_CHARACTERS` together are taken; the name says so.
    """
    if not len(evaluation) or not len(train):
        return None
    chosen = _within_bounds(train)
    texts = [train.texts[row][:MOST_OF_A_ROW] for row in chosen]
    targets = [
        [span for span in spans_of(train.targets[row]) if span.end <= len(text)]
        for row, text in zip(chosen, texts, strict=True)
    ]
    if not any(targets):
        return None
    started = time.monotonic()
    crf = _crf(texts, targets, evaluation.texts, types)
    seconds = round(time.monotonic() - started, 2)
    started = time.monotonic()
    mentions = Mentions(texts, targets)
    found = [mentions.find(text) for text in evaluation.texts]
    arms = Arms(crf, found, round(time.monotonic() - started, 2))
    name = T("CRF over characters (crfsuite)", "字级 CRF（crfsuite）")
    name = fitted_on(name, len(chosen), len(train))
    return Baseline(name, arms, seconds, len(chosen), "CRF")


class Mentions:
    """The mentions of marked texts: the longest one that stands somewhere is found there.

    A mention has the type that it has most often.
    """

    def __init__(self, texts: Sequence[str], targets: Sequence[Sequence[Span]]) -> None:
        kinds: dict[str, Counter[str]] = {}
        for text, spans in zip(texts, targets, strict=True):
            for start, end, label in spans:
                kinds.setdefault(text[start:end], Counter())[label] += 1
        self._type = {
            mention: min(found, key=lambda label: (-found[label], label))
            for mention, found in kinds.items()
        }
        self._lengths = sorted({len(mention) for mention in self._type}, reverse=True)

    def find(self, text: str) -> list[Span]:
        """The mentions in a text, from its start, without overlaps."""
        spans: list[Span] = []
        start = 0
        while start < len(text):
            length = next(
                (n for n in self._lengths if text[start : start + n] in self._type
                 and start + n <= len(text)), 0)  # fmt: skip
            if length:
                spans.append(Span(start, start + length, self._type[text[start : start + length]]))
            start += length or 1
        return spans


def _within_bounds(train: Dataset) -> list[int]:
    size = sum(min(len(text), MOST_OF_A_ROW) for text in train.texts)
    step = max(1.0, size / MOST_CHARACTERS)
    return [int(step * number) for number in range(int((len(train) - 1) / step) + 1)]


def _crf(
    texts: Sequence[str], targets: Sequence[Sequence[Span]], others: Sequence[str],
    types: Sequence[str],
) -> list[list[Span]]:  # fmt: skip
    """Fit a CRF on marked texts and mark others."""
    import pycrfsuite

    number = {label: index for index, label in enumerate(types)}
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": _C1, "c2": _C2, "max_iterations": _ITERATIONS})
    for text, spans in zip(texts, targets, strict=True):
        numbered = [Span(start, end, str(number[label])) for start, end, label in spans]
        trainer.append(features_of(text), character_tags(numbered, len(text)))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.crfsuite"
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        found = [_marked(tagger.tag(features_of(text)), types) if text else [] for text in others]
        tagger.close()
    return found


def _marked(tags: Sequence[str], types: Sequence[str]) -> list[Span]:
    """The spans of BIO tags; one that continues what did not begin begins there."""
    import numpy as np

    path: list[int] = []
    for tag in tags:
        letter, _, kind = tag.partition("-")
        code = 0 if letter == "O" else 2 * int(kind) + (1 if letter == "B" else 2)
        if letter == "I" and (not path or path[-1] not in (code, code - 1)):
            code -= 1
        path.append(code)
    bounds = np.arange(len(tags) + 1)
    return spans_of_path(path, np.stack([bounds[:-1], bounds[1:]], axis=1), types)
