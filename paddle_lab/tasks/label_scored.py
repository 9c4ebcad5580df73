"""An evaluation as a classifier sees it: class indices beside logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paddle_lab.tasks.api import Evaluation
from paddle_lab.tasks.codec import FloatArray, IntArray


@dataclass(frozen=True)
class Scored:
    """Rows with their right class and what the model said.

    ``gold`` are class indices [rows], ``logits`` are [rows, labels]; ``lines`` say where the rows
    stand in their source, None where nowhere.
    """

    split: str
    texts: Sequence[str]
    lines: Sequence[int | None]
    gold: IntArray
    logits: FloatArray
    labels: Sequence[str]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Scored:
        """The evaluation of a task with one text and one label a row."""
        labels = list(evaluation.codec.to_json()["labels"])
        data = evaluation.data
        return cls(
            evaluation.split,
            data.texts,
            data.lines,
            indices(data.labels, labels),
            evaluation.outputs["logits"],
            labels,
        )

    @property
    def predicted(self) -> IntArray:
        """The most probable class of each row [rows]."""
        found: IntArray = self.logits.argmax(axis=1)
        return found


def indices(labels: Sequence[str], known: Sequence[str]) -> IntArray:
    """The index of each of ``labels`` among ``known``. Raises KeyError for a strange one."""
    index: Mapping[str, int] = {label: number for number, label in enumerate(known)}
    return np.array([index[label] for label in labels], dtype=np.int64)
