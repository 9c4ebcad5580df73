"""Windows and tokens told from the rows alone are about those that a tokenizer makes."""

from __future__ import annotations

import random

import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.data import Dataset
from paddle_lab.tasks.encoding import TextEncoder
from paddle_lab.training.windows import amount_of

CHINESE = "质量很好推荐太差了不会再买一般还行物流快包装"


def texts(count: int, longest: int, seed: int, letters: str = CHINESE) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices(letters, k=rng.randint(1, longest))) for _ in range(count)]


def dataset(**columns: list[str]) -> Dataset:
    count = len(next(iter(columns.values())))
    return Dataset("d", columns, [None] * count, [None] * count)


@pytest.mark.parametrize("long_text", ["truncate", "windows"])
@pytest.mark.parametrize("max_len", [16, 64, 256])
@pytest.mark.parametrize("pairs", [False, True])
def test_they_are_those_of_the_tokenizer(long_text: str, max_len: int, pairs: bool) -> None:
    questions, contexts = texts(300, 40, 1), texts(300, 500, 2)
    encoder = TextEncoder(build_tokenizer_json(), max_len)
    if pairs:
        rows = dataset(question=questions, context=contexts)
        windows = encoder.encode(questions, contexts, long_text=long_text)
    else:
        rows = dataset(text=contexts)
        windows = encoder.encode(contexts, long_text=long_text)
    amount = amount_of(rows, long_text, max_len)
    assert amount.windows == pytest.approx(len(windows.ids), rel=0.02)
    assert amount.tokens == pytest.approx(int(windows.lengths().sum()), rel=0.02)


def test_latin_words_are_fewer_tokens_than_letters() -> None:
    latin = dataset(text=["the quick brown fox jumps over the lazy dog " * 20] * 50)
    chinese = dataset(text=["质" * 880] * 50)
    assert amount_of(latin, "windows", 128).tokens < amount_of(chinese, "windows", 128).tokens / 2


def test_odd_rows_end() -> None:
    assert amount_of(dataset(text=[""]), "windows", 8).windows == 1
    assert amount_of(dataset(a=["x" * 9], b=["好" * 999]), "windows", 8).windows > 100
    assert amount_of(dataset(a=[], b=[]), "windows", 8).windows == 0
