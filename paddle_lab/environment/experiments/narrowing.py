"""The smallest set of changes that is enough, found with as few trials as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def narrowed(items: Sequence[Item], enough: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """The items that are needed, when all of them together are known to be ``enough``.

    One item is looked for by halves; where two halves are only enough together, what is needed in
    each is looked for beside the other. Put the likeliest first. About ``log2`` of the number of
    items in trials for one that is needed, as much again for each further one.
    """
    return _needed(list(items), [], enough)


def _needed(
    items: list[Item], kept: list[Item], enough: Callable[[Sequence[Item]], bool]
) -> list[Item]:
    """Which of ``items`` are needed beside ``kept``; all of both together are enough."""
    if len(items) <= 1:
        return items
    middle = (len(items) + 1) // 2
    first, second = items[:middle], items[middle:]
    if enough([*kept, *first]):
        return _needed(first, kept, enough)
    if enough([*kept, *second]):
        return _needed(second, kept, enough)
    left = _needed(first, [*kept, *second], enough)
    return [*left, *_needed(second, [*kept, *left], enough)]
