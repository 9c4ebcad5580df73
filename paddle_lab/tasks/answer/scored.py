"""An evaluation as question answering sees it: answers beside the right ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.answer.codec import Answer, AnswerCodec
from paddle_lab.tasks.answer.scores import score
from paddle_lab.tasks.answer.spans import NONE, Preferences
from paddle_lab.tasks.api import Evaluation

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Rows with the answers given and the right ones, and the two scores of each row [rows].

    ``preferences`` are those that the answers were ranked with.
    """

    questions: Sequence[str]
    contexts: Sequence[str]
    lines: Sequence[int | None]
    targets: Sequence[Mapping[str, Any]]
    answers: Sequence[Answer]
    f1: FloatArray
    exact: npt.NDArray[np.bool_]
    preferences: Preferences = NONE

    @classmethod
    def of(cls, evaluation: Evaluation) -> Scored:
        """What an :class:`~paddle_lab.tasks.answer.codec.AnswerCodec` made of the outputs."""
        data = evaluation.data
        codec = cast(AnswerCodec, evaluation.codec)
        answers = codec.decode(data.given, evaluation.windows, evaluation.outputs)
        f1, exact = scores_of([answer.answer for answer in answers], data.targets)
        return cls(
            data.given["question"], data.given["context"], data.lines, data.targets, answers, f1,
            exact, codec.preferences,
        )  # fmt: skip

    @property
    def answerable(self) -> npt.NDArray[np.bool_]:
        """Which rows have an answer."""
        return np.array([bool(target["answers"]) for target in self.targets], dtype=bool)

    @property
    def said_none(self) -> npt.NDArray[np.bool_]:
        """Which rows were given no answer."""
        return np.array([answer.answer is None for answer in self.answers], dtype=bool)


def right_texts(target: Mapping[str, Any]) -> list[str]:
    """The texts of the right answers."""
    return [answer["text"] for answer in target["answers"]]


def scores_of(
    given: Sequence[str | None], targets: Sequence[Mapping[str, Any]]
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """F1 and exact match of each row [rows]."""
    found = [score(one, right_texts(target)) for one, target in zip(given, targets, strict=True)]
    return (
        np.array([one.f1 for one in found], dtype=np.float64),
        np.array([one.exact for one in found], dtype=bool),
    )


def measure(scored: Scored) -> dict[str, float]:
    """Mean F1 and the share of exact answers.

    Where some rows have no answer, also both for those that have one, and the share of rows in
    which "no answer" was said or not said rightly.
    """
    if not len(scored.f1):
        return {"f1": 0.0, "em": 0.0}
    found = {"f1": float(scored.f1.mean()), "em": float(scored.exact.mean())}
    answerable = scored.answerable
    if answerable.any() and not answerable.all():
        found["f1_answerable"] = float(scored.f1[answerable].mean())
        found["em_answerable"] = float(scored.exact[answerable].mean())
        found["no_answer_accuracy"] = float((scored.said_none != answerable).mean())
    return found
