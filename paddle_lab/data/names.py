"""Column names that data sets of this field use, in the order in which they are believed."""

from __future__ import annotations

import unicodedata
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
    ("query", "doc"), ("query", "passage"), ("question", "answer"),
    ("title1", "title2"), ("s1", "s2"), ("sent1", "sent2"), ("q1", "q2"),
    ("文本1", "文本2"), ("句子1", "句子2"), ("问题1", "问题2"),
)  # fmt: skip
# A text with one that fits it and one that does not: two pairs in a row.
TRIPLE_NAMES: Final = (
    ("query", "positive", "negative"), ("query", "pos", "neg"), ("anchor", "positive", "negative"),
    ("query", "pos_title", "neg_title"), ("query", "title", "neg_title"),
    ("query", "pos_doc", "neg_doc"), ("anchor", "pos", "neg"),
)  # fmt: skip


def folded(name: str) -> str:
    """A column's name as it is compared: width, case and outer space do not count."""
    return unicodedata.normalize("NFKC", name).strip().casefold()
