"""NVLink traffic: NVML counts bytes since the driver was loaded, people want bytes a second."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

from paddle_lab.gpu.backends._nvml_calls import NvmlCalls

_FIELDS: Final = (138, 139)  # data sent, data received, KiB
_ALL_LINKS: Final = 0xFFFFFFFF


class NvlinkCounters:
    """The last counters of each GPU whose links are looked at."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[int, tuple[float, int, int]] = {}

    def keep(self, positions: Container[int]) -> None:
        """Forget the GPUs that nobody looks at any more."""
        self._seen = {
            position: seen for position, seen in self._seen.items() if position in positions
        }

    def rates(self, calls: NvmlCalls, position: int, handle: Any) -> tuple[int | None, int | None]:
        """Sent and received since the last reading, divided by the time between them."""
        fields = [(field, _ALL_LINKS) for field in _FIELDS]
        values = calls.ask(("links", position), "nvmlDeviceGetFieldValues", handle, fields)
        if values is None or any(value.nvmlReturn for value in values):
            return None, None
        sent, received = (int(value.value.ullVal) for value in values)
        now, before = self._clock(), self._seen.get(position)
        self._seen[position] = (now, sent, received)
        if before is None or now <= before[0]:
            return None, None
        elapsed = now - before[0]
        return (
            int(max(0, sent - before[1]) * 1024 / elapsed),
            int(max(0, received - before[2]) * 1024 / elapsed),
        )
