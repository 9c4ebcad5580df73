"""The rows with most mistakes, their spans marked as right, missed and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from paddle_lab.tasks.blocks import Mark, Sample
from paddle_lab.tasks.tag.scored import Scored
from paddle_lab.tasks.tag.spans import Span
from paddle_lab.text.short import cut

MOST_CHARACTERS: Final = 200
_BEFORE: Final = 40  # characters shown before the first mistake of a long text
_LABEL_CHARACTERS: Final = 40


def worst_rows(scored: Scored, most: int | None = None) -> list[tuple[int, int]]:
    """Rows with mistakes and how many, those with most first, then in their order."""
    wrong = [
        (len(set(gold) ^ set(found)), row)
        for row, (gold, found) in enumerate(zip(scored.gold, scored.found, strict=True))
        if set(gold) != set(found)
    ]
    return [(row, count) for count, row in sorted(wrong, key=lambda item: (-item[0], item[1]))][
        :most
    ]


def sample_of(scored: Scored, row: int) -> Sample:
    """A row as a report shows it: what is around its first mistake, with all spans marked."""
    text = scored.texts[row]
    marks = marks_of(text, scored.gold[row], scored.found[row])
    first = min((mark.start for mark in marks if mark.kind != "right"), default=0)
    latest = max(0, len(text) - MOST_CHARACTERS)
    start = min(max(0, first - _BEFORE), latest)
    before = "…" if start else ""
    shown = cut(before + text[start:], MOST_CHARACTERS)
    end = len(shown) - (len(before + text[start:]) > MOST_CHARACTERS)
    moved = [
        Mark(mark.start - start + len(before), mark.end - start + len(before), mark.kind,
             cut(mark.label, _LABEL_CHARACTERS))
        for mark in marks
        if mark.start >= start
    ]  # fmt: skip
    kept = [mark for mark in moved if mark.end <= end]
    return Sample(shown, line=scored.lines[row], marks=kept, row=row)


def marks_of(text: str, gold: Sequence[Span], found: Sequence[Span]) -> list[Mark]:
    """Marks without overlaps: a span that was found elsewhere or as another type stands in the
    label of the one that was missed for it: ``ORG ≠ PER``, ``ORG ≠ 浙商 ORG``.
    """
    right = set(gold) & set(found)
    missed = [span for span in gold if span not in right]
    wrong = [span for span in found if span not in right]
    marks = [Mark(span.start, span.end, "right", span.label) for span in right]
    for span in missed:
        instead = [other for other in wrong if other.start < span.end and span.start < other.end]
        names = ", ".join(_instead(text, span, other) for other in instead)
        marks.append(
            Mark(span.start, span.end, "missed", f"{span.label} ≠ {names}" if names else span.label)
        )
    taken = [(mark.start, mark.end) for mark in marks]
    marks += [
        Mark(span.start, span.end, "wrong", span.label)
        for span in wrong
        if all(span.end <= start or end <= span.start for start, end in taken)
    ]
    return sorted(marks, key=lambda mark: mark.start)


def _instead(text: str, missed: Span, other: Span) -> str:
    if (missed.start, missed.end) == (other.start, other.end):
        return other.label
    return f"{text[other.start : other.end]} {other.label}"
