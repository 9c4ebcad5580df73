"""The best path of tags that BIO allows, for many texts at once, in NumPy.

Scores are emissions [tokens, tags] and transitions [tags, tags] (from, to).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import FloatArray, IntArray

Scores = npt.NDArray[np.float64]
_FORBIDDEN = -1e30
_MOST_CELLS = 4_000_000  # of the table that one step fills


def allowed(tags: int) -> npt.NDArray[np.bool_]:
    """Which transitions BIO allows [tags, tags]: a span is continued by its own type alone."""
    found = np.ones((tags, tags), dtype=bool)
    for inside in range(2, tags, 2):
        found[:, inside] = False
        found[[inside - 1, inside], inside] = True
    return found


def best_paths(emissions: Sequence[FloatArray], transitions: Scores) -> list[IntArray]:
    """The path [tokens] of the highest score for each of ``emissions``."""
    tags = len(transitions)
    steps = np.where(allowed(tags), transitions, _FORBIDDEN)
    lengths = np.array([len(scores) for scores in emissions], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    size = max(1, _MOST_CELLS // tags**2)
    paths: list[IntArray] = [np.zeros(0, dtype=np.int64)] * len(emissions)
    for first in range(0, len(order), size):
        chosen = order[first : first + size]
        chosen = chosen[lengths[chosen] > 0]
        if len(chosen):
            found = _paths([emissions[row] for row in chosen], lengths[chosen], steps)
            for row, path in zip(chosen, found, strict=True):
                paths[row] = path
    return paths


def path_score(emissions: FloatArray, path: IntArray, transitions: Scores) -> float:
    """The score of a path [tokens]."""
    own = emissions[np.arange(len(path)), path].astype(np.float64).sum()
    return float(own + transitions[path[:-1], path[1:]].sum())


def _paths(emissions: list[FloatArray], lengths: IntArray, steps: Scores) -> list[IntArray]:
    """For texts of falling length: those still running are always the first ones."""
    rows, tags = len(emissions), len(steps)
    best = np.stack([scores[0] for scores in emissions]).astype(np.float64)
    best[:, 2::2] = _FORBIDDEN  # nothing to continue yet
    back = np.zeros((int(lengths[0]), rows, tags), dtype=np.int16)
    for token in range(1, int(lengths[0])):
        running = int((lengths > token).sum())
        through = best[:running, :, None] + steps
        from_ = through.argmax(axis=1)
        back[token, :running] = from_
        now = np.stack([scores[token] for scores in emissions[:running]])
        best[:running] = np.take_along_axis(through, from_[:, None, :], axis=1)[:, 0] + now
    paths = []
    for row in range(rows):
        tag = int(best[row].argmax())
        path = [tag]
        for token in range(int(lengths[row]) - 1, 0, -1):
            tag = int(back[token, row, tag])
            path.append(tag)
        paths.append(np.array(path[::-1], dtype=np.int64))
    return paths
