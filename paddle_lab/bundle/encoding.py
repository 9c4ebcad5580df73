"""Texts to token ids, the same way in training, export check and prediction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.errors import DataError
from paddle_lab.i18n import T

if TYPE_CHECKING:
    from tokenizers import Tokenizer

IntArray = npt.NDArray[np.int64]

LONG_TEXT: Final = ("truncate", "windows")
_OVERLAP: Final = 4  # a window shares one part in four with the next


@dataclass(frozen=True)
class Sequences:
    """Token ids ready for the model; ``owner[i]`` is the text that ``ids[i]`` belongs to.

    ``truncated[t]`` tells whether text ``t`` lost its end, ``empty[t]`` whether it had no tokens.
    """

    ids: list[IntArray]
    owner: IntArray
    truncated: list[bool]
    empty: list[bool]


class TextEncoder:
    """A tokenizer that cuts texts to ``max_len`` tokens, or into overlapping windows of them.

    ``tokenizer_json`` is the Rust tokenizer's own form. Safe to share between threads.
    """

    def __init__(self, tokenizer_json: str, max_len: int) -> None:
        self.max_len = max_len
        self._cutting = limited(tokenizer_json, max_len)
        special = self._cutting.num_special_tokens_to_add(False)
        self._special = special
        self._sliding = limited(tokenizer_json, max_len, (max_len - special) // _OVERLAP)

    def encode(self, texts: Sequence[str], long_text: str = "truncate") -> Sequences:
        """Token ids of ``texts``, each with its special tokens, at most ``max_len`` long."""
        tokenizer = self._sliding if long_text == "windows" else self._cutting
        ids: list[IntArray] = []
        owner: list[int] = []
        truncated: list[bool] = []
        empty: list[bool] = []
        for number, encoding in enumerate(tokenizer.encode_batch_fast(list(texts))):
            windows = [encoding]
            if long_text == "windows":
                windows += encoding.overflowing
            ids += [np.asarray(window.ids, dtype=np.int64) for window in windows]
            owner += [number] * len(windows)
            truncated.append(long_text != "windows" and bool(encoding.overflowing))
            empty.append(len(encoding.ids) <= self._special)
        return Sequences(ids, np.asarray(owner, dtype=np.int64), truncated, empty)


def limited(tokenizer_json: str, max_len: int, stride: int = 0) -> Tokenizer:
    """The tokenizer, cutting at ``max_len`` tokens; windows overlap by ``stride`` tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_len, stride=stride)
    return tokenizer


def plain_json(tokenizer: Any) -> str:
    """A tokenizer in its own JSON form, without truncation and padding: those are the reader's."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return str(copy.to_str())


def pad(ids: Sequence[IntArray], pad_id: int) -> IntArray:
    """Sequences as one array of shape [rows, longest]."""
    batch = np.full((len(ids), max(len(row) for row in ids)), pad_id, dtype=np.int64)
    for place, row in enumerate(ids):
        batch[place, : len(row)] = row
    return batch


def like_lengths(ids: Sequence[IntArray], batch_size: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first, so that padding all but vanishes."""
    order = np.argsort([-len(row) for row in ids], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size].tolist()


def as_texts(texts: Any) -> list[str]:
    """A text, or texts, as a list. Raises DataError, with the place, for what is no text.

    Half of a surrogate pair, which no encoding can hold, becomes U+FFFD.
    """
    if isinstance(texts, str):
        texts = [texts]
    if isinstance(texts, (bytes, dict)) or getattr(texts, "ndim", 1) != 1:
        raise _no_texts(texts)
    try:
        found = list(texts)
    except TypeError as error:
        raise _no_texts(texts) from error
    for place, text in enumerate(found):
        if not isinstance(text, str):
            raise DataError(
                T(
                    "Text {place} is {kind}, not a text: {value}",
                    "第 {place} 条是 {kind}，不是文本：{value}",
                    place=place + 1,
                    kind=type(text).__name__,
                    value=repr(text)[:60],
                ),
                fix=T(
                    "Drop missing values and turn the rest into str first.",
                    "请先去掉缺失值，并把其余内容转换为 str。",
                ),
            )
    return [_encodable(text) for text in found]


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(text)


def _no_texts(value: object) -> DataError:
    return DataError(
        T(
            "Texts were expected, {kind} was given.",
            "需要文本，得到的是 {kind}。",
            kind=type(value).__name__,
        ),
        fix=T(
            'Give one text or a list of them: predict(["很好", "太差"]).',
            '请给出一条文本或文本列表：predict(["很好", "太差"])。',
        ),
    )
