"""Texts cut three ways for ERNIE's knowledge masking: tokens, words, and phrases or entities."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ids = NDArray[np.int32]

# Words that together say one thing (jieba's part-of-speech tags): "非常 不错", "酒店 服务 态度",
# "不 推荐". A phrase is a run of modifiers and its head, at most so many words.
MODIFIERS = frozenset({"d", "a", "ad", "b", "m", "zg"})
HEADS = frozenset({"a", "an", "v", "vn", "n", "i", "l", "q"})
ENTITIES = frozenset({"nr", "nrt", "ns", "nt", "nz", "eng"})
MAX_PHRASE_WORDS = 4
# Words for the bag that the summary vector must predict: not too rare, not in nearly every text.
MIN_BAG_DOCUMENTS = 8
MAX_BAG_SHARE = 0.3


@dataclass(frozen=True)
class Document:
    """One text: token ids (without special tokens), and for each token the number of its word and
    of its phrase, both rising; ``bag`` holds indices into :attr:`Corpus.bag_words`."""

    tokens: Ids
    words: Ids
    phrases: Ids
    bag: Ids


@dataclass(frozen=True)
class Corpus:
    """Documents, the words that bags are made of, and how much each of those words weighs."""

    documents: list[Document]
    bag_words: list[str]
    bag_weights: NDArray[np.float32]

    @property
    def token_count(self) -> int:
        """Tokens in all documents, special tokens not counted."""
        return sum(len(document.tokens) for document in self.documents)


def build_corpus(
    texts: Sequence[str], tokenizer: Tokenizer, *, like: Corpus | None = None
) -> Corpus:
    """Tokenise ``texts`` and find words, phrases and entities; 40 s for a million characters.

    The bag words are counted in ``texts``, or taken from the corpus ``like``.
    """
    tagged = [list(_tagged_words(text)) for text in texts]
    bags = [
        {word for word, _, _, _ in words if any(char.isalnum() for char in word)}
        for words in tagged
    ]
    bag_words, weights = (like.bag_words, like.bag_weights) if like else _choose_bag(bags)
    number = {word: index for index, word in enumerate(bag_words)}
    documents = []
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    for encoding, words, bag in zip(encoded, tagged, bags, strict=True):
        word_of, phrase_of = _numbers_by_character(words)
        starts = [start for start, _ in encoding.offsets]
        documents.append(
            Document(
                tokens=np.array(encoding.ids, dtype=np.int32),
                words=word_of[starts],
                phrases=phrase_of[starts],
                bag=np.array(sorted(number[word] for word in bag if word in number), np.int32),
            )
        )
    return Corpus(documents, bag_words, weights)


def _choose_bag(bags: Sequence[set[str]]) -> tuple[list[str], NDArray[np.float32]]:
    """The words to predict, and their weights: the rarer, the heavier."""
    counts = Counter(word for bag in bags for word in bag)
    most = MAX_BAG_SHARE * len(bags)
    chosen = sorted(word for word, count in counts.items() if MIN_BAG_DOCUMENTS <= count <= most)
    weights = [math.log(len(bags) / counts[word]) for word in chosen]
    return chosen, np.array(weights, dtype=np.float32)


def _tagged_words(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Word, tag, start and end of each word that jieba finds in ``text``."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    position = 0
    for pair in jieba.posseg.cut(text):
        start = text.index(pair.word, position)
        position = start + len(pair.word)
        yield pair.word, pair.flag, start, position


def _numbers_by_character(words: list[tuple[str, str, int, int]]) -> tuple[Ids, Ids]:
    """For each character of the text, the number of its word and of its phrase."""
    length = words[-1][3] if words else 0
    word_of = np.zeros(length, dtype=np.int32)
    phrase_of = np.zeros(length, dtype=np.int32)
    phrase = -1
    size = 0
    previous = ""
    for index, (_, tag, start, end) in enumerate(words):
        joins = (
            size < MAX_PHRASE_WORDS
            and previous in MODIFIERS | HEADS
            and tag in MODIFIERS | HEADS
            # A head ends its phrase, except that nouns pile up.
            and (previous in MODIFIERS or (previous in {"n", "vn"} and tag in {"n", "vn"}))
            and previous not in ENTITIES
        )
        phrase, size = (phrase, size + 1) if joins else (phrase + 1, 1)
        word_of[start:end] = index
        phrase_of[start:end] = phrase
        previous = tag
    return word_of, phrase_of
