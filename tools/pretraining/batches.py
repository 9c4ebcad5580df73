"""Masked examples in batches of about equal length, the same for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pretraining.corpus import Corpus
from pretraining.masking import Example, MaskingOptions, mask

PAD_ID = 0


@dataclass(frozen=True)
class Batch:
    """``ids`` is [texts, length]; ``places`` point into it flattened; ``bags`` is [texts, bag
    words] with rows that sum to 1 (or to 0 where the text has none of the words)."""

    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    answers: NDArray[np.int64]
    bags: NDArray[np.float32]


def epoch_batches(
    corpus: Corpus,
    options: MaskingOptions,
    *,
    special: dict[str, int],
    vocab_size: int,
    tokens_per_batch: int,
    seed: tuple[int, int],
) -> Iterator[Batch]:
    """One pass over ``corpus``, freshly masked; ``seed`` is the run's and the epoch's number."""
    random = np.random.default_rng(seed)
    examples = [
        mask(document, options, special, vocab_size, random)
        for document in corpus.documents
        if len(document.tokens)
    ]
    # Lengths a little jittered, so that batches differ from epoch to epoch.
    lengths = np.array([len(example.ids) for example in examples])
    order = np.argsort(lengths + random.uniform(0, 3, len(examples)), kind="stable")
    groups: list[list[Example]] = [[]]
    widest = 0
    for index in order:
        widest = max(widest, int(lengths[index]))
        if groups[-1] and widest * (len(groups[-1]) + 1) > tokens_per_batch:
            groups.append([])
            widest = int(lengths[index])
        groups[-1].append(examples[index])
    for number in random.permutation(len(groups)):
        yield _collate(groups[number], corpus)


def _collate(examples: list[Example], corpus: Corpus) -> Batch:
    width = max(len(example.ids) for example in examples)
    ids = np.full((len(examples), width), PAD_ID, dtype=np.int64)
    bags = np.zeros((len(examples), len(corpus.bag_words)), dtype=np.float32)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = example.ids
        if len(example.bag):
            weights = corpus.bag_weights[example.bag]
            bags[row, example.bag] = weights / weights.sum()
    places = np.concatenate(
        [example.places.astype(np.int64) + row * width for row, example in enumerate(examples)]
    )
    answers = np.concatenate([example.answers.astype(np.int64) for example in examples])
    return Batch(ids, places, answers, bags)
