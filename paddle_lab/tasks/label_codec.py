"""Logits to a label with its probability: the codec of tasks of one label a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from paddle_lab.tasks.scores import softmax


@dataclass(frozen=True)
class Answer:
    """What the model says of one text.

    ``probabilities`` of all labels, most probable first. ``truncated``: the text was longer than
    the model reads and its end was not seen. ``windows``: how many pieces a long text was read in.
    ``empty``: the text had nothing that the model could read; its answer means nothing. ``value``
    is the label as the training rows held it: 1 where those were whole numbers.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    truncated: bool = False
    windows: int = 1
    empty: bool = False
    value: Any = None

    def to_json(self) -> dict[str, Any]:
        """All fields; ``value`` only where it is not the label itself."""
        content = {**vars(self), "probabilities": dict(self.probabilities)}
        if self.value is None or self.value == self.label:
            del content["value"]
        return content


class LabelCodec:
    """The labels, in the order of the logits; a task adds how its rows become tokens.

    ``values`` are what labels were in the training rows, by label, where that is not their text.
    """

    def __init__(self, labels: Sequence[str], pad_id: int) -> None:
        self.labels = list(labels)
        self.values: dict[str, Any] = {}
        self._pad_id = pad_id

    @property
    def signature(self) -> Signature:
        """Two inputs of token ids; ``logits`` [rows, labels]."""
        return Signature(TOKENS, (TensorSpec("logits", ("rows", len(self.labels))),))

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._pad_id

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Answer]:
        """The most probable label; of several windows by the mean of their probabilities."""
        count = len(windows.empty)
        pieces = np.bincount(windows.owner, minlength=count)
        sums = np.zeros((count, len(self.labels)))
        np.add.at(sums, windows.owner, softmax(outputs["logits"]))
        means = sums / pieces[:, None]
        return [
            self._answer(means[i], windows.truncated[i], int(pieces[i]), windows.empty[i])
            for i in range(count)
        ]

    def _answer(
        self, row: npt.NDArray[np.float64], truncated: bool, windows: int, empty: bool
    ) -> Answer:
        order = np.argsort(-row, kind="stable")
        ranked = {self.labels[i]: float(row[i]) for i in order}
        best = self.labels[order[0]]
        value = self.values.get(best, best)
        return Answer(best, ranked[best], ranked, truncated, windows, empty, value)

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """The same label, or one whose logit lies within the tolerance of the best."""
        return same_choice(expected["logits"], found["logits"], tolerance)

    def to_json(self) -> dict[str, Any]:
        """``{"labels": [...]}``, and ``values`` where there are some."""
        return {"labels": self.labels, **({"values": self.values} if self.values else {})}


def same_choice(expected: FloatArray, found: FloatArray, tolerance: float) -> Agreement:
    """Whether every row [rows, choices] of ``found`` chooses what ``expected`` allows.

    A row whose best two values lie within the tolerance allows both: a tie.
    """
    index = np.arange(len(expected))
    best = expected.max(axis=1)
    chosen = expected[index, found.argmax(axis=1)]
    ties = int(((best - np.partition(expected, -2, axis=1)[:, -2]) <= tolerance).sum())
    return Agreement(bool((best - chosen <= tolerance).all()), ties)
