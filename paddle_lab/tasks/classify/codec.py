"""One text to a window of tokens, logits to a label with its probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.tasks.codec import Rows, Windows
from paddle_lab.tasks.encoding import TextEncoder, as_texts
from paddle_lab.tasks.label_codec import Answer, LabelCodec
from paddle_lab.tasks.neutral import NEUTRAL_TEXTS

__all__ = ["Answer", "ClassifyCodec"]


class ClassifyCodec(LabelCodec):
    """The labels, in the order of the logits, and the tokenizer."""

    def __init__(self, tokenizer_json: str, max_len: int, labels: Sequence[str]) -> None:
        encoder = TextEncoder(tokenizer_json, max_len)
        super().__init__(labels, encoder.pad_id)
        self._encoder = encoder

    def rows_of(self, values: Any) -> Rows:
        """A text or a list of texts. Raises DataError, with the number, for what is no text."""
        return {"text": as_texts(values)}

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of each text."""
        return self._encoder.encode(rows["text"], long_text=long_text)

    def neutral_rows(self) -> Rows:
        """Sentences of all lengths and kinds."""
        return {"text": list(NEUTRAL_TEXTS)}
