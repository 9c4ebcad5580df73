"""A question and its context to windows of tokens; logits to the span that answers it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.tasks.answer.neutral import NEUTRAL_QUESTIONS
from paddle_lab.tasks.answer.spans import NONE, Preferences, RowSpans, row_spans
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

# A score is made of two logits and two sums over logits: it changes by at most four times as much
# as they do, and the difference of two scores by eight times.
_OF_A_DIFFERENCE: Final = 8
_OTHERS: Final = 4
_MOST_WEIGHT: Final = 1000.0


@dataclass(frozen=True)
class Piece:
    """A piece of the context, with its position and its probability."""

    answer: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Answer:
    """What the context says to the question.

    ``answer`` stands at ``start`` to ``end`` (characters of the context, the end exclusive); None
    when the context does not answer the question. ``score`` is the probability of that span within
    the part of the context that was read at once. ``no_answer`` is above 0 where none is given: how
    far the doubt lies above the threshold (a logarithm); None where the model always answers.
    ``others``: the next best pieces. ``windows``: in how many parts the context was read.
    """

    answer: str | None
    start: int | None
    end: int | None
    score: float
    no_answer: float | None = None
    others: tuple[Piece, ...] = ()
    windows: int = 1
    truncated: bool = False
    empty: bool = False

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {**asdict(self), "others": [asdict(piece) for piece in self.others]}


class AnswerCodec:
    """The longest answer, the threshold of "no answer", preferences, and the tokenizer.

    ``threshold``: a row whose doubt (:attr:`RowSpans.doubt`) is above it has no answer; None where
    every question has one.
    """

    def __init__(
        self,
        tokenizer_json: str,
        max_len: int,
        longest: int,
        threshold: float | None = None,
        preferences: Preferences = NONE,
    ) -> None:
        self.longest = longest
        self.threshold = threshold
        self.preferences = preferences
        self._encoder = TextEncoder(tokenizer_json, max_len, offsets=True)

    def learnt(self, threshold: float | None, preferences: Preferences = NONE) -> AnswerCodec:
        """The same with another threshold and other preferences."""
        other = AnswerCodec.__new__(AnswerCodec)
        other.__dict__ |= {**self.__dict__, "threshold": threshold, "preferences": preferences}
        return other

    @property
    def signature(self) -> Signature:
        """Two inputs of token ids; for each token, how likely an answer begins and ends there."""
        return Signature(
            TOKENS,
            (
                TensorSpec("start_logits", ("rows", "tokens")),
                TensorSpec("end_logits", ("rows", "tokens")),
            ),
        )

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._encoder.pad_id

    def rows_of(self, values: Any) -> Rows:
        """A question with its context, or a list of such.

        One is a pair, ``{"question": ..., "context": ...}``, or a text with a tab between the two;
        two texts, the first without a tab, are one question and its context. Raises DataError, with
        the number.
        """
        pairs = [values] if isinstance(values, (str, Mapping)) else _listed(values)
        if len(pairs) == 2 and all(isinstance(one, str) for one in pairs) and "\t" not in pairs[0]:
            pairs = [tuple(pairs)]
        found = [_pair(value, number) for number, value in enumerate(pairs, start=1)]
        return {
            "question": as_texts([question for question, _ in found]),
            "context": as_texts([context for _, context in found]),
        }

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of question and context; windows slide over the context alone."""
        return self._encoder.encode(rows["question"], rows["context"], long_text=long_text)

    def spans(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[RowSpans]:
        """The best spans of each row."""
        return row_spans(rows, windows, outputs, self.longest, self.preferences)

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Answer]:
        """The most probable span over all windows of a row, or that there is none."""
        counts = [0] * len(windows.empty)
        for owner in windows.owner.tolist():
            counts[owner] += 1
        return [
            self._answer(rows["context"][row], spans, counts[row], windows, row)
            for row, spans in enumerate(self.spans(rows, windows, outputs))
        ]

    def _answer(
        self, context: str, found: RowSpans, count: int, windows: Windows, row: int
    ) -> Answer:
        pieces = [
            Piece(
                context[span.start : span.end], span.start, span.end, math.exp(span.log_probability)
            )
            for span in found.spans[: 1 + _OTHERS]
        ]
        doubt = None
        if self.threshold is not None and found.spans:
            doubt = found.doubt - self.threshold
        state: dict[str, Any] = {
            "no_answer": doubt,
            "windows": count,
            "truncated": windows.truncated[row],
            "empty": not found.spans or windows.empty[row],
        }
        if not self.answers(found):
            return Answer(None, None, None, math.exp(found.null), others=tuple(pieces), **state)
        best, *others = pieces
        return Answer(best.answer, best.start, best.end, best.score, others=tuple(others), **state)

    def answers(self, found: RowSpans) -> bool:
        """Whether a row is answered."""
        if not found.spans:
            return False
        return self.threshold is None or found.doubt <= self.threshold

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """The same spans, or ones that nothing but the tolerance parts in ``expected``."""
        room = _OF_A_DIFFERENCE * tolerance
        equal, ties = True, 0
        for one, other in zip(
            self.spans(rows, windows, expected), self.spans(rows, windows, found), strict=True
        ):
            allowed = self._allowed(one, room)
            ties += len(allowed) > 1
            equal = equal and self._choice(other) in allowed
        return Agreement(equal, ties)

    def _choice(self, found: RowSpans) -> tuple[int, int] | None:
        if not self.answers(found):
            return None
        return found.spans[0].start, found.spans[0].end

    def _allowed(self, found: RowSpans, room: float) -> set[tuple[int, int] | None]:
        """All answers that outputs within the tolerance may give."""
        allowed: set[tuple[int, int] | None] = {self._choice(found)}
        near = self.threshold is not None and abs(found.doubt - self.threshold) <= room
        if near:
            allowed.add(None)
        if found.spans and (near or None not in allowed):
            best = found.spans[0].score
            allowed |= {(s.start, s.end) for s in found.spans if best - s.score <= room}
        return allowed

    def neutral_rows(self) -> Rows:
        """Questions and contexts of all lengths and kinds."""
        return {
            "question": [question for question, _ in NEUTRAL_QUESTIONS],
            "context": [context for _, context in NEUTRAL_QUESTIONS],
        }

    def to_json(self) -> dict[str, Any]:
        """``{"answer_length", "threshold", "likeness", "brevity"}``."""
        return {
            "answer_length": self.longest,
            "threshold": self.threshold,
            **asdict(self.preferences),
        }

    @classmethod
    def from_json(
        cls, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> AnswerCodec:
        """From what :meth:`to_json` gave. Raises KeyError, TypeError or ValueError."""
        longest, threshold = content["answer_length"], content["threshold"]
        if isinstance(longest, bool) or not isinstance(longest, int) or not 1 <= longest <= 2000:
            raise ValueError("answer_length is not a number from 1 to 2000")
        if threshold is not None:
            threshold = float(threshold)
            if not math.isfinite(threshold):
                raise ValueError("threshold is not finite")
        likeness, brevity = (float(content.get(name, 0.0)) for name in ("likeness", "brevity"))
        if not (0 <= likeness <= _MOST_WEIGHT and 0 <= brevity <= _MOST_WEIGHT):
            raise ValueError("likeness and brevity are not numbers from 0 to 1000")
        preferences = Preferences(likeness, brevity)
        return cls(tokenizer_json, max_len, longest, threshold, preferences)


def _listed(values: Any) -> list[Any]:
    if isinstance(values, bytes) or not hasattr(values, "__iter__"):
        raise _no_question(values, 1)
    return list(values)


def _pair(value: Any, number: int) -> tuple[Any, Any]:
    if isinstance(value, Mapping) and {"question", "context"} <= set(value):
        return value["question"], value["context"]
    if isinstance(value, str) and "\t" in value:
        question, _, context = value.partition("\t")
        return question, context
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and len(value) == 2:
        return value[0], value[1]
    raise _no_question(value, number)


def _no_question(value: Any, number: int) -> DataError:
    return DataError(
        T("Row {number} is not a question with its context: {value}",
          "第 {number} 条不是带有上下文的问题：{value}", number=number, value=repr(value)[:60]),
        T("A question is answered by a piece of a text, which must be given.",
          "答案取自一段文本，因此必须给出该文本。"),
        T('Give both: predict last "question" "context", or a line question<TAB>context.',
          '请同时给出：predict last "问题" "上下文"，或一行 问题<TAB>上下文。'),
        code="data.no_context",
    )  # fmt: skip
