"""The contract of a GPU backend: another kind of chip needs one file and no change elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from paddle_lab.gpu.readings import FastReading, Inventory, LinkReading, SlowReading


class GpuBackend(Protocol):
    """Reads GPUs. Called from the sampler's thread only; may block, never raises.

    A failure is a condition: of the machine in :meth:`open`'s inventory, of one GPU in its reading.
    """

    name: str
    simulated: bool

    def open(self) -> Inventory:
        """Find the GPUs, again if called again (after a driver reload)."""
        ...

    def fast(self) -> list[FastReading]:
        """One reading for each GPU of the inventory, in its order."""
        ...

    def slow(self) -> list[SlowReading]:
        """One reading for each GPU of the inventory, in its order."""
        ...

    def links(self, positions: Iterable[int]) -> dict[int, LinkReading]:
        """PCIe and NVLink of the GPUs at these positions of the inventory."""
        ...

    def needs_reopening(self) -> bool:
        """Whether the driver has gone or changed since :meth:`open`."""
        ...

    def close(self) -> None:
        """Let the driver go."""
        ...
