"""Texts and pairs of texts to token ids: the same in training, export, proof and prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.tasks.codec import IntArray, Windows
from paddle_lab.tasks.forks import keep_forks_quiet

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

LONG_TEXT: Final = ("truncate", "windows")
_OVERLAP: Final = 4  # a window shares one part in four with the next


class TextEncoder:
    """A tokenizer that cuts rows to ``max_len`` tokens, or into overlapping windows of them.

    ``tokenizer_json`` is the Rust tokenizer's own form. A row is one text, or two: then both are
    cut, the longer first; windows slide over the second alone, and of the first they hold at most
    what fills half of them. A row counts as empty when a text of it has no token that the
    vocabulary knows. ``offsets`` asks for the characters of every token. Safe to share between
    threads.
    """

    def __init__(self, tokenizer_json: str, max_len: int, *, offsets: bool = False) -> None:
        self.max_len = max_len
        self._json = tokenizer_json
        self._offsets = offsets
        self._cutting = limited(tokenizer_json, max_len)
        self._unknown = unknown_id(self._cutting)
        self._sliding: dict[bool, Tokenizer] = {}

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return int(self._cutting.token_to_id("[PAD]") or 0)

    def encode(
        self,
        texts: Sequence[str],
        seconds: Sequence[str] | None = None,
        *,
        long_text: str = "truncate",
    ) -> Windows:
        """Windows of ``texts``, or of pairs with ``seconds``, each with its special tokens."""
        whole = long_text == "windows"
        pairs = seconds is not None
        shortened = self._shortened(texts) if whole and pairs else texts
        rows: list[Any] = list(texts)
        if seconds is not None:
            rows = list(zip(shortened, seconds, strict=True))
        tokenizer = self._sliding_over(pairs) if whole else self._cutting
        # The fast form gives type ids of the first text to all windows of a pair but the first one.
        exact = self._offsets or (whole and pairs)
        encode = tokenizer.encode_batch if exact else tokenizer.encode_batch_fast
        special = self._cutting.num_special_tokens_to_add(pairs)
        windows: list[Encoding] = []
        owner: list[int] = []
        truncated: list[bool] = []
        empty: list[bool] = []
        for index, encoding in enumerate(encode(rows)):
            found = [encoding, *encoding.overflowing] if whole else [encoding]
            windows += found
            owner += [index] * len(found)
            cut = shortened[index] != texts[index] if whole else bool(encoding.overflowing)
            truncated.append(cut)
            empty.append(all(self._is_empty(window, special, pairs) for window in found))
        return Windows(
            [np.asarray(window.ids, dtype=np.int64) for window in windows],
            np.asarray(owner, dtype=np.int64),
            truncated,
            empty,
            [_array(window.type_ids) for window in windows] if pairs else None,
            [_array(window.offsets) for window in windows] if self._offsets else None,
            [_sequence(window) for window in windows] if self._offsets else None,
        )

    def _is_empty(self, window: Encoding, special: int, pairs: bool) -> bool:
        """Whether a window has no token that the vocabulary knows; of a pair, on one side."""
        ids = window.ids
        if not pairs or self._unknown not in ids:
            known = len(ids) - special - ids.count(self._unknown)
            return known <= 0 if not pairs else len({*window.sequence_ids} - {None}) < 2
        sides = zip(window.sequence_ids, ids, strict=True)
        return len({side for side, token in sides if token != self._unknown} - {None}) < 2

    def _shortened(self, texts: Sequence[str]) -> list[str]:
        """Texts of at most half of what a window holds: the rest is for the second."""
        room = self.max_len - self._cutting.num_special_tokens_to_add(True)
        tokenizer = limited(self._json, max(1, room // 2))
        found = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            text[: encoding.offsets[-1][1]] if encoding.overflowing else text
            for text, encoding in zip(texts, found, strict=True)
        ]

    def _sliding_over(self, pairs: bool) -> Tokenizer:
        """The tokenizer that makes windows; made when it is first needed."""
        if pairs not in self._sliding:
            room = self.max_len - self._cutting.num_special_tokens_to_add(pairs)
            strategy = "only_second" if pairs else "longest_first"
            self._sliding[pairs] = limited(self._json, self.max_len, room // _OVERLAP, strategy)
        return self._sliding[pairs]


def _array(values: Any) -> IntArray:
    return np.asarray(values, dtype=np.int64)


def _sequence(window: Encoding) -> IntArray:
    """Which text each token is of; -1 for special tokens."""
    return _array([-1 if index is None else index for index in window.sequence_ids])


def limited(
    tokenizer_json: str, max_len: int, stride: int = 0, strategy: str = "longest_first"
) -> Tokenizer:
    """The tokenizer, cutting at ``max_len`` tokens; windows overlap by ``stride`` tokens."""
    from tokenizers import Tokenizer

    keep_forks_quiet()
    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_len, stride=stride, strategy=strategy)
    return tokenizer


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """The id of the token for whatever the vocabulary lacks; None where there is none."""
    token = getattr(tokenizer.model, "unk_token", None)
    return tokenizer.token_to_id(token) if token is not None else None


def plain_json(tokenizer: Any) -> str:
    """A tokenizer in its own JSON form, without truncation and padding: those are the reader's."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return str(copy.to_str())


def as_texts(texts: Any) -> list[str]:
    """A text, or texts, as a list. Raises DataError, with its number, for what is no text.

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
    for index, text in enumerate(found):
        if not isinstance(text, str):
            raise DataError(
                T(
                    "Text {number} is {kind}, not a text: {value}",
                    "第 {number} 条是 {kind}，不是文本：{value}",
                    number=index + 1,
                    kind=type(text).__name__,
                    value=repr(text)[:60],
                ),
                fix=T(
                    "Drop missing values and turn the rest into str first.",
                    "请先去掉缺失值，并把其余内容转换为 str。",
                ),
                code="data.texts",
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
        code="data.texts",
    )
