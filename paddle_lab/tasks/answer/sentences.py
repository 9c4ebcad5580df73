"""The sentences of a context."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final = re.compile(r"[^。！？!?\n]+[。！？!?]*|[。！？!?]+")
_MOST: Final = 2_000


def sentence_spans(context: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends, without the white space around it; at most 2,000."""
    found: list[tuple[int, int]] = []
    for piece in _SENTENCES.finditer(context):
        text = piece.group()
        start = piece.start() + len(text) - len(text.lstrip())
        end = piece.start() + len(text.rstrip())
        if start < end:
            found.append((start, end))
            if len(found) == _MOST:
                break
    return found


def sentences(context: str) -> list[str]:
    """The sentences themselves; the whole context where there is none."""
    return [context[start:end] for start, end in sentence_spans(context)] or [context]
