"""The time of samples: seconds since the epoch that a clock being set does not tear apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: A clock that is off by less is followed later: the past is moved in whole steps of this.
STEP_S: Final = 15


class Timeline:
    """The steady clock, counted from the epoch. :meth:`correct` follows a clock that was set."""

    def __init__(
        self,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._steady = steady
        self._wall = wall
        self._offset = wall() - steady()

    def now(self) -> float:
        """Seconds since the epoch, at most :data:`STEP_S` from what the machine's clock says."""
        return self._steady() + self._offset

    def correct(self) -> int:
        """Follow the machine's clock; by how many seconds all earlier times have to be moved.

        0 unless somebody set it; else a multiple of :data:`STEP_S`.
        """
        moved = round((self._wall() - self.now()) / STEP_S) * STEP_S
        self._offset += moved
        return moved
