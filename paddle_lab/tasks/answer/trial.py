"""Trying questions: the answer marked in its context, and the next best pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.tasks.answer.codec import Answer, Piece
from paddle_lab.tasks.blocks import Mark
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.trial import Bar, Control, Shown, TrialBase, not_right, percent, plain
from paddle_lab.text.short import cut

_CONTEXT: Final = "context"
_SHOWN_CHARACTERS: Final = 60


class AnswerTrial(TrialBase):
    """A piece of the context, or nothing."""

    def control(self, codec: Codec) -> Control:
        """A piece of the context."""
        return Control("piece", of=_CONTEXT)

    def shown(self, answer: Answer) -> Shown:
        """The answer, and the next best pieces as bars."""
        pieces = [Bar(_brief(one), one.score, percent(one.score)) for one in answer.others]
        if answer.answer is None or answer.start is None or answer.end is None:
            none = T("the context does not answer it", "上下文中没有答案")
            return Shown(none, None, pieces)
        best = Bar(cut(answer.answer, _SHOWN_CHARACTERS), answer.score, percent(answer.score), True)
        mark = Mark(answer.start, answer.end, "right")
        right = {"text": answer.answer, "start": answer.start}
        return Shown(plain(answer.answer), right, [best, *pieces], {_CONTEXT: [mark]})

    def support(self, answers: Sequence[Answer], answer: Answer) -> list[float]:
        """The probability of the same answer; of none, where none was given."""
        if answer.answer is None:
            return [one.score if one.answer is None else 0.0 for one in answers]
        return [_chance(one, answer.answer) for one in answers]

    def value_of(self, target: Any) -> Any:
        """The first answer; None where there is none."""
        answers = target["answers"]
        return {"text": answers[0]["text"], "start": answers[0]["start"]} if answers else None

    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """``answer`` and ``answer_start``; both empty where there is no answer."""
        if value is None:
            return {"answer": "", "answer_start": ""}
        text, start = (value.get("text"), value.get("start")) if isinstance(value, dict) else (0, 0)
        if not isinstance(text, str) or not text.strip() or type(start) is not int or start < 0:
            raise not_right(value)
        if given[control.of][start : start + len(text)] != text:
            raise not_right(value)
        return {"answer": text, "answer_start": str(start)}


def _chance(found: Answer, wanted: str) -> float:
    pieces = list(found.others)
    if found.answer is not None:
        pieces.append(Piece(found.answer, found.start or 0, found.end or 0, found.score))
    return max((one.score for one in pieces if one.answer == wanted), default=0.0)


def _brief(piece: Piece) -> str:
    return cut(piece.answer, _SHOWN_CHARACTERS)
