"""What a point of the curve measures beside the loss: speed since the last point, and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

_STANDSTILL_S: Final = 2.0


class Speed:
    """Samples a second since the last point.

    A process that was stopped (SIGSTOP) or swapped out does not notice: one stretch that took far
    longer than those before is measured as they were, and ``on_standstill`` is told its length.
    """

    def __init__(
        self,
        step: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_standstill: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._clock = clock
        self._on_standstill = on_standstill
        self._first_step = self._last_step = step
        self._start = self._last = clock()
        self._stood_still = False

    def skip(self, seconds: float) -> None:
        """Leave a pause out of the measure."""
        self._start += seconds
        self._last += seconds

    def leave_out(self, seconds: float) -> None:
        """Keep it out of the speed, but not out of what steps usually take."""
        self._last += seconds

    def measure(self, step: int, samples: int) -> float | None:
        """The speed up to ``step``; None where no time went by."""
        moment = self._clock()
        self._leave_out_standstill(moment, step)
        elapsed = moment - self._last
        self._last, self._last_step = moment, step
        return round(samples / elapsed, 2) if elapsed > 0 else None

    def _leave_out_standstill(self, moment: float, step: int) -> None:
        before = self._last_step - self._first_step
        if before <= 0:
            return
        usual = (self._last - self._start) / before * (step - self._last_step)
        surplus = (moment - self._last) - usual
        # Twice in a row is no standstill any more: the machine has become slow.
        self._stood_still = not self._stood_still and surplus > _STANDSTILL_S + 10 * usual
        if self._stood_still:
            self.skip(surplus)
            self._on_standstill(surplus)


def memory_now() -> tuple[float | None, float | None]:
    """Resident memory of this process and, where paddle runs on one, memory of its GPU, in MB."""
    import psutil

    resident = psutil.Process().memory_info().rss / 2**20
    paddle = sys.modules.get("paddle")
    gpu = None
    if paddle is not None and paddle.device.is_compiled_with_cuda():
        device = str(paddle.device.get_device())
        if device.startswith("gpu"):
            gpu = paddle.device.cuda.memory_reserved() / 2**20
    return round(resident, 1), None if gpu is None else round(gpu, 1)
