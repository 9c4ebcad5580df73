"""An evaluation as a tagger sees it: the spans that are right beside those that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paddle_lab.tasks.api import Evaluation
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.tag.scores import Score, counts, score_spans
from paddle_lab.tasks.tag.spans import Span, spans_of


@dataclass(frozen=True)
class Scored:
    """Rows with their right spans and those of the model; ``lines`` as in the data."""

    split: str
    texts: Sequence[str]
    lines: Sequence[int | None]
    gold: Sequence[Sequence[Span]]
    found: Sequence[Sequence[Span]]
    types: Sequence[str]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Scored:
        """The evaluation of a :class:`~paddle_lab.tasks.tag.codec.TagCodec`."""
        data = evaluation.data
        answers = evaluation.codec.decode(data.given, evaluation.windows, evaluation.outputs)
        return cls(
            evaluation.split,
            data.texts,
            data.lines,
            [spans_of(target) for target in data.targets],
            [spans_of_answer(answer) for answer in answers],
            evaluation.codec.to_json()["types"],
        )

    def score(self) -> tuple[Score, dict[str, Score]]:
        """Figures of all spans, and of each type."""
        return score_spans(self.texts, self.gold, self.found, self.types)

    def counts(self) -> IntArray:
        """Counts of each row [rows, 3]."""
        return counts(self.gold, self.found)


def spans_of_answer(answer: object) -> list[Span]:
    """The spans of an answer."""
    return [Span(span.start, span.end, span.label) for span in answer.spans]  # type: ignore[attr-defined]
