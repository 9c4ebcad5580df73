"""Owners of GPU memory as data: kernels, runs of their own, what they hold, what they report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from paddle_lab.gpu.readings import Gpu
from paddle_lab.gpu.states import Condition

#: More than one machine has: a kernel's answer that lists more is cut.
MOST_DEVICES: Final = 64

Kind = Literal["notebook", "kernel", "run", "service", "other"]


@dataclass(frozen=True)
class KernelReport:
    """A kernel's own word: ``devices`` maps a GPU's position to (allocated, reserved) bytes."""

    host: str
    devices: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    paddle: str | None = None


@dataclass(frozen=True)
class Kernel:
    """A kernel of this server. ``path`` is its notebook, relative to the server's root."""

    id: str
    pid: int | None = None
    path: str | None = None
    name: str = ""
    session: str | None = None
    state: str = "unknown"
    last_activity: float | None = None
    local: bool = True
    silent: bool = False
    report: KernelReport | None = None


@dataclass(frozen=True)
class RunProcess:
    """A run's process of its own (launched or isolated), not inside a kernel."""

    run_id: str
    name: str
    pid: int
    path: str | None = None


@dataclass(frozen=True)
class ServiceProcess:
    """A service of this user over HTTP; ``resident``: bytes of its processes' memory."""

    id: str
    pid: int
    name: str
    port: int | None = None
    resident: int = 0


@dataclass(frozen=True)
class Owner:
    """Memory of one owner. ``memory`` maps a GPU's position to bytes, None where they are hidden.

    ``reported`` says that the figure is the kernel's own; ``split`` is (tensors, cached, other).
    ``resident``: bytes of the machine's memory, of a service that holds none of a GPU's.
    """

    kind: Kind
    key: str
    name: str
    memory: Mapping[int, int | None]
    kernel: Kernel | None = None
    path: str | None = None
    processes: int = 0
    reported: bool = False
    split: tuple[int, int, int | None] | None = None
    condition: Condition | None = None
    port: int | None = None
    resident: int = 0

    @property
    def total(self) -> int:
        """Bytes on all GPUs, as far as they are known; else those of the machine."""
        return sum(amount or 0 for amount in self.memory.values()) or self.resident

    def to_json(self) -> dict[str, Any]:
        """The owner as the stream and the JSON snapshot hold it."""
        kernel = self.kernel
        return {
            "kind": self.kind,
            "key": self.key,
            "name": self.name,
            "path": self.path,
            "kernel": kernel.id if kernel else None,
            "session": kernel.session if kernel else None,
            "state": kernel.state if kernel else None,
            "last_activity": kernel.last_activity if kernel else None,
            "memory": {str(position): amount for position, amount in sorted(self.memory.items())},
            "total": self.total,
            "processes": self.processes,
            "reported": self.reported,
            "split": list(self.split) if self.split else None,
            "condition": self.condition.to_json() if self.condition else None,
            "port": self.port,
        }


@dataclass(frozen=True)
class Ownership:
    """All owners, most memory first, the remainder last; notes explain what cannot be seen."""

    owners: tuple[Owner, ...] = ()
    notes: tuple[Condition, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the stream and the JSON snapshot hold it."""
        return {
            "owners": [owner.to_json() for owner in self.owners],
            "notes": [note.to_json() for note in self.notes],
        }


def place_report(report: Mapping[str, Any], gpus: Sequence[Gpu], *, local: bool) -> KernelReport:
    """Read a kernel's answer and move its device numbers to positions in this server's list.

    Devices of another machine get positions below zero: they are not in the list. A kernel may
    answer anything: what is not a device is passed over.
    """
    names = [name.strip() for name in str(report.get("visible") or "").split(",") if name.strip()]
    devices: dict[int, tuple[int, int]] = {}
    told = report.get("devices")
    for device in told[:MOST_DEVICES] if isinstance(told, list) else ():
        if not isinstance(device, dict):
            continue
        index = _count(device.get("index"), MOST_DEVICES)
        allocated, reserved = _count(device.get("allocated")), _count(device.get("reserved"))
        if index is None or allocated is None or reserved is None:
            continue
        position = (
            position_of(names[index] if index < len(names) else str(index), gpus) if local else None
        )
        devices[position if position is not None else -1 - index] = (allocated, reserved)
    paddle = report.get("paddle")
    return KernelReport(str(report.get("host", "")), devices, str(paddle) if paddle else None)


def _count(value: object, below: int = 1 << 63) -> int | None:
    """``value`` where it is a whole number that can be one; ``True`` is none."""
    return value if type(value) is int and 0 <= value < below else None


def position_of(name: str, gpus: Sequence[Gpu]) -> int | None:
    """The position of a GPU named as in CUDA_VISIBLE_DEVICES: a number or the start of a uuid."""
    is_number = name.isascii() and name.isdigit()
    for position, gpu in enumerate(gpus):
        if is_number and gpu.parent is None and str(gpu.index) == name:
            # Under MIG a number means the GPU's first slice, which stands right below it.
            return position + 1 if gpu.mig and position + 1 < len(gpus) else position
        if not is_number and gpu.uuid.startswith(name):
            return position
    return None
