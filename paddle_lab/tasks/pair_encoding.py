"""Pairs of texts to token ids, for every task that reads two texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from paddle_lab.tasks.codec import Rows, Windows
from paddle_lab.tasks.encoding import TextEncoder, limited
from paddle_lab.tasks.pair_columns import TEXT, TEXT2

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# [CLS] first [SEP] second [SEP]
_SPECIAL = 3


class PairEncoder:
    """A tokenizer for rows of two texts. Safe to share between threads.

    What is longer than ``max_len`` loses tokens of the longer text first; in windows the second
    text is read whole, beside at most half a window of the first.
    """

    def __init__(self, tokenizer_json: str, max_len: int) -> None:
        self._json = tokenizer_json
        self._encoder = TextEncoder(tokenizer_json, max_len)
        self._half: Tokenizer | None = None

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._encoder.pad_id

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of each pair."""
        firsts, seconds = rows[TEXT], rows[TEXT2]
        cut: Sequence[bool] = [False] * len(firsts)
        if long_text == "windows":
            firsts, cut = self._beginnings(firsts)
        windows = self._encoder.encode(firsts, seconds, long_text=long_text)
        truncated = [one or other for one, other in zip(windows.truncated, cut, strict=True)]
        return replace(windows, truncated=truncated)

    def _beginnings(self, texts: Sequence[str]) -> tuple[list[str], list[bool]]:
        """The texts, cut to half a window, and whether they were: the other half is for seconds."""
        if self._half is None:
            self._half = limited(self._json, max(1, (self._encoder.max_len - _SPECIAL) // 2))
        found: list[str] = []
        cut: list[bool] = []
        for text, encoding in zip(
            texts, self._half.encode_batch(list(texts), add_special_tokens=False), strict=True
        ):
            cut.append(bool(encoding.overflowing))
            found.append(text[: encoding.offsets[-1][1]] if encoding.overflowing else text)
        return found, cut
