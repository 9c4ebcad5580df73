"""Column names that data sets of this field use, in the order in which they are believed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

TEXT_NAMES: Final = (
    "text", "text_a", "sentence", "sentence1", "content", "review", "comment", "query", "question",
    "title", "headline", "abstract", "body", "message",
    "文本", "句子", "内容", "评论", "评价", "正文", "评论内容", "评价内容",
    "文本内容", "标题", "问题", "摘要",
)  # fmt: skip
LABEL_NAMES: Final = (
    "label", "labels", "label_id", "label_desc", "label_des", "label_name", "class", "category",
    "target", "sentiment", "stars", "star", "rating", "score", "topic", "intent", "tag",
    "标签", "类别", "分类", "类型", "情感", "情感倾向", "评分", "星级", "主题", "意图",
)  # fmt: skip
# A second text beside the first: the rows are pairs of texts.
PAIR_NAMES: Final = (
    ("text_a", "text_b"), ("text1", "text2"), ("sentence1", "sentence2"),
    ("sentence_a", "sentence_b"),
    ("premise", "hypothesis"), ("question1", "question2"), ("query1", "query2"), ("query", "title"),
    ("文本1", "文本2"), ("句子1", "句子2"),
)  # fmt: skip
_LONGEST_NAME: Final = 40
_FEW: Final = 3


def folded(name: str) -> str:
    """A column's name as it is compared: width, case and outer space do not count."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def is_header(
    first: list[str], others: list[list[str]], given: Iterable[str], known: frozenset[str]
) -> bool:
    """Whether the first row names the columns of the ``others``.

    It does when it holds a name that was asked for (``given``); or when it is made of short
    different words, no numbers, and holds one of the ``known`` names that is no value of its column
    (a class may well be called "question"), or heads a column that is otherwise all numbers.
    """
    names = [folded(cell) for cell in first]
    if any(folded(name) in names for name in given if not name.isdecimal()):
        return True
    plain = all(len(name) <= _LONGEST_NAME and not _is_number(name) for name in names)
    if len(names) < 2 or len(set(names)) < len(names) or not plain:
        return False
    rows = [row for row in others if len(row) == len(first)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(first)
    return any(
        (name in known and cell not in column)
        or (len(column) >= _FEW and all(map(_is_number, column)))
        for name, cell, column in zip(names, first, columns, strict=True)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
