"""How fast the runtimes of a bundle are here, on texts as long as the evaluation's: in turn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from paddle_lab.bundle.predictor import Predictor
from paddle_lab.tasks import get_task
from paddle_lab.tasks.batching import batches_by_length, inputs_of
from paddle_lab.tasks.codec import Rows, Windows

BATCH: Final = 8
_MOST_WINDOWS: Final = 64
_ROUNDS: Final = 5
_LONGEST_S: Final = 30.0


@dataclass(frozen=True)
class Pace:
    """Milliseconds a text, one by one and in batches of :data:`BATCH` of similar length."""

    ms_alone: float
    ms_batched: float


def paces_of(predictors: Mapping[str, Predictor], rows: Rows | None) -> dict[str, Pace]:
    """The pace of each, best of some rounds in which all take turns.

    ``rows`` give the lengths; None: the neutral rows. Ends after half a minute and one round.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in predictors}
    begun = time.monotonic()
    for round_ in range(_ROUNDS + 1):  # the first warms up
        if round_ > 1 and time.monotonic() - begun > _LONGEST_S:
            break
        for name, predictor in predictors.items():
            windows, chosen = _sample(predictor, rows)
            alone = _seconds(predictor, windows, [[index] for index in chosen])
            batches = batches_by_length(windows.lengths()[chosen], BATCH)
            groups = [[chosen[index] for index in batch] for batch in batches]
            batched = _seconds(predictor, windows, groups)
            if round_:
                times[name].append((alone / len(chosen), batched / len(chosen)))
    return {
        name: Pace(*(round(1e3 * min(column), 4) for column in zip(*found, strict=True)))
        for name, found in times.items()
    }


def _sample(predictor: Predictor, rows: Rows | None) -> tuple[Windows, list[int]]:
    """Windows of all lengths, evenly from the shortest to the longest."""
    given = rows if rows is not None else predictor.codec.neutral_rows()
    first = {role: list(values)[: 16 * _MOST_WINDOWS] for role, values in given.items()}
    windows = predictor.codec.encode(first, get_task(predictor.task).long_text)
    order = np.argsort(windows.lengths(), kind="stable")
    count = min(_MOST_WINDOWS, len(order))
    return windows, order[np.linspace(0, len(order) - 1, count).astype(int)].tolist()


def _seconds(predictor: Predictor, windows: Windows, batches: list[list[int]]) -> float:
    inputs = [inputs_of(windows, rows, predictor.manifest.pad_id) for rows in batches]
    begun = time.perf_counter()
    for batch in inputs:
        predictor.run_batch(batch)
    return time.perf_counter() - begun
