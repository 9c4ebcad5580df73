"""Labels in levels: ``房屋##租赁`` stands under ``房屋``, which every row of it carries too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray

#: What stands between the levels of a label, as in PaddleNLP's hierarchical classification.
LEVEL: Final = "##"


def ancestors(label: str) -> list[str]:
    """The labels above ``label``, the highest first; none for one without levels.

    ``##a`` and ``a##`` name no level: they are labels like any other.
    """
    steps = label.split(LEVEL)
    if not all(step.strip() for step in steps):
        return []
    return [LEVEL.join(steps[:count]) for count in range(1, len(steps))]


def level_of(label: str) -> int:
    """1 for a label with nothing above it."""
    return len(ancestors(label)) + 1


def with_ancestors(labels: Iterable[str]) -> list[str]:
    """The labels and all above them, sorted, each once."""
    found = set(labels)
    for label in list(found):
        if LEVEL in label:
            found.update(ancestors(label))
    return sorted(found)


def has_levels(labels: Iterable[str]) -> bool:
    """Whether one of the labels stands under another."""
    return any(ancestors(label) for label in labels)


def parents(labels: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of indices (label, label above it), the deepest labels first."""
    index = {label: number for number, label in enumerate(labels)}
    found = [
        (number, index[above])
        for label, number in index.items()
        for above in ancestors(label)[-1:]
        if above in index
    ]
    return sorted(found, key=lambda pair: -level_of(labels[pair[0]]))


def lift(
    probabilities: npt.NDArray[np.float64], pairs: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float64]:
    """Probabilities [rows, labels] of which none is below that of a label under it."""
    if not pairs:
        return probabilities
    lifted = probabilities.copy()
    for below, above in pairs:
        np.maximum(lifted[:, above], lifted[:, below], out=lifted[:, above])
    return lifted


def close(chosen: npt.NDArray[np.bool_], pairs: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Chosen labels [rows, labels] with all labels above them."""
    if not pairs:
        return chosen
    closed = chosen.copy()
    for below, above in pairs:
        closed[:, above] |= closed[:, below]
    return closed


def levels(labels: Sequence[str]) -> IntArray:
    """The level of each label."""
    return np.array([level_of(label) for label in labels], dtype=np.int64)
