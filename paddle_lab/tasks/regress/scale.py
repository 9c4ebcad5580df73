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


def bounds_of(value: float) -> tuple[float, float]:
    """The ends of that range; the lower one belongs to it."""
    step = _FINEST
    if abs(value) >= 1:
        step = 10.0 ** math.floor(math.log10(abs(value)))
    # Numbers that were written in decimals lie on the ends: 0.3 / 0.1 is 2.9999999999999996.
    steps = math.floor(round(value / step, 9))
    low, high = steps * step, (steps + 1) * step
    return round(low, 6), round(high, 6)
