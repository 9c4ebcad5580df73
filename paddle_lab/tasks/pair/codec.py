"""Two texts to a window of tokens, logits to a label with its probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.tasks.codec import Rows, Windows
from paddle_lab.tasks.label_codec import Answer, LabelCodec
from paddle_lab.tasks.pair_encoding import PairEncoder
from paddle_lab.tasks.pair_values import neutral_pairs, pairs_of

__all__ = ["Answer", "PairCodec"]


class PairCodec(LabelCodec):
    """The labels, in the order of the logits, and a tokenizer for pairs."""

    def __init__(self, tokenizer_json: str, max_len: int, labels: Sequence[str]) -> None:
        pairs = PairEncoder(tokenizer_json, max_len)
        super().__init__(labels, pairs.pad_id)
        self._pairs = pairs

    def rows_of(self, values: Any) -> Rows:
        """Pairs: (a, b), "a<TAB>b", two plain texts. Raises DataError, with the number."""
        return pairs_of(values)

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of each pair."""
        return self._pairs.encode(rows, long_text)

    def neutral_rows(self) -> Rows:
        """Pairs of all lengths and kinds."""
        return neutral_pairs()
