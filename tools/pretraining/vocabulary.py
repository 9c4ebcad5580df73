"""The vocabulary of ``ernie-lab-mini``, made from the training texts alone."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Sequence

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# A character seen once teaches nothing; a Latin or digit word must be seen often to be one piece.
MIN_CHARACTER_COUNT = 2
MIN_WORD_COUNT = 8


def build_vocabulary(texts: Iterable[str]) -> list[str]:
    """WordPiece tokens in id order: special tokens, printable ASCII, then by frequency.

    Chinese characters are tokens of their own (BERT splits around them). Latin and digit words are
    whole tokens when frequent, and fall apart into characters otherwise. The same texts give the
    same list.
    """
    characters: Counter[str] = Counter()
    inner: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for word in _basic_words(texts):
        characters.update(word)
        inner.update(word[1:])
        if len(word) > 1:
            words[word] += 1
    ascii_characters = [
        char for char in string.printable if not char.isspace() and not char.isupper()
    ]
    alphanumeric = [char for char in ascii_characters if char.isalnum()]
    tokens = [
        *SPECIAL,
        *ascii_characters,
        *(f"##{char}" for char in alphanumeric),
        *_frequent(characters, MIN_CHARACTER_COUNT),
        *(f"##{char}" for char in _frequent(inner, MIN_CHARACTER_COUNT)),
        *_frequent(words, MIN_WORD_COUNT),
    ]
    return list(dict.fromkeys(tokens))


def _frequent(counts: Counter[str], least: int) -> Sequence[str]:
    chosen = [item for item, count in counts.items() if count >= least]
    return sorted(chosen, key=lambda item: (-counts[item], item))


def _basic_words(texts: Iterable[str]) -> Iterable[str]:
    """Words as BERT's first step cuts them, before they are looked up in a vocabulary."""
    from tokenizers import normalizers, pre_tokenizers

    normalizer = normalizers.BertNormalizer(lowercase=True)
    cut = pre_tokenizers.BertPreTokenizer()
    for text in texts:
        for word, _ in cut.pre_tokenize_str(normalizer.normalize_str(text)):
            yield word
