"""CPU, memory and disk of the machine, or of the container when it is limited."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paddle_lab.cgroup import Cgroup, allowed_cores
from paddle_lab.gpu.disk_space import DiskSpaces


@dataclass(frozen=True)
class HostReading:
    """``cpu`` percent of the ``cpus`` allowed; memory and disk in bytes.

    ``limited`` says that the memory figure is a container's limit, not the machine's memory.
    """

    cpu: float
    cpus: float
    memory_used: int
    memory_total: int
    limited: bool
    disk_used: int | None
    disk_total: int | None
    disk_path: str

    @property
    def memory_percent(self) -> float:
        """Memory used, in percent of what may be used."""
        return 100 * self.memory_used / self.memory_total if self.memory_total else 0.0

    def to_json(self) -> dict[str, Any]:
        """The reading as the JSON snapshot holds it."""
        return asdict(self)


class Host:
    """Reads the host. Called from the sampler's thread; CPU is measured between two calls."""

    def __init__(
        self,
        disk_path: Path,
        cgroup: Cgroup | None = None,
        cores: Callable[[], frozenset[int]] = allowed_cores,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disk_path = disk_path
        self._cgroup = cgroup if cgroup is not None else Cgroup()
        self._cores = cores
        self._clock = clock
        self._spaces = DiskSpaces()
        self._before: tuple[float, float] | None = None

    def read(self) -> HostReading:
        """What is used now."""
        import psutil

        group = self._cgroup.read()
        memory = psutil.virtual_memory()
        cpus, machine_cpu = self._machine_cpu()
        if group.cpus is not None and group.cpus < cpus:
            cpus = group.cpus
            machine_cpu = self._group_cpu(group.cpu_seconds, cpus, machine_cpu)
        used, total = int(memory.total - memory.available), int(memory.total)
        limited = group.memory_limit is not None and group.memory_limit < total
        if limited and group.memory_limit is not None:
            total = group.memory_limit
            used = group.memory_used if group.memory_used is not None else used
        disk_used, disk_total = self._disk()
        return HostReading(
            cpu=round(min(100.0, machine_cpu), 1),
            cpus=cpus,
            memory_used=used,
            memory_total=total,
            limited=limited,
            disk_used=disk_used,
            disk_total=disk_total,
            disk_path=str(self._disk_path),
        )

    def _machine_cpu(self) -> tuple[float, float]:
        """Cores this process may run on (a cpuset leaves some out), and how busy they are."""
        import psutil

        shares = psutil.cpu_percent(interval=None, percpu=True)
        mine = [share for core, share in enumerate(shares) if core in self._cores()] or shares
        return float(len(mine) or 1), sum(mine) / (len(mine) or 1)

    def _group_cpu(self, seconds: float | None, cpus: float, fallback: float) -> float:
        """Percent of the allowed cores, from the group's own clock."""
        if seconds is None:
            return fallback
        now = self._clock()
        before, self._before = self._before, (now, seconds)
        if before is None or now <= before[0]:
            return 0.0
        return 100 * (seconds - before[1]) / ((now - before[0]) * cpus)

    def _disk(self) -> tuple[int | None, int | None]:
        """Used (with what is reserved for root) and total bytes where runs are written."""
        space = self._spaces(str(self._disk_path))
        return (None, None) if space is None else (space.total - space.free, space.total)
