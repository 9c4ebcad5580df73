"""How many windows and tokens rows will make, before there is a tokenizer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.data import Dataset

# Rows whose texts tell how many characters a token has; the others are counted by characters.
_SAMPLE: Final = 200
# A Chinese character or a mark is a token, a Latin word one for every few letters.
_TOKENS: Final = re.compile(r"[A-Za-z0-9]{1,4}|[^\sA-Za-z0-9]")
_OVERLAP: Final = 4  # as in paddle_lab.tasks.encoding


@dataclass(frozen=True)
class Amount:
    """Roughly what an epoch reads: windows, and the tokens in all of them."""

    windows: int
    tokens: int


def amount_of(rows: Dataset, long_text: str, max_len: int, most: float | None = None) -> Amount:
    """Windows and tokens of the rows, read as :class:`~paddle_lab.tasks.encoding.TextEncoder` does.

    "truncate": one window a row. "windows": of one column as many as it takes; of several the
    windows slide over the last, and each holds the others, cut to half of it, again. Of a row
    ``most`` windows are read, if that is given.
    """
    columns = [_tokens(values) for values in rows.given.values()]
    room = max_len - len(columns) - 1
    if long_text == "truncate" or not columns:
        sizes = sum(columns, np.zeros(len(rows), dtype=np.int64))
        return Amount(len(rows), int(np.minimum(sizes + len(columns) + 1, max_len).sum()))
    *others, last = columns
    first = np.minimum(sum(others, np.zeros(len(rows), dtype=np.int64)), room // 2 if others else 0)
    space = np.maximum(room - first, 1)
    fresh = np.maximum(space - max(room, 1) // _OVERLAP, 1)
    further = -(-np.maximum(last - space, 0) // fresh)
    # Each further window repeats the first text, the special tokens, and the overlap.
    repeated = further * (first + len(columns) + 1 + space - fresh)
    tokens = first + last + len(columns) + 1 + repeated
    windows = 1 + further
    read = windows if most is None else np.minimum(windows, most)
    return Amount(round(float(read.sum())), int((tokens * (read / windows)).sum()))


def _tokens(values: Sequence[object]) -> npt.NDArray[np.int64]:
    """Tokens of each value, by characters, and by how many of these the first have a token."""
    texts = [str(value) for value in values]
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    step = max(1, len(texts) // _SAMPLE)
    sample = texts[::step]
    characters = sum(map(len, sample))
    if not characters:
        return sizes
    share = sum(len(_TOKENS.findall(text)) for text in sample) / characters
    found: npt.NDArray[np.int64] = np.ceil(sizes * share).astype(np.int64)
    return found
