"""Whether a vocabulary and a table of embeddings belong together: they are two files that drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.arrays import Weights
from paddle_lab.models.convert import PREFIX

EMBEDDINGS: Final = f"{PREFIX}embeddings.word_embeddings.weight"
#: Tokens that were added to a vocabulary are few; more are the vocabulary of another release.
_MOST_ADDED_SHARE: Final = 0.1
_ALWAYS_ALLOWED: Final = 100
#: Releases round the table up: ERNIE 3.0 has 40,000 rows for 39,979 tokens.
_LEAST_USED_SHARE: Final = 0.9


@dataclass(frozen=True)
class Fit:
    """How a vocabulary fits: ``added`` rows are missing in the table; ``notice`` is for people."""

    added: int = 0
    notice: Text | None = None


def fit_of(vocabulary: list[str], rows: int, source: str) -> Fit:
    """Compare a vocabulary with ``rows`` of embeddings. Raises ModelError for one of another model.

    A few tokens more, at the end, are what people add to ``vocab.txt``: each gets a row of its own.
    Fewer tokens than rows only leave rows unused.
    """
    tokens = len(vocabulary)
    if tokens > rows + max(_ALWAYS_ALLOWED, int(rows * _MOST_ADDED_SHARE)):
        raise ModelError(
            T("The vocabulary in {source} is not that of its weights.",
              "{source} 中的词表与权重不符。", source=source),
            T("It has {tokens} tokens, and there are embeddings for {rows}.",
              "词表有 {tokens} 个词，而词向量只有 {rows} 行。", tokens=tokens, rows=rows),
            T("Take vocab.txt from the same release as the weights.",
              "请使用与权重同一版本发布的 vocab.txt。"),
            code="model.vocabulary",
        )  # fmt: skip
    if tokens > rows:
        first = ", ".join(vocabulary[rows : rows + 3])
        return Fit(tokens - rows, _added(tokens - rows, rows, first, source))
    if tokens < rows * _LEAST_USED_SHARE:
        return Fit(notice=_unused(tokens, rows, source))
    return Fit()


def with_rows(weights: Weights, added: int, unknown: int | None) -> Weights:
    """The weights with ``added`` rows of embeddings, each a copy of the unknown token's.

    So a new token means what it meant to the model before, until it has learnt more. ``unknown`` is
    that token's id; without one of use the rows are the mean of all.
    """
    if not added:
        return weights
    table = weights[EMBEDDINGS]
    known = unknown is not None and unknown < len(table)
    row = table[unknown] if known else table.mean(axis=0)
    return {**weights, EMBEDDINGS: np.concatenate([table, np.tile(row, (added, 1))])}


def with_size(config: dict[str, Any], added: int) -> dict[str, Any]:
    """The configuration of a model with ``added`` rows more."""
    return {**config, "vocab_size": config["vocab_size"] + added} if added else config


def _added(added: int, rows: int, first: str, source: str) -> Text:
    return T(
        "{n} tokens of the vocabulary in {source} have no embedding ({first} …): each begins as "
        "the unknown token's copy, and learns from this data alone. The first {rows} stay.",
        "{source} 的词表中有 {n} 个词没有词向量（{first}……）：它们以未知词的向量为起点，"
        "只从本次数据中学习。前 {rows} 个保持不变。",
        n=added,
        rows=rows,
        first=first,
        source=source,
    )


def _unused(tokens: int, rows: int, source: str) -> Text:
    return T(
        "The vocabulary in {source} has {tokens} tokens, and there are embeddings for {rows}: if "
        "it is of another release, every token means something else.",
        "{source} 中的词表有 {tokens} 个词，而词向量有 {rows} 行："
        "如果词表来自其他版本，每个词的含义都会不同。",
        tokens=tokens,
        rows=rows,
        source=source,
    )
