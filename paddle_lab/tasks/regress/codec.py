"""One text or two to a window of tokens, one output to a number on the person's own scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import (
    TOKENS,
    Agreement,
    Outputs,
    Rows,
    Signature,
    TensorSpec,
    Windows,
)
from paddle_lab.tasks.encoding import TextEncoder, as_texts
from paddle_lab.tasks.neutral import NEUTRAL_TEXTS
from paddle_lab.tasks.pair_encoding import PairEncoder
from paddle_lab.tasks.pair_values import neutral_pairs, pairs_of

OUTPUT: Final = "score"
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """The number that the model gives to a row.

    ``low`` and ``high`` are the least and the largest score of the training rows: the scale. The
    number may lie beyond. ``windows``: how many pieces a long text was read in.
    """

    score: float
    low: float
    high: float
    truncated: bool = False
    windows: int = 1
    empty: bool = False

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class Scale:
    """What training scores are like: the model learns them with mean 0 and deviation 1."""

    mean: float
    std: float
    low: float
    high: float

    @classmethod
    def of(cls, scores: Sequence[float]) -> Scale:
        """The scale of scores that are not all equal."""
        values = np.asarray(scores, dtype=np.float64)
        return cls(float(values.mean()), float(values.std()), float(values.min()),
                   float(values.max()))  # fmt: skip

    def normal(self, scores: Sequence[float]) -> Numbers:
        """Scores as the model learns them."""
        found: Numbers = (np.asarray(scores, dtype=np.float64) - self.mean) / self.std
        return found

    def own(self, outputs: npt.NDArray[Any]) -> Numbers:
        """Outputs [rows] on the person's scale."""
        found: Numbers = outputs.astype(np.float64) * self.std + self.mean
        return found


class RegressCodec:
    """The scale, whether rows have two texts, and the tokenizer."""

    def __init__(self, tokenizer_json: str, max_len: int, scale: Scale, pair: bool) -> None:
        self.scale = scale
        self.pair = pair
        self._single = TextEncoder(tokenizer_json, max_len)
        self._pairs = PairEncoder(tokenizer_json, max_len)

    @property
    def signature(self) -> Signature:
        """Two inputs of token ids; ``score`` [rows, 1] in deviations from the mean."""
        return Signature(TOKENS, (TensorSpec(OUTPUT, ("rows", 1)),))

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._single.pad_id

    def rows_of(self, values: Any) -> Rows:
        """Texts, or pairs of texts where the model was trained on such. Raises DataError."""
        return pairs_of(values) if self.pair else {"text": as_texts(values)}

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of each row."""
        if self.pair:
            return self._pairs.encode(rows, long_text)
        return self._single.encode(rows["text"], long_text=long_text)

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Answer]:
        """The number of each row; of several windows their mean."""
        scores, pieces = self.scores(windows, outputs)
        low, high = self.scale.low, self.scale.high
        return [
            Answer(float(scores[i]), low, high, windows.truncated[i], int(pieces[i]),
                   windows.empty[i])
            for i in range(len(pieces))
        ]  # fmt: skip

    def scores(self, windows: Windows, outputs: Outputs) -> tuple[Numbers, Numbers]:
        """The numbers of all rows, and how many windows each has."""
        count = len(windows.empty)
        pieces = np.bincount(windows.owner, minlength=count).astype(np.float64)
        sums = np.bincount(windows.owner, np.asarray(outputs[OUTPUT], np.float64)[:, 0], count)
        return self.scale.own(sums / np.maximum(pieces, 1)), pieces

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """Numbers as near to each other as the outputs may be."""
        differences = np.abs(np.asarray(expected[OUTPUT]) - np.asarray(found[OUTPUT]))
        return Agreement(bool((differences <= tolerance).all()))

    def neutral_rows(self) -> Rows:
        """Sentences, or pairs of them, of all lengths and kinds."""
        return neutral_pairs() if self.pair else {"text": list(NEUTRAL_TEXTS)}

    def to_json(self) -> dict[str, Any]:
        """``{"pair", "mean", "std", "low", "high"}``."""
        return {"pair": self.pair, **asdict(self.scale)}


def codec_from(tokenizer_json: str, max_len: int, content: Mapping[str, Any]) -> RegressCodec:
    """The codec of its JSON. Raises KeyError, TypeError or ValueError for what is none."""
    pair = content["pair"]
    values = {name: content[name] for name in ("mean", "std", "low", "high")}
    if not isinstance(pair, bool):
        raise TypeError("pair is no truth value")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name} is no number")
        if not math.isfinite(value):
            raise ValueError(f"{name} is not finite")
    if values["std"] <= 0 or values["low"] > values["high"]:
        raise ValueError("this is no scale")
    return RegressCodec(tokenizer_json, max_len, Scale(**values), pair)
