"""Tokens with tags to a text with spans: what column files and PaddleNLP's TSV share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from paddle_lab.data.offsets import Repairs
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import Marked, add_row
from paddle_lab.data.tag_schemes import TagRepairs, spans_of_tags
from paddle_lab.i18n import T, Text

#: weibo's corpus writes the position of a character in its word behind it: 科0 技1.
_NUMBERED: Final = re.compile(r"\D[0-9]")


@dataclass
class Sentence:
    """Tokens and tags of one text; ``line`` is that of the first. ``wrong`` says why it is none."""

    line: int
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    wrong: tuple[int, Text] | None = None


def add_sentences(records: Records, sentences: Sequence[Sentence]) -> None:
    """Add each sentence as a row, and tell how its tokens and tags were read."""
    repairs, offsets = TagRepairs(), Repairs()
    usable = [sentence for sentence in sentences if sentence.wrong is None]
    tokens = [token for sentence in usable for token in sentence.tokens]
    numbered = bool(tokens) and all(_NUMBERED.fullmatch(token) for token in tokens)
    words = sum(len(token) > 1 for token in tokens) if not numbered else 0
    spaced = _is_latin(tokens)
    for sentence in sentences:
        if sentence.wrong is not None:
            records.bad.append(sentence.wrong)
            continue
        spans = spans_of_tags(sentence.tags, repairs, sentence.line)
        if isinstance(spans, Text):
            records.bad.append((sentence.line, spans))
            continue
        own = [token[0] for token in sentence.tokens] if numbered else sentence.tokens
        text, starts = joined(own, spaced)
        marked = [
            Marked(starts[first], starts[last - 1] + len(own[last - 1]), kind)
            for first, last, kind in spans
        ]
        add_row(records, sentence.line, text, marked, offsets)
    records.notices += [*_told(words, len(tokens), numbered, spaced), *repairs.notices()]


def joined(tokens: Sequence[str], spaced: bool) -> tuple[str, list[int]]:
    """The text of tokens, and where each begins in it.

    With ``spaced`` all are parted by a space; else only words of Latin letters are.
    """
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for before, token in pairwise(["", *tokens]):
        if before and (spaced or _are_words(before, token)):
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(token)
        length += len(token)
    return "".join(parts), starts


def _are_words(before: str, after: str) -> bool:
    whole = len(before) > 1 or len(after) > 1
    return whole and _latin(before[-1:]) and _latin(after[:1])


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _is_latin(tokens: Sequence[str]) -> bool:
    """Whether most tokens are words of Latin letters, which spaces part."""
    latin = [token for token in tokens if _latin(token[:1])]
    return 2 * len(latin) > len(tokens) and 2 * sum(len(token) > 1 for token in latin) > len(latin)


def _told(words: int, tokens: int, numbered: bool, spaced: bool) -> list[Text]:
    if numbered:
        return [
            T(
                "The digit behind each character (its position in a word) is left out.",
                "已去掉每个字符后表示词内位置的数字。",
            )
        ]
    if spaced or 10 * words > tokens:
        how = T("joined by spaces", "以空格连接") if spaced else T("joined", "直接连接")
        return [
            T(
                "The tokens are words ({words} of {tokens} have several characters); they are "
                "{how} to the text, in which spans are counted.",
                "词元是词（{tokens} 个中有 {words} 个含多个字符）；它们{how}成文本，"
                "片段按该文本计数。",
                words=words,
                tokens=tokens,
                how=how,
            )
        ]
    return []
