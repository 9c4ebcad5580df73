"""Spans of a text: as targets, without overlaps, and as tags of its characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """Characters ``start`` to ``end``, which is not part of it, and their type."""

    start: int
    end: int
    label: str


def spans_of(target: Iterable[Sequence[object]]) -> list[Span]:
    """The spans of a target ``[[start, end, "type"], ...]``."""
    return [Span(int(str(start)), int(str(end)), str(label)) for start, end, label in target]


def flat(spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """The spans in the order of the text without overlaps, and those that were dropped for it.

    Of two that overlap the longer stays, of equally long ones the first. A span that stands there
    twice is no overlap.
    """
    ordered = sorted(set(spans))
    if all(before.end <= span.start for before, span in pairwise(ordered)):
        return ordered, []
    kept: list[Span] = []
    dropped: list[Span] = []
    for span in sorted(dict.fromkeys(spans), key=lambda span: span.start - span.end):
        free = all(span.end <= other.start or other.end <= span.start for other in kept)
        (kept if free else dropped).append(span)
    return sorted(kept), dropped


def character_tags(spans: Sequence[Span], length: int) -> list[str]:
    """A tag of the scheme BIO for each character."""
    tags = ["O"] * length
    for start, end, label in spans:
        tags[start] = f"B-{label}"
        tags[start + 1 : end] = [f"I-{label}"] * (end - start - 1)
    return tags
