"""One text to a window of tokens, a logit for each label to the labels that hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import (
    TOKENS,
    Agreement,
    FloatArray,
    Outputs,
    Rows,
    Signature,
    TensorSpec,
    Windows,
)
from paddle_lab.tasks.encoding import TextEncoder, as_texts
from paddle_lab.tasks.levels import close, lift, parents
from paddle_lab.tasks.neutral import NEUTRAL_TEXTS

BoolArray = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float64]

#: Where nothing was chosen on dev.
HALF: Final = 0.5


@dataclass(frozen=True)
class Answer:
    """What the model says of one text.

    ``labels`` are those whose probability reaches their threshold, most probable first; there may
    be none. ``probabilities`` of all labels, most probable first. ``truncated``: the text was
    longer than the model reads and its end was not seen. ``windows``: how many pieces a long text
    was read in. ``empty``: there was nothing that the model could read; the answer means nothing.
    """

    labels: list[str]
    probabilities: dict[str, float]
    truncated: bool = False
    windows: int = 1
    empty: bool = False

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


class MultiLabelCodec:
    """The labels in the order of the logits, the threshold of each, and the tokenizer."""

    def __init__(
        self,
        tokenizer_json: str,
        max_len: int,
        labels: Sequence[str],
        thresholds: Sequence[float] | None = None,
        *,
        encoder: TextEncoder | None = None,
    ) -> None:
        self.labels = list(labels)
        self.thresholds = [HALF] * len(self.labels) if thresholds is None else list(thresholds)
        self._json, self._max_len = tokenizer_json, max_len
        self._encoder = encoder or TextEncoder(tokenizer_json, max_len)
        self._parents = parents(self.labels)

    def with_thresholds(self, thresholds: Sequence[float]) -> MultiLabelCodec:
        """The same with other thresholds."""
        return MultiLabelCodec(
            self._json, self._max_len, self.labels, thresholds, encoder=self._encoder
        )

    @property
    def signature(self) -> Signature:
        """Two inputs of token ids; ``logits`` [rows, labels]."""
        return Signature(TOKENS, (TensorSpec("logits", ("rows", len(self.labels))),))

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._encoder.pad_id

    def rows_of(self, values: Any) -> Rows:
        """A text or a list of texts. Raises DataError, with the number, for what is no text."""
        return {"text": as_texts(values)}

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of each text."""
        return self._encoder.encode(rows["text"], long_text=long_text)

    def probabilities(self, windows: Windows, outputs: Outputs) -> Probabilities:
        """The probability of each label [rows, labels].

        Of several windows the highest: a label may hold for one part of a text. A label above
        another is at least as probable.
        """
        found = np.zeros((len(windows.empty), len(self.labels)))
        np.maximum.at(found, windows.owner, sigmoid(outputs["logits"]))
        return lift(found, self._parents)

    def choose(
        self, probabilities: Probabilities, thresholds: Sequence[float] | None = None
    ) -> BoolArray:
        """The labels [rows, labels] whose probability reaches their threshold."""
        limits = self.thresholds if thresholds is None else thresholds
        return close(probabilities >= np.asarray(limits), self._parents)

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Answer]:
        """The labels that hold for each text."""
        probabilities = self.probabilities(windows, outputs)
        chosen = self.choose(probabilities)
        pieces = np.bincount(windows.owner, minlength=len(windows.empty))
        answers = []
        for row, values in enumerate(probabilities):
            order = np.argsort(-values, kind="stable").tolist()
            answers.append(
                Answer(
                    [self.labels[label] for label in order if chosen[row, label]],
                    {self.labels[label]: float(values[label]) for label in order},
                    windows.truncated[row],
                    int(pieces[row]),
                    windows.empty[row],
                )
            )
        return answers

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """The same labels in every window, but those within the tolerance of their threshold."""
        limits = np.log(self.thresholds) - np.log1p(-np.asarray(self.thresholds))
        before, after = expected["logits"] - limits, found["logits"] - limits
        near = np.abs(before) <= tolerance
        equal = near | ((before >= 0) == (after >= 0))
        return Agreement(bool(equal.all()), int(near.any(axis=1).sum()))

    def neutral_rows(self) -> Rows:
        """Sentences of all lengths and kinds."""
        return {"text": list(NEUTRAL_TEXTS)}

    def to_json(self) -> dict[str, Any]:
        """``{"labels": [...], "thresholds": [...]}``."""
        return {"labels": self.labels, "thresholds": self.thresholds}


def codec_from(tokenizer_json: str, max_len: int, content: Any) -> MultiLabelCodec:
    """From ``to_json``. Raises KeyError, TypeError or ValueError for what is none."""
    labels, thresholds = content["labels"], content["thresholds"]
    texts = isinstance(labels, list) and all(isinstance(one, str) and one for one in labels)
    if not texts or not labels or len(set(labels)) != len(labels):
        raise ValueError("labels are not different texts")
    if not isinstance(thresholds, list) or len(thresholds) != len(labels):
        raise ValueError("there is not one threshold for each label")
    for value in thresholds:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
            raise ValueError("a threshold does not lie between 0 and 1")
    return MultiLabelCodec(tokenizer_json, max_len, labels, [float(value) for value in thresholds])


def sigmoid(logits: FloatArray) -> Probabilities:
    """Probabilities of logits, of any size without overflow."""
    values = logits.astype(np.float64)
    small = np.exp(-np.abs(values))
    result: Probabilities = np.where(values >= 0, 1.0, small) / (1.0 + small)
    return result
