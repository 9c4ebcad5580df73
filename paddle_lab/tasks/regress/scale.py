"""Numbers in ranges: what is counted of scores, and what a split keeps in proportion."""

from __future__ import annotations

import math
from typing import Final

_FINEST: Final = 0.1


def range_of(value: float) -> str:
    """The range that holds a number: ``[4, 5)``, ``[0.2, 0.3)``, ``[300, 400)``.

    By its first digit, and never finer than a tenth: so that scores of any scale fall into few.
    """
    low, high = bounds_of(value)
    return f"[{low:g}, {high:g})"


def written(value: float, low: float, high: float) -> str:
    """A score with as many decimals as a scale from ``low`` to ``high`` deserves: hundredths of it.

    ``4.2`` of 1 to 5, ``0.84`` of 0 to 1, ``84`` of 0 to 100.
    """
    return f"{value:.{decimals(low, high)}f}"


def decimals(low: float, high: float) -> int:
    """How many decimals those are."""
    width = high - low
    return max(0, 2 - math.ceil(math.log10(width))) if width > 0 else 2


def bounds_of(value: float) -> tuple[float, float]:
    """The ends of that range; the lower one belongs to it."""
    step = _FINEST
    if abs(value) >= 1:
        step = 10.0 ** math.floor(math.log10(abs(value)))
    # Numbers that were written in decimals lie on the ends: 0.3 / 0.1 is 2.9999999999999996.
    steps = math.floor(round(value / step, 9))
    low, high = steps * step, (steps + 1) * step
    return round(low, 6), round(high, 6)
