"""What this process may use: memory and CPU limits of cgroup v2 and v1, and cores.

Only the standard library, and old Pythons too: the doctor's probes also run in the interpreter
that is diagnosed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# cgroup v1 writes a number near 2**63 for "no limit".
_UNLIMITED = 1 << 60


@dataclass(frozen=True)
class CgroupReading:
    """Limits and use of this container; None where there is no limit or no file.

    ``memory_limit``, ``memory_used`` bytes; ``cpus`` cores allowed; ``cpu_seconds`` used so far.
    """

    memory_limit: int | None = None
    memory_used: int | None = None
    cpus: float | None = None
    cpu_seconds: float | None = None


class Cgroup:
    """The control group of this process. Folders are found once, values read at each call."""

    def __init__(
        self, root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
    ) -> None:
        self._root = root
        self._unified = (root / "cgroup.controllers").exists()
        paths = _own_paths(own)
        if self._unified:
            self._memory = self._cpu = list(_upwards(root, paths.get("", "/")))
        else:
            self._memory = list(_upwards(root / "memory", paths.get("memory", "/")))
            self._cpu = list(_upwards(root / "cpu", paths.get("cpu", "/")))

    def read(self) -> CgroupReading:
        """The tightest limits on the way up, and the use counted against them."""
        return self._read_v2() if self._unified else self._read_v1()

    def _read_v2(self) -> CgroupReading:
        limits = [(_number(folder / "memory.max"), folder) for folder in self._memory]
        limit, folder = _tightest(limits)
        cpus, limited = _tightest_quota([(_quota_v2(f / "cpu.max"), f) for f in self._cpu])
        used = cpu = None
        if folder is not None:
            used = _number(folder / "memory.current")
            cache = _field(folder / "memory.stat", "inactive_file")
            used = max(0, used - cache) if used is not None else None
        if limited is not None:
            cpu = _field(limited / "cpu.stat", "usage_usec") / 1e6
        return CgroupReading(limit, used, cpus, cpu)

    def _read_v1(self) -> CgroupReading:
        limits = [(_number(folder / "memory.limit_in_bytes"), folder) for folder in self._memory]
        limit, folder = _tightest(limits)
        used = cpu = None
        if folder is not None:
            used = _number(folder / "memory.usage_in_bytes")
            cache = _field(folder / "memory.stat", "total_inactive_file")
            used = max(0, used - cache) if used is not None else None
        cpus, limited = _tightest_quota([(_quota_v1(folder), folder) for folder in self._cpu])
        if limited is not None:
            nanoseconds = _number(limited / "cpuacct.usage")
            cpu = nanoseconds / 1e9 if nanoseconds is not None else None
        return CgroupReading(limit, used, cpus, cpu)


def allowed_cores() -> frozenset[int]:
    """The numbers of the cores that the affinity, or a cpuset, leaves to this process."""
    try:
        return frozenset(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return frozenset(range(os.cpu_count() or 1))


def usable_cores(group: Cgroup | None = None) -> int:
    """How many threads are worth starting: the allowed cores, or the CPU quota where it is lower.

    A quota counts in whole cores, at least one. ``group`` is this process's control group.
    """
    cores = len(allowed_cores())
    quota = (group or Cgroup()).read().cpus
    return cores if quota is None else max(1, min(cores, int(quota)))


def _own_paths(own: Path) -> dict[str, str]:
    """Controller to path below its mount; the unified hierarchy has the empty name."""
    paths: dict[str, str] = {}
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return paths
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            paths[controller] = path
    return paths


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    """The group's folder and those above it, as far as this container sees them."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for length in range(len(parts), -1, -1):
        folder = mount.joinpath(*parts[:length])
        if folder.is_dir():
            yield folder


def _tightest(limits: list[tuple[int | None, Path]]) -> tuple[int | None, Path | None]:
    known = [
        (limit, folder) for limit, folder in limits if limit is not None and limit < _UNLIMITED
    ]
    if not known:
        return None, None
    return min(known, key=lambda pair: pair[0])


def _tightest_quota(quotas: list[tuple[float | None, Path]]) -> tuple[float | None, Path | None]:
    """The smallest number of cores allowed, and the group whose use counts against it."""
    known = [(quota, folder) for quota, folder in quotas if quota]
    return min(known, key=lambda pair: pair[0]) if known else (None, None)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _field(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    for line in lines:
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return 0


def _quota_v2(path: Path) -> float | None:
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _quota_v1(folder: Path) -> float | None:
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None
