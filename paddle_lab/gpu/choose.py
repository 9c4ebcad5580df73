"""Which backend ``PADDLE_LAB_GPUS`` asks for: auto, none, or simulated:8xA100[,lost][,seed=n]."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from paddle_lab.gpu.backend import GpuBackend
from paddle_lab.gpu.nvml import NvmlBackend
from paddle_lab.gpu.readings import FastReading, Inventory, LinkReading, SlowReading
from paddle_lab.gpu.simulated import SimulatedBackend, Simulation
from paddle_lab.gpu.states import BAD_SETTING, SWITCHED_OFF, Condition


class NoBackend:
    """No GPUs, and the reason: the display is switched off or its setting is not understood."""

    name = "none"
    simulated = False

    def __init__(self, condition: Condition) -> None:
        self.condition = condition

    def open(self) -> Inventory:
        """The reason."""
        return Inventory(condition=self.condition)

    def fast(self) -> list[FastReading]:
        """Nothing."""
        return []

    def slow(self) -> list[SlowReading]:
        """Nothing."""
        return []

    def links(self, indices: Iterable[int]) -> dict[int, LinkReading]:
        """Nothing."""
        return {}

    def needs_reopening(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing to let go."""


def choose_backend(setting: str, own_pids: Callable[[], Sequence[int]] = tuple) -> GpuBackend:
    """The backend that ``setting`` asks for; one that says why for a setting not understood."""
    wanted = setting.strip()
    if wanted.lower() in ("", "auto", "nvml"):
        return NvmlBackend()
    if wanted.lower() in ("none", "off", "0"):
        return NoBackend(SWITCHED_OFF)
    kind, _, rest = wanted.partition(":")
    if kind.lower() == "simulated":
        simulation = Simulation.parse(rest)
        if simulation is not None:
            return SimulatedBackend(simulation, own_pids)
    return NoBackend(BAD_SETTING)
