"""Where the answers begin and end in the windows: what the loss compares with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.answer.spans import CONTEXT
from paddle_lab.tasks.codec import IntArray, Windows


def window_targets(
    windows: Windows, targets: Sequence[Mapping[str, Any]]
) -> dict[str, Sequence[npt.NDArray[Any]] | npt.NDArray[Any]]:
    """``start`` and ``end``: the tokens of the answer in each window, 0 where it holds none.

    ``choices`` are 1 for the tokens that may be chosen: the first, and those of the context.
    """
    assert windows.offsets is not None and windows.sequence is not None
    starts = np.zeros(len(windows.ids), dtype=np.int64)
    ends = np.zeros(len(windows.ids), dtype=np.int64)
    choices: list[npt.NDArray[np.float32]] = []
    for index, owner in enumerate(windows.owner.tolist()):
        sequence = windows.sequence[index]
        allowed = (sequence == CONTEXT).astype(np.float32)
        allowed[0] = 1
        choices.append(allowed)
        tokens = np.flatnonzero(sequence == CONTEXT)
        offsets = windows.offsets[index][tokens]
        for answer in targets[owner]["answers"]:
            position = tokens_of(offsets, answer["start"], answer["start"] + len(answer["text"]))
            if answer["start"] >= 0 and position is not None:
                starts[index], ends[index] = tokens[position[0]], tokens[position[1]]
                break
    return {"start": starts, "end": ends, "choices": choices}


def trained_windows(starts: IntArray, share: float) -> IntArray:
    """Indices of all windows that hold an answer, and of ``share`` times as many that hold none.

    The latter are taken evenly from all of them, in their order; where no window holds an answer,
    all are.
    """
    holding = np.flatnonzero(starts > 0)
    empty = np.flatnonzero(starts == 0)
    wanted = min(len(empty), round(share * len(holding))) if len(holding) else len(empty)
    steps = (np.arange(wanted) * len(empty)) // max(wanted, 1)
    chosen: IntArray = np.sort(np.concatenate((holding, empty[steps])))
    return chosen


def tokens_of(offsets: IntArray, start: int, end: int) -> tuple[int, int] | None:
    """The first and last token of the characters ``start`` to ``end``; None where they are not all.

    ``offsets`` [tokens, 2] are those of the context's tokens in one window. A token that the span
    begins or ends inside is its own; characters without a token, such as blanks, count as there.
    """
    if not len(offsets) or start < 0:
        return None
    inside = np.flatnonzero((offsets[:, 1] > start) & (offsets[:, 0] < end))
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1])
    # A window that begins or ends inside the span shows only a part of it.
    if (first == 0 and offsets[0, 0] > start) or (
        last == len(offsets) - 1 and offsets[-1, 1] < end
    ):
        return None
    return first, last
