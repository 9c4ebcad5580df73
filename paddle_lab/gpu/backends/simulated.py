"""Simulated GPUs for workshops and demos: plausible, repeatable, and marked as what they are.

Every value is a function of the seed and the clock, so two readers see the same machine. Runs that
really train (on the CPU) get their own processes on the first GPU, so a class without a GPU sees
its notebooks as owners of memory.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from paddle_lab.gpu.readings import (
    MIB,
    FastReading,
    Gpu,
    GpuProcess,
    Inventory,
    LinkReading,
    SlowReading,
)
from paddle_lab.gpu.states import GPU_LOST, SIMULATED
from paddle_lab.gpu.throttle import Throttle

MAX_GPUS: Final = 16
LOST_AFTER_S: Final = 20.0
#: The hot GPU throttles now and then, so that its warning comes and goes.
HEAT_EVERY_S: Final = 240.0
HEAT_FOR_S: Final = 70.0
#: Above any pid a Linux kernel gives out: made-up processes are never a real one.
FIRST_PID: Final = 5_000_000


@dataclass(frozen=True)
class GpuModel:
    """A kind of GPU: memory in MiB, power limit in watts, clocks in MHz."""

    name: str
    memory: int
    watts: int
    clock: int
    memory_clock: int


GPU_MODELS: Final[dict[str, GpuModel]] = {
    "A100": GpuModel("NVIDIA A100-SXM4-80GB", 81920, 400, 1410, 1593),
    "H100": GpuModel("NVIDIA H100 80GB HBM3", 81559, 700, 1980, 2619),
    "H800": GpuModel("NVIDIA H800", 81559, 700, 1980, 2619),
    "V100": GpuModel("Tesla V100-SXM2-32GB", 32768, 300, 1530, 877),
    "T4": GpuModel("Tesla T4", 15360, 70, 1590, 5001),
    "RTX4090": GpuModel("NVIDIA GeForce RTX 4090", 24564, 450, 2520, 10501),
}

#: What each GPU of a simulated machine does, by its number; the list repeats.
_SCENES: Final = ("yours", "train", "train", "held", "idle", "serve", "hot", "idle")


@dataclass(frozen=True)
class Simulation:
    """What ``simulated:8xA100,seed=3,lost`` asks for."""

    count: int = 2
    card: str = "A100"
    seed: int = 0
    lost: bool = False

    @classmethod
    def parse(cls, text: str) -> Simulation | None:
        """Read what follows ``simulated:``; None when it is not understood."""
        first, *options = [part.strip() for part in text.split(",")] or [""]
        match = re.fullmatch(r"(?:([0-9]{1,2})\s*[x×])?\s*([A-Za-z0-9]*)", first)
        if match is None:
            return None
        count = int(match[1] or (2 if not match[2] else 1))
        card = (match[2] or "A100").upper()
        if not 1 <= count <= MAX_GPUS or card not in GPU_MODELS:
            return None
        seed, lost = 0, False
        for option in options:
            name, _, value = option.partition("=")
            if name == "lost" and not value:
                lost = True
            elif name == "seed" and re.fullmatch(r"[0-9]{1,9}", value):
                seed = int(value)
            else:
                return None
        return cls(count, card, seed, lost)


class SimulatedBackend:
    """GPUs that do not exist. ``own_pids`` gives the processes of runs that really train now."""

    name = "simulated"
    simulated = True

    def __init__(
        self,
        simulation: Simulation,
        own_pids: Callable[[], Sequence[int]] = tuple,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.simulation = simulation
        self._card = GPU_MODELS[simulation.card]
        self._own_pids = own_pids
        self._clock = clock
        self._opened = clock()
        self._phases = [
            [random.Random(f"{simulation.seed}-{position}").uniform(0, 100) for _ in range(4)]
            for position in range(simulation.count)
        ]

    def open(self) -> Inventory:
        """The GPUs asked for, with the note that they are simulated."""
        gpus = tuple(
            Gpu(
                uuid=f"SIM-{self.simulation.seed}-{position}",
                index=position,
                name=f"{self._card.name} (simulated)",
                memory=self._card.memory * MIB,
                power_limit=float(self._card.watts),
            )
            for position in range(self.simulation.count)
        )
        return Inventory(gpus=gpus, notes=(SIMULATED,), driver="simulated")

    def fast(self) -> list[FastReading]:
        """Utilisation, memory, power and processes of this moment."""
        now = self._clock()
        own = list(self._own_pids())
        return [self._fast(position, now, own) for position in range(self.simulation.count)]

    def _fast(self, position: int, now: float, own: Sequence[int]) -> FastReading:
        if self._is_lost(position, now):
            return FastReading(condition=GPU_LOST)
        scene = self._scene(position, own)
        busy = self._busy(scene, position, now)
        processes = self._processes(scene, position, now, own)
        used = 620 * MIB + sum(process.memory or 0 for process in processes)
        power = self._power(busy)
        return FastReading(
            busy=busy,
            memory_busy=busy * 3 // 5,
            used=min(used, self._card.memory * MIB),
            total=self._card.memory * MIB,
            power=round(power, 1),
            throttle=self._throttle(scene, busy, power, now),
            processes=tuple(processes),
        )

    def _is_lost(self, position: int, now: float) -> bool:
        last = self.simulation.count - 1
        return self.simulation.lost and position == last and now - self._opened > LOST_AFTER_S

    def _scene(self, position: int, own: Sequence[int]) -> str:
        scene = _SCENES[position % len(_SCENES)]
        if scene == "yours":
            return "train" if own else "idle"
        return scene

    def _wave(self, position: int, now: float) -> float:
        """Smooth noise between -1 and 1."""
        phases = self._phases[position]
        periods = (7.0, 17.0, 43.0)
        waves = [
            math.sin(now / period * 2 * math.pi + phases[i]) for i, period in enumerate(periods)
        ]
        return sum(waves) / len(waves)

    def _busy(self, scene: str, position: int, now: float) -> int:
        wave = self._wave(position, now)
        if scene == "train":
            evaluating = (now + self._phases[position][3]) % 90 < 6
            return _percent(46 + 14 * wave if evaluating else 93 + 6 * wave)
        if scene == "hot":
            return _percent(97 + 3 * wave)
        if scene == "serve":
            return _percent(22 + 30 * wave)
        return 0

    def _processes(
        self, scene: str, position: int, now: float, own: Sequence[int]
    ) -> list[GpuProcess]:
        if position == 0:
            share = 0.5 / max(1, len(own))
            return [GpuProcess(pid, int(self._card.memory * share) * MIB) for pid in own]
        shares = {"train": 0.72, "hot": 0.82, "held": 0.38, "serve": 0.2}
        share = shares.get(scene, 0.0)
        if not share:
            return []
        breath = 0.02 * self._wave(position, now / 4) if scene in ("train", "serve") else 0.0
        return [GpuProcess(FIRST_PID + position, int(self._card.memory * (share + breath)) * MIB)]

    def _power(self, busy: int) -> float:
        idle = self._card.watts * 0.13
        return idle + (self._card.watts - idle) * busy / 100

    def _throttle(self, scene: str, busy: int, power: float, now: float) -> Throttle:
        if busy == 0:
            return Throttle.IDLE
        if scene == "hot" and now % HEAT_EVERY_S < HEAT_FOR_S:
            return Throttle.WARM
        capped = power > 0.97 * self._card.watts
        return Throttle.POWER_CAP if capped else Throttle(0)

    def slow(self) -> list[SlowReading]:
        """Temperature follows the load, clocks fall when it is hot."""
        now = self._clock()
        own = list(self._own_pids())
        return [self._slow(position, now, own) for position in range(self.simulation.count)]

    def _slow(self, position: int, now: float, own: Sequence[int]) -> SlowReading:
        if self._is_lost(position, now):
            return SlowReading(condition=GPU_LOST)
        scene = self._scene(position, own)
        busy = self._busy(scene, position, now)
        hot = scene == "hot" and now % HEAT_EVERY_S < HEAT_FOR_S
        return SlowReading(
            temperature=int(88 + 2 * self._wave(position, now)) if hot else 33 + busy * 35 // 100,
            clock=int(self._card.clock * (0.72 if hot else 1 if busy else 0.15)),
            memory_clock=self._card.memory_clock,
            fan=None,
            ecc_errors=0,
            power_limit=float(self._card.watts),
        )

    def links(self, positions: Iterable[int]) -> dict[int, LinkReading]:
        """Traffic in proportion to the load."""
        now = self._clock()
        own = list(self._own_pids())
        return {
            position: self._links(self._busy(self._scene(position, own), position, now))
            for position in positions
            if 0 <= position < self.simulation.count and not self._is_lost(position, now)
        }

    def _links(self, busy: int) -> LinkReading:
        traffic = busy * 24 * MIB
        return LinkReading(traffic, traffic // 3, traffic * 9, traffic * 9)

    def needs_reopening(self) -> bool:
        """Never: there is no driver."""
        return False

    def close(self) -> None:
        """Nothing to let go."""


def _percent(value: float) -> int:
    return max(0, min(100, round(value)))


class SimulatedKind:
    """A machine that ``simulated:8xA100`` describes."""

    automatic: Final = False

    def present(self) -> bool:
        """Always: it needs no driver."""
        return True

    def make(self, options: str, own_pids: Callable[[], Sequence[int]]) -> SimulatedBackend | None:
        """GPUs as ``options`` describe them."""
        simulation = Simulation.parse(options)
        return None if simulation is None else SimulatedBackend(simulation, own_pids)


BACKEND: Final = SimulatedKind()
