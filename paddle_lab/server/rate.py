"""How often somebody may ask: a burst, then a steady pace."""

from __future__ import annotations

import time
from collections.abc import Callable


class Rate:
    """``per_second`` requests after the first ``at_once``; each unused moment earns some back."""

    def __init__(
        self, per_second: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._clock = clock
        self._left = float(at_once)
        self._looked_at = clock()

    def wait_s(self) -> float:
        """Take one request; how many seconds it has to wait. 0 within the burst."""
        now = self._clock()
        earned = (now - self._looked_at) * self._per_second
        self._left = min(self._at_once, self._left + earned) - 1
        self._looked_at = now
        return max(0.0, -self._left / self._per_second)
