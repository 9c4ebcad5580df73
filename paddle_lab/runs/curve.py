"""The columns of a run's curve, and fewer points of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

COLUMNS: Final = ("step", "t", "loss", "lr", "samples_per_s", "memory_mb", "gpu_memory_mb")


def decimate(columns: dict[str, list[Any]], limit: int) -> dict[str, list[Any]]:
    """At most ``limit`` points: first, last, and of each bucket the lowest and highest loss.

    Extremes survive, so a spike never vanishes from a long curve.
    """
    length = len(columns["step"])
    if length <= limit:
        return {name: list(columns[name]) for name in COLUMNS}
    chosen = _extremes(columns["loss"], limit)
    return {name: [columns[name][i] for i in chosen] for name in COLUMNS}


def _extremes(losses: Sequence[float | None], limit: int) -> list[int]:
    length, buckets = len(losses), max(1, (limit - 2) // 2)
    chosen = {0, length - 1}
    for bucket in range(buckets):
        start = 1 + bucket * (length - 2) // buckets
        stop = 1 + (bucket + 1) * (length - 2) // buckets
        inside = [i for i in range(start, stop) if losses[i] is not None]
        if inside:
            chosen.add(min(inside, key=lambda i: losses[i] or 0.0))
            chosen.add(max(inside, key=lambda i: losses[i] or 0.0))
    return sorted(chosen)
