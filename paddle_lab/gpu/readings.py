"""What a backend reads, in one unit each; None is "this GPU does not tell", never zero."""

from __future__ import annotations

from dataclasses import dataclass, field

from paddle_lab.gpu.states import Condition

MIB = 1024 * 1024


@dataclass(frozen=True)
class Gpu:
    """A GPU, or a MIG slice of one (``parent`` is then the index of its GPU in the list).

    ``index`` is the driver's number; ``memory`` bytes; ``power_limit`` watts.
    """

    uuid: str
    index: int
    name: str
    memory: int | None
    power_limit: float | None = None
    parent: int | None = None
    mig: bool = False


@dataclass(frozen=True)
class GpuProcess:
    """A process that holds memory of a GPU; ``memory`` in bytes, None when the driver hides it."""

    pid: int
    memory: int | None


@dataclass(frozen=True)
class FastReading:
    """Once a second: ``busy`` and ``memory_busy`` in percent, ``used`` bytes, ``power`` watts.

    ``total`` bytes where memory is read, ``throttle`` the reasons that hold the clocks down.
    """

    busy: int | None = None
    memory_busy: int | None = None
    used: int | None = None
    total: int | None = None
    power: float | None = None
    throttle: int | None = None
    processes: tuple[GpuProcess, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True)
class SlowReading:
    """Once in ten seconds: degrees Celsius, MHz, fan percent, ECC errors, watts."""

    temperature: int | None = None
    clock: int | None = None
    memory_clock: int | None = None
    fan: int | None = None
    ecc_errors: int | None = None
    power_limit: float | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class LinkReading:
    """On demand, bytes a second: PCIe received and sent, NVLink received and sent."""

    pcie_rx: int | None = None
    pcie_tx: int | None = None
    nvlink_rx: int | None = None
    nvlink_tx: int | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class Inventory:
    """The GPUs that a backend found, or the condition that keeps it from finding any.

    ``notes`` are conditions of the whole machine that explain missing numbers (WSL, vGPU).
    """

    gpus: tuple[Gpu, ...] = ()
    condition: Condition | None = None
    notes: tuple[Condition, ...] = ()
    driver: str | None = None
    details: dict[str, str] = field(default_factory=dict)
