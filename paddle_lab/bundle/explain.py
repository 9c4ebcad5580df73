"""Which characters decided an answer: what becomes of it when each piece of the text is left out.

Occlusion: the text is divided into pieces (words of letters, single characters of Chinese), each
is taken out in turn, and all these rows are answered by the same predictor at once. A piece weighs
what the answer loses without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.bundle.predictor import Predictor
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import get_task

#: Rows that are answered for one explanation, and characters of a text that are looked at.
MOST_PIECES: Final = 48
MOST_CHARACTERS: Final = 1000
# A word of letters and digits, or a character with what joins it: accents, skin tones, ZWJ.
_PIECE: Final = re.compile(
    "(?:[0-9A-Za-z\u00c0-\u024f\u0300-\u036f\u0370-\u1fff'_]+"
    "|[^\\s])(?:[\u0300-\u036f\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.)*"
)

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """Characters ``start`` to ``end`` of the text of ``role``.

    ``weight`` is what the answer loses without them, from -1 to 1: above 0 they speak for it.
    """

    role: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """The pieces, in the order of the text; ``method`` says how they were found.

    None of them where ``method`` says why there are none.
    """

    method: Text
    pieces: Sequence[Piece] = ()


def explain(predictor: Predictor, given: Mapping[str, str], answer: Any) -> Explanation:
    """Why ``predictor`` gave ``answer`` to the row ``given``: a text by role.

    At most :data:`MOST_PIECES` rows are answered; of longer texts several characters are left out
    together. Raises BundleError as the predictor does.
    """
    task = get_task(predictor.task)
    before = None if task.trial is None else task.trial.support([answer], answer)
    if task.trial is None or before is None or answer.empty:
        return Explanation(T("There is nothing to explain.", "没有需要解释的内容。"))
    if task.long_text == "windows" and max(map(len, given.values())) > MOST_CHARACTERS:
        return Explanation(
            T("Which characters decided is told of texts of up to {n} characters.",
              "只对不超过 {n} 个字符的文本说明哪些字符起了决定作用。", n=MOST_CHARACTERS)
        )  # fmt: skip
    marks = task.marks(answer)
    spans = {
        role: _outside(_units(text[: _read(predictor, given, role)]),
                       [(mark.start, mark.end) for mark in marks.get(role, ())])
        for role, text in given.items()
    }  # fmt: skip
    size = -(-sum(map(len, spans.values())) // MOST_PIECES)
    pieces = [
        (role, *span)
        for role, units in spans.items()
        for span in _grouped(units, max(1, size), [mark.start for mark in marks.get(role, ())])
    ]
    if not pieces:
        return Explanation(T("There is nothing to leave out.", "没有可以去掉的内容。"))
    rows = {
        role: [text[:start] + text[end:] if role == own else text for own, start, end in pieces]
        for role, text in given.items()
    }
    after = task.trial.support(predictor.answers(rows, batch_size=MOST_PIECES), answer) or []
    found = [
        Piece(*piece, round(before[0] - value, 4))
        for piece, value in zip(pieces, after, strict=True)
    ]
    return Explanation(_method(size, skipped=any(marks.values())), found)


def _read(predictor: Predictor, given: Mapping[str, str], role: str) -> int:
    """About how many characters of a text the model reads: others cannot decide."""
    low, high = 0, min(len(given[role]), MOST_CHARACTERS)

    def whole(length: int) -> bool:
        row = {one: [text[:length] if one == role else text] for one, text in given.items()}
        return not predictor.codec.encode(row).truncated[0]

    if get_task(predictor.task).long_text == "windows" or whole(high):
        return high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if whole(middle) else (low, middle - 1)
    return low


def _units(text: str) -> list[Span]:
    return [found.span() for found in _PIECE.finditer(text)]


def _outside(units: Sequence[Span], marks: Sequence[Span]) -> list[Span]:
    """The units that lie in no mark: that a span goes with its own characters says nothing."""
    return [
        (start, end) for start, end in units if all(end <= a or b <= start for a, b in marks)
    ]  # fmt: skip


def _grouped(units: Sequence[Span], size: int, marks: Sequence[int]) -> list[Span]:
    """Units that follow each other, at most ``size`` together, with no mark between them."""
    groups: list[list[Span]] = []
    for unit in units:
        last = groups[-1] if groups else None
        if last is None or len(last) == size or any(last[-1][1] <= at < unit[0] for at in marks):
            groups.append([unit])
        else:
            last.append(unit)
    return [(group[0][0], group[-1][1]) for group in groups]


def _method(size: int, *, skipped: bool) -> Text:
    units = (
        T("each word or character", "每个词或字") if size <= 1
        else T("{n} words or characters together", "每 {n} 个词或字一组", n=size)
    )  # fmt: skip
    where = T(" outside the marked spans", "（标出的片段之外）") if skipped else Text("", "")
    return T("By occlusion: {units}{where} left out in turn, and how much the answer loses.",
             "遮挡法：依次去掉{units}{where}，看答案的把握降低多少。",
             units=units, where=where)  # fmt: skip
