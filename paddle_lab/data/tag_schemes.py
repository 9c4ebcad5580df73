"""Tags of tokens to spans: BIO, BIOS, BIOES, BMES, BMEO, BILOU, and those without a type.

A tag is a letter and a type (``B-PER``, ``I_ORG``, ``S-GPE.NAM``), or the type first as in
PaddleNLP's lexical analysis (``PER-B``), or a letter alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text

OUTSIDE: Final = "O"
#: What spans are called whose tags have no type.
WORD: Final = "word"
_FIRST: Final = re.compile(r"([BIMESLUW])[-_](.+)", re.DOTALL)
_LAST: Final = re.compile(r"(.+)[-_]([BIMESLUW])", re.DOTALL)
_BEGIN, _INSIDE, _END, _SINGLE = frozenset("B"), frozenset("IM"), frozenset("EL"), frozenset("SUW")


@dataclass
class TagRepairs:
    """Tags that follow no scheme, and what they were read as; told once.

    ``orphans`` continue a span that nobody began, ``first`` is the line of the first one.
    """

    letters: Counter[str] = field(default_factory=Counter)
    orphans: int = 0
    unfinished: int = 0
    first: int | None = None

    def notices(self) -> list[Text]:
        """One sentence for each kind."""
        said: list[Text] = []
        if self.orphans and not any(self.letters[letter] for letter in "BSUW"):
            said.append(
                T(
                    "No tag begins a span (B-): spans are what follows each other with one type, "
                    "and two of one type in a row are one.",
                    "没有表示开始的标签（B-）：相邻的同类标签视为一个片段，"
                    "因此紧挨着的两个同类片段会合并。",
                )
            )
        elif self.orphans:
            said.append(
                T(
                    "{n} tags continue a span that does not begin (I- without B-), the first at "
                    "line {line}: they are read as its beginning.",
                    "有 {n} 个标签延续了并未开始的片段（有 I- 而没有 B-，第一处在第 {line} 行），"
                    "已视为片段的开始。",
                    n=self.orphans,
                    line=self.first,
                )
            )
        if self.unfinished and self.letters["E"] + self.letters["L"]:
            said.append(
                T(
                    "{n} spans have no tag that ends them (E-): they end where they stop.",
                    "有 {n} 个片段没有结束标签（E-），在其中断处结束。",
                    n=self.unfinished,
                )
            )
        return said


def is_tag(text: str) -> bool:
    """Whether a text may be a tag."""
    return text == OUTSIDE or _parts(text) is not None


def is_sure_tag(text: str) -> bool:
    """Whether a text is a tag that hardly is anything else: one with a letter and a type."""
    return _FIRST.fullmatch(text) is not None or _LAST.fullmatch(text) is not None


def spans_of_tags(
    tags: Sequence[str], repairs: TagRepairs, line: int = 0
) -> list[tuple[int, int, str]] | Text:
    """Spans [start, end, type] of token numbers; why a tag is none else.

    ``line`` is where the first tag stands, for messages.
    """
    spans: list[tuple[int, int, str]] = []
    start, kind = -1, ""

    def close(end: int, finished: bool = False) -> None:
        nonlocal start
        if start >= 0:
            spans.append((start, end, kind))
            repairs.unfinished += not finished
        start = -1

    for index, tag in enumerate(tags):
        if tag == OUTSIDE:
            close(index)
            continue
        parts = _parts(tag)
        if parts is None:
            return T('"{tag}" is not a tag', "“{tag}”不是标签", tag=excerpt(tag))
        letter, own = parts
        repairs.letters[letter] += 1
        follows = start >= 0 and own == kind and letter in _INSIDE | _END
        if not follows:
            close(index)
            start, kind = index, own
            if letter in _INSIDE | _END:
                repairs.orphans += 1
                repairs.first = repairs.first or line + index
        if letter in _END | _SINGLE:
            close(index + 1, finished=True)
    close(len(tags))
    return spans


def _parts(tag: str) -> tuple[str, str] | None:
    """Letter and type; None for what is no tag."""
    if len(tag) == 1:
        return (tag, WORD) if tag in "BIMESLUW" else None
    found = _FIRST.fullmatch(tag)
    if found:
        return found[1], found[2].strip() or WORD
    found = _LAST.fullmatch(tag)
    return (found[2], found[1].strip()) if found else None
