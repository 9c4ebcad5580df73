"""Spans of characters to tags of tokens and back, by offsets and never by count.

White space has no token, one character may have several, and a token several characters. The
tags are numbers: 0 is outside, ``2 n + 1`` begins a span of type ``n``, ``2 n + 2`` continues it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.tag.spans import Span

OUTSIDE: Final = 0
#: The tag of what is no token of the text, and of padding: no part of the chain.
NO_TAG: Final = -100


@dataclass(frozen=True)
class Aligned:
    """Tags [tokens]; spans that were ``widened`` to whole tokens; ``lost`` ones that have none."""

    tags: IntArray
    widened: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()


def tag_count(types: int) -> int:
    """How many tags there are."""
    return 2 * types + 1


def align(
    spans: Sequence[Span], offsets: IntArray, sequence: IntArray, index_of: Mapping[str, int]
) -> Aligned:
    """The tags of a window's tokens, with ``offsets`` [tokens, 2] and ``sequence`` [tokens].

    A token belongs to a span that it shares a character with, to the earlier one of two. A span
    that began before the window begins with the window's first token.
    """
    tags = np.where(sequence >= 0, OUTSIDE, NO_TAG).astype(np.int64)
    real = np.flatnonzero(sequence >= 0)
    starts, ends = offsets[real, 0], offsets[real, 1]
    widened: list[Span] = []
    lost: list[Span] = []
    free = 0  # tokens before it belong to earlier spans
    for span in spans:
        first = max(free, int(np.searchsorted(ends, span.start, side="right")))
        behind = int(np.searchsorted(starts, span.end, side="left"))
        if first >= behind:
            if len(real) and starts[0] <= span.start and span.end <= ends[-1]:
                lost.append(span)
            continue
        free = behind
        tags[real[first:behind]] = 2 * index_of[span.label] + 2
        tags[real[first]] = 2 * index_of[span.label] + 1
        if starts[first] < span.start or ends[behind - 1] > span.end:
            # One that began in the window before is whole there.
            widened.append(span)
    return Aligned(tags, tuple(widened), tuple(lost))


def spans_of_path(tags: Sequence[int], offsets: IntArray, types: Sequence[str]) -> list[Span]:
    """The spans of a path [tokens] of tags that BIO allows."""
    spans: list[Span] = []
    start = -1
    ends = [*tags, OUTSIDE]
    for index, tag in enumerate(tags):
        if tag % 2:
            start = index
        if tag and ends[index + 1] != 2 * ((tag - 1) // 2) + 2:
            label = types[(tag - 1) // 2]
            spans.append(Span(int(offsets[start, 0]), int(offsets[index, 1]), label))
    return spans
