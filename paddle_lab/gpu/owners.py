"""Who holds GPU memory: from the few processes the driver lists, upwards to a kernel or a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from paddle_lab.gpu.ownership import (
    Kernel,
    KernelReport,
    Owner,
    Ownership,
    RunProcess,
    ServiceProcess,
)
from paddle_lab.gpu.readings import FastReading, Gpu
from paddle_lab.gpu.states import KERNEL_SILENT, PIDS_HIDDEN, REMOTE_KERNEL, Condition

#: Parents looked at before giving up; launchers and loaders nest three or four deep.
MAX_DEPTH = 32


class ProcessTable(Protocol):
    """What is asked of the operating system's processes."""

    def parent(self, pid: int) -> int | None:
        """The parent's pid; None when there is no such process here."""
        ...

    def command(self, pid: int) -> Sequence[str]:
        """The command line, empty when it cannot be read."""
        ...


def resolve(
    gpus: Sequence[Gpu],
    fast: Sequence[FastReading],
    kernels: Sequence[Kernel],
    runs: Sequence[RunProcess],
    table: ProcessTable,
    *,
    services: Sequence[ServiceProcess] = (),
    simulated: bool = False,
) -> Ownership:
    """Give every process its owner; what no owner holds is the remainder of each GPU."""
    finder = _Finder(kernels, runs, services, table)
    held: dict[str, dict[int, int | None]] = {}
    counted: dict[str, set[int]] = {}
    hidden = False
    for position, reading in enumerate(fast):
        for process in reading.processes:
            key = finder.owner(process.pid)
            hidden = hidden or (finder.is_hidden(process.pid) and not simulated)
            if key is None:
                continue
            amounts = held.setdefault(key, {})
            amounts[position] = _add(amounts.get(position), process.memory, position in amounts)
            counted.setdefault(key, set()).add(process.pid)
    owners = [_kernel_owner(kernel, held, counted) for kernel in kernels]
    owners += [_run_owner(run, held, counted) for run in runs]
    owners += [_service_owner(service, held) for service in services]
    known = sorted((owner for owner in owners if owner), key=lambda owner: -owner.total)
    rest = _remainder(gpus, fast, known)
    return Ownership(tuple(known + rest), (PIDS_HIDDEN,) if hidden else ())


class _Finder:
    """From a process upwards to its owner's key; looks at each process once."""

    def __init__(
        self,
        kernels: Sequence[Kernel],
        runs: Sequence[RunProcess],
        services: Sequence[ServiceProcess],
        table: ProcessTable,
    ) -> None:
        self._table = table
        self._by_pid = {run.pid: f"run:{run.run_id}" for run in runs}
        self._by_pid.update({service.pid: f"service:{service.id}" for service in services})
        self._by_pid.update({kernel.pid: kernel.id for kernel in kernels if kernel.pid})
        self._by_file = {f"kernel-{kernel.id}.json": kernel.id for kernel in kernels}
        self._found: dict[int, str | None] = {}
        self._parents: dict[int, int | None] = {}

    def owner(self, pid: int) -> str | None:
        """The key of the kernel or run that this process or a parent of it is."""
        if pid not in self._found:
            self._found[pid] = self._search(pid)
        return self._found[pid]

    def is_hidden(self, pid: int) -> bool:
        """Whether this process does not exist here: outside the container, or ended just now."""
        return pid not in self._by_pid and self._parent(pid) is None

    def _search(self, pid: int) -> str | None:
        current: int | None = pid
        for _ in range(MAX_DEPTH):
            if current is None or current <= 1:
                return None
            if current in self._by_pid:
                return self._by_pid[current]
            for word in self._table.command(current):
                name = word.replace("\\", "/").rsplit("/", 1)[-1]
                if name in self._by_file:
                    return self._by_file[name]
            current = self._parent(current)
        return None

    def _parent(self, pid: int) -> int | None:
        if pid not in self._parents:
            self._parents[pid] = self._table.parent(pid)
        return self._parents[pid]


def _add(before: int | None, memory: int | None, seen: bool) -> int | None:
    """Sum of two amounts; a hidden amount does not hide the others."""
    if memory is None:
        return before if seen else None
    return memory + (before or 0)


def _kernel_owner(
    kernel: Kernel, held: Mapping[str, dict[int, int | None]], counted: Mapping[str, set[int]]
) -> Owner | None:
    memory = held.get(kernel.id, {})
    report = kernel.report
    claimed = {
        position: reserved for position, (_, reserved) in (report.devices if report else {}).items()
    }
    unseen = not any(memory.values())
    if not memory and not claimed and kernel.local:
        return None
    if not memory and not claimed and not kernel.silent:
        return None
    reported = unseen and bool(claimed)
    return Owner(
        kind="notebook" if kernel.path else "kernel",
        key=kernel.id,
        name=kernel.path.rsplit("/", 1)[-1] if kernel.path else kernel.name or kernel.id,
        memory=claimed if reported else memory,
        kernel=kernel,
        path=kernel.path,
        processes=len(counted.get(kernel.id, ())),
        reported=reported,
        split=_split(report, memory),
        condition=_kernel_condition(kernel),
    )


def _split(
    report: KernelReport | None, memory: Mapping[int, int | None]
) -> tuple[int, int, int | None] | None:
    """Tensors, cached by Paddle's allocator, and the rest (context, libraries, children)."""
    if report is None or not report.devices:
        return None
    tensors = sum(allocated for allocated, _ in report.devices.values())
    reserved = sum(reserved for _, reserved in report.devices.values())
    total = sum(amount or 0 for amount in memory.values())
    return tensors, max(0, reserved - tensors), max(0, total - reserved) if total else None


def _kernel_condition(kernel: Kernel) -> Condition | None:
    if kernel.silent:
        return KERNEL_SILENT
    return None if kernel.local else REMOTE_KERNEL


def _run_owner(
    run: RunProcess, held: Mapping[str, dict[int, int | None]], counted: Mapping[str, set[int]]
) -> Owner | None:
    key = f"run:{run.run_id}"
    if key not in held:
        return None
    return Owner(
        kind="run",
        key=key,
        name=run.name,
        memory=held[key],
        path=run.path,
        processes=len(counted[key]),
    )


def _service_owner(service: ServiceProcess, held: Mapping[str, dict[int, int | None]]) -> Owner:
    key = f"service:{service.id}"
    return Owner(
        kind="service",
        key=key,
        name=service.name,
        memory=held.get(key, {}),
        port=service.port,
        resident=service.resident,
    )


def _remainder(
    gpus: Sequence[Gpu], fast: Sequence[FastReading], known: Sequence[Owner]
) -> list[Owner]:
    """What the driver says is used and nobody here holds: other users, other containers, itself."""
    rest: dict[int, int | None] = {}
    for position, (gpu, reading) in enumerate(zip(gpus, fast, strict=False)):
        if reading.used is None or gpu.mig:
            continue
        mine = sum(
            owner.memory.get(position) or 0
            for owner in known
            if owner.kernel is None or owner.kernel.local
        )
        left = reading.used - mine
        if left > 0:
            rest[position] = left
    if not rest:
        return []
    return [Owner(kind="other", key="other", name="", memory=rest)]
