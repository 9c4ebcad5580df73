"""The worst mistakes: contexts with what was right, missed and wrong marked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.tasks.answer.codec import Answer
from paddle_lab.tasks.answer.scored import Scored, right_texts
from paddle_lab.tasks.blocks import Mark, Sample
from paddle_lab.text.short import cut

_AROUND: Final = 40  # characters of context shown beside a span
_APART: Final = 160  # spans further from each other than this are shown in two pieces
_LONGEST_SPAN: Final = 200
_QUESTION_CHARACTERS: Final = 120
_ANSWER_CHARACTERS: Final = 80
_GAP: Final = " … "


def worst(scored: Scored, most: int) -> list[Sample]:
    """Rows that the model got wrong: lowest F1 first, of equal ones the surest."""
    order = [row for row in ranked(scored) if not scored.exact[row]][:most]
    return [_sample(scored, row) for row in order]


def ranked(scored: Scored) -> list[int]:
    """All rows, the worst first."""
    sure = np.array([answer.score for answer in scored.answers])
    found: list[int] = np.lexsort((-sure, scored.f1)).tolist()
    return found


def _sample(scored: Scored, row: int) -> Sample:
    target, answer = scored.targets[row], scored.answers[row]
    text, marks = marked_piece(
        scored.questions[row], scored.contexts[row], spans_of(target, answer)
    )
    return Sample(
        text,
        _shown(" | ".join(dict.fromkeys(right_texts(target)))),
        _shown(answer.answer),
        round(answer.score, 4),
        scored.lines[row],
        marks,
        row,
    )


def _shown(text: str | None) -> str:
    return cut(text, _ANSWER_CHARACTERS) if text else "—"


def spans_of(target: Mapping[str, Any], answer: Answer) -> list[Mark]:
    """What is right, missed and wrong in the context: the given answer beside the nearest one."""
    golds = [(one["start"], one["start"] + len(one["text"])) for one in target["answers"]
             if one["start"] >= 0]  # fmt: skip
    if answer.start is None or answer.end is None:
        return [Mark(*golds[0], "missed")] if golds else []
    given = (answer.start, answer.end)
    if not golds:
        return [Mark(*given, "wrong")]
    gold = max(golds, key=lambda one: min(one[1], given[1]) - max(one[0], given[0]))
    low, high = max(gold[0], given[0]), min(gold[1], given[1])
    if low >= high:
        return sorted([Mark(*gold, "missed"), Mark(*given, "wrong")], key=lambda m: m.start)
    marks = [Mark(low, high, "right")]
    for start, end, kind in ((gold[0], low, "missed"), (high, gold[1], "missed")):
        if start < end:
            marks.append(Mark(start, end, kind))  # type: ignore[arg-type]
    for start, end, kind in ((given[0], low, "wrong"), (high, given[1], "wrong")):
        if start < end:
            marks.append(Mark(start, end, kind))  # type: ignore[arg-type]
    return sorted(marks, key=lambda mark: mark.start)


def marked_piece(question: str, context: str, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """The question, and the part of the context around the marks, which move with it."""
    text = f"{cut(question, _QUESTION_CHARACTERS)} ▸ "
    moved: list[Mark] = []
    done = 0
    for start, end in _pieces(context, marks):
        text += ("" if start == 0 else _GAP) if done == 0 else _GAP
        shift = len(text) - start
        for mark in marks:
            low, high = max(mark.start, start), min(mark.end, end)
            if low < high:
                moved.append(Mark(low + shift, high + shift, mark.kind, mark.label))
        text += context[start:end]
        done = end
    if done < len(context):
        text += _GAP.rstrip()
    return text, moved


def _pieces(context: str, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Stretches of the context with the marks and some characters around, in order."""
    if not marks:
        return [(0, min(len(context), 2 * _AROUND))]
    found: list[list[int]] = []
    for mark in marks:
        start = max(0, mark.start - _AROUND)
        end = min(len(context), min(mark.end, mark.start + _LONGEST_SPAN) + _AROUND)
        if found and start - found[-1][1] <= _APART - 2 * _AROUND:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return [(start, end) for start, end in found]
