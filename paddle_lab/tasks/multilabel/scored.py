"""An evaluation as this task sees it: right labels beside probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.api import Evaluation
from paddle_lab.tasks.codec import FloatArray
from paddle_lab.tasks.multilabel.codec import BoolArray, MultiLabelCodec, Probabilities
from paddle_lab.tasks.multilabel.scores import cross_entropy


@dataclass(frozen=True)
class Scored:
    """Rows with their right labels and what the model said.

    ``gold`` and ``predicted`` [rows, labels] say which labels hold; ``logits`` [rows, labels] are
    the highest of a row's windows; ``lines`` say where the rows stand in their source, None where
    nowhere.
    """

    split: str
    texts: Sequence[str]
    lines: Sequence[int | None]
    gold: BoolArray
    probabilities: Probabilities
    predicted: BoolArray
    logits: FloatArray
    labels: Sequence[str]
    thresholds: Sequence[float]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Scored:
        """The evaluation of a :class:`~paddle_lab.tasks.multilabel.codec.MultiLabelCodec`."""
        codec, data = evaluation.codec, evaluation.data
        if not isinstance(codec, MultiLabelCodec):
            raise TypeError(f"{type(codec).__name__} is not a codec of this task")
        windows, outputs = evaluation.windows, evaluation.outputs
        probabilities = codec.probabilities(windows, outputs)
        logits = np.full(probabilities.shape, -np.inf, dtype=np.float32)
        np.maximum.at(logits, windows.owner, outputs["logits"])
        return cls(
            evaluation.split,
            data.texts,
            data.lines,
            indicators(data.targets, codec.labels),
            probabilities,
            codec.choose(probabilities),
            logits,
            codec.labels,
            codec.thresholds,
        )

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        """The mean binary cross-entropy of each row's labels [rows]."""
        return cross_entropy(self.logits, self.gold)


def indicators(targets: Sequence[Sequence[str]], labels: Sequence[str]) -> BoolArray:
    """Which labels [rows, labels] each target has. Raises KeyError for a strange one."""
    index: Mapping[str, int] = {label: number for number, label in enumerate(labels)}
    found = np.zeros((len(targets), len(labels)), dtype=np.bool_)
    for row, target in enumerate(targets):
        found[row, [index[label] for label in target]] = True
    return found
