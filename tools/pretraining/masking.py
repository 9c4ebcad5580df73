"""ERNIE's knowledge masking (Sun et al. 2019): whole words, entities and phrases are hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pretraining.corpus import Document, Ids

# How the spans of one example are cut: single characters, words, phrases and entities.
LEVELS = ("character", "word", "phrase")
LEVEL_SHARES = (0.2, 0.4, 0.4)


@dataclass(frozen=True)
class MaskingOptions:
    """How much of a text is hidden, and how it is cut before.

    Of the hidden spans 80 % become [MASK], 10 % random tokens, 10 % stay as they are (each choice
    for a whole span). With ``window_share``, that share of longer texts is shown only in part,
    while the bag of words to predict stays that of the whole text.
    """

    rate: float = 0.25
    max_length: int = 128
    window_share: float = 0.5
    window_least: int = 24


@dataclass(frozen=True)
class Example:
    """One masked text, special tokens included: ids, places hidden, and what stood there."""

    ids: Ids
    places: Ids
    answers: Ids
    bag: Ids


def mask(
    document: Document,
    options: MaskingOptions,
    special: dict[str, int],
    vocab_size: int,
    random: np.random.Generator,
) -> Example:
    """Hide about ``options.rate`` of a document's tokens, at least one."""
    start, end = _window(len(document.tokens), options, random)
    tokens = document.tokens[start:end].copy()
    hidden = np.zeros(len(tokens), dtype=bool)
    wanted = max(1, round(options.rate * len(tokens)))
    spans = _spans(document, start, end, random)
    for index in random.permutation(len(spans) - 1):
        if hidden.sum() >= wanted:
            break
        begin, stop = spans[index], spans[index + 1]
        if stop - begin > max(2, wanted) and hidden.any():
            continue  # a long entity would hide far more than asked for
        hidden[begin:stop] = True
        fate = random.random()
        if fate < 0.8:
            tokens[begin:stop] = special["[MASK]"]
        elif fate < 0.9:
            tokens[begin:stop] = random.integers(len(special), vocab_size, stop - begin)
    places = np.flatnonzero(hidden).astype(np.int32)
    ids = np.concatenate(([special["[CLS]"]], tokens, [special["[SEP]"]])).astype(np.int32)
    return Example(ids, places + 1, document.tokens[start:end][places], document.bag)


def _window(length: int, options: MaskingOptions, random: np.random.Generator) -> tuple[int, int]:
    size = min(length, options.max_length - 2)
    if length >= options.window_least and random.random() < options.window_share:
        size = min(size, max(options.window_least // 2, int(length * random.uniform(0.4, 0.7))))
    start = int(random.integers(0, length - size + 1))
    return start, start + size


def _spans(
    document: Document, start: int, end: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Borders of the spans inside the window, from 0 to its length."""
    level = LEVELS[int(random.choice(len(LEVELS), p=LEVEL_SHARES))]
    if level == "character":
        return np.arange(end - start + 1)
    numbers = (document.words if level == "word" else document.phrases)[start:end]
    inner = np.flatnonzero(np.diff(numbers)) + 1
    return np.concatenate(([0], inner, [end - start]))
