"""NVIDIA GPUs through nvidia-ml-py. Nothing is loaded at import; no failure leaves this module."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from paddle_lab.gpu.backends._nvml_calls import (
    GONE_CODES,
    LOG,
    LOST_CODES,
    UNKNOWN_ERROR,
    NvmlCalls,
    condition_of,
    load_pynvml,
)
from paddle_lab.gpu.backends._nvml_links import NvlinkCounters
from paddle_lab.gpu.readings import (
    FastReading,
    Gpu,
    GpuProcess,
    Inventory,
    LinkReading,
    SlowReading,
)
from paddle_lab.gpu.states import MIG_ON, NO_GPUS, VGPU, WSL, Condition
from paddle_lab.gpu.throttle import Throttle

_COMPUTE = ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2")
_GRAPHICS = ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2")
_MPS = (
    "nvmlDeviceGetMPSComputeRunningProcesses_v3",
    "nvmlDeviceGetMPSComputeRunningProcesses_v2",
)
_REASONS = (
    "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetCurrentClocksThrottleReasons",
)
# NVML's clock event reasons; those that are not here cost no speed (an administrator's settings).
_THROTTLE: Final = (
    (0x1, Throttle.IDLE),
    (0x4, Throttle.POWER_CAP),
    (0x8, Throttle.HARDWARE),
    (0x20, Throttle.WARM),
    (0x40, Throttle.HOT),
    (0x80, Throttle.BRAKE),
)
_SM_CLOCK, _MEMORY_CLOCK = 1, 2
_VGPU_GUEST = 2
_PCIE_TX, _PCIE_RX = 0, 1


class NvmlBackend:
    """The driver's GPUs. Used by one thread; ``load`` and ``clock`` are given by tests."""

    name = "nvml"
    simulated = False

    def __init__(
        self,
        load: Callable[[], ModuleType | Condition] = load_pynvml,
        clock: Callable[[], float] = time.monotonic,
        proc_version: Path = Path("/proc/version"),
    ) -> None:
        self._load = load
        self._proc_version = proc_version
        self._calls: NvmlCalls | None = None
        self._handles: list[Any] = []
        self._refused: dict[int, int] = {}
        self._gpus: tuple[Gpu, ...] = ()
        self._background: list[dict[int, int | None]] = []
        self._nvlink = NvlinkCounters(clock)
        self._known: dict[object, Gpu] = {}
        self._open = False
        self._gone = False

    @property
    def call_count(self) -> int:
        """How many functions of nvidia-ml-py were called so far."""
        return self._calls.count if self._calls else 0

    def open(self) -> Inventory:
        """Initialise NVML and list the GPUs with their MIG slices."""
        self.close()
        loaded = self._load()
        if isinstance(loaded, Condition):
            return Inventory(condition=loaded)
        if self._calls is None or self._calls.module is not loaded:
            self._calls = NvmlCalls(loaded)
        calls = self._calls
        calls.forget()
        try:
            loaded.nvmlInitWithFlags(0)
        except loaded.NVMLError as error:
            return Inventory(condition=condition_of(int(error.value)))
        except Exception:
            LOG.warning("nvmlInitWithFlags failed", exc_info=True)
            return Inventory(condition=condition_of(UNKNOWN_ERROR))
        self._open, self._gone = True, False
        return self._list_gpus(calls)

    def _list_gpus(self, calls: NvmlCalls) -> Inventory:
        count = calls.ask("system", "nvmlDeviceGetCount")
        if count is None:
            code = calls.take_fault("system")
            return Inventory(condition=condition_of(code if code is not None else -1))
        gpus: list[Gpu] = []
        faults: set[int] = set()
        for index in range(count):
            handle = calls.ask(index, "nvmlDeviceGetHandleByIndex", index)
            code = calls.take_fault(index)
            if handle is None and code is not None:
                faults.add(code)
                self._refused[len(gpus)] = code
            self._add_gpu(calls, gpus, index, handle)
        self._gpus = tuple(gpus)
        self._background = [{} for _ in gpus]
        if count and len(faults) == 1 and not any(self._handles):
            return Inventory(condition=condition_of(faults.pop()))
        driver = calls.ask("system", "nvmlSystemGetDriverVersion")
        return Inventory(
            gpus=self._gpus,
            condition=None if count else NO_GPUS,
            notes=tuple(self._notes(calls)),
            driver=driver,
        )

    def _add_gpu(self, calls: NvmlCalls, gpus: list[Gpu], index: int, handle: Any) -> None:
        """Append the GPU and, where MIG is on, its slices."""
        position = len(gpus)
        mig = calls.ask(index, "nvmlDeviceGetMigMode", handle) if handle else None
        sliced = bool(mig and mig[0])
        gpus.append(self._describe(calls, handle, index, index, mig=sliced))
        self._handles.append(handle)
        if not sliced:
            return
        for number in range(calls.ask(index, "nvmlDeviceGetMaxMigDeviceCount", handle) or 0):
            part = calls.ask((index, number), "nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
            if part is not None:
                slot = (index, number)
                gpus.append(self._describe(calls, part, index, slot, parent=position))
                self._handles.append(part)

    def _describe(
        self,
        calls: NvmlCalls,
        handle: Any,
        index: int,
        slot: object,
        *,
        parent: int | None = None,
        mig: bool = False,
    ) -> Gpu:
        if handle is None:
            return self._known.get(slot) or Gpu(f"lost-{index}", index, f"GPU {index}", None)
        memory = calls.ask(slot, "nvmlDeviceGetMemoryInfo", handle)
        limit = None
        if parent is None:
            limit = calls.ask(slot, "nvmlDeviceGetEnforcedPowerLimit", handle)
        self._known[slot] = Gpu(
            uuid=calls.ask(slot, "nvmlDeviceGetUUID", handle) or f"gpu-{slot}",
            index=index,
            name=calls.ask(slot, "nvmlDeviceGetName", handle) or f"GPU {index}",
            memory=int(memory.total) if memory else None,
            power_limit=limit / 1000 if limit else None,
            parent=parent,
            mig=mig,
        )
        return self._known[slot]

    def _notes(self, calls: NvmlCalls) -> Iterable[Condition]:
        if self._under_wsl():
            yield WSL
        modes = [
            calls.ask(gpu.index, "nvmlDeviceGetVirtualizationMode", handle)
            for gpu, handle in zip(self._gpus, self._handles, strict=True)
            if handle is not None and gpu.parent is None
        ]
        if _VGPU_GUEST in modes:
            yield VGPU

    def _under_wsl(self) -> bool:
        try:
            return "microsoft" in self._proc_version.read_text(encoding="utf-8").lower()
        except OSError:
            return False

    def fast(self) -> list[FastReading]:
        """Utilisation, memory, processes, power and clock reasons of each GPU."""
        if self._calls is None:
            return []
        return [self._fast(self._calls, position) for position in range(len(self._gpus))]

    def _fast(self, calls: NvmlCalls, position: int) -> FastReading:
        gpu, handle = self._gpus[position], self._handles[position]
        slot = ("fast", position)
        if handle is None:
            return FastReading(condition=condition_of(self._refused.get(position, LOST_CODES[0])))
        memory = calls.ask(slot, "nvmlDeviceGetMemoryInfo", handle)
        whole = gpu.parent is None
        rates = power = reasons = None
        if whole and not gpu.mig:
            rates = calls.ask(slot, "nvmlDeviceGetUtilizationRates", handle)
        if whole:
            power = calls.ask(slot, "nvmlDeviceGetPowerUsage", handle)
            reasons = calls.ask_first(slot, _REASONS, handle)
        processes = None
        if not gpu.mig:
            processes = calls.ask_first(slot, _COMPUTE, handle)
        return FastReading(
            busy=int(rates.gpu) if rates else None,
            memory_busy=int(rates.memory) if rates else None,
            used=int(memory.used) if memory else None,
            total=int(memory.total) if memory else None,
            power=power / 1000 if power is not None else None,
            throttle=_throttle(reasons),
            processes=self._merge(processes, self._background[position]),
            condition=self._condition(calls, slot, gpu),
        )

    def _merge(self, processes: Any, background: dict[int, int | None]) -> tuple[GpuProcess, ...]:
        found = dict(background)
        for process in processes or ():
            found[int(process.pid)] = process.usedGpuMemory
        return tuple(GpuProcess(pid, memory) for pid, memory in sorted(found.items()))

    def _condition(self, calls: NvmlCalls, slot: object, gpu: Gpu) -> Condition | None:
        code = calls.take_fault(slot)
        if code is None:
            return MIG_ON if gpu.mig else None
        if code in GONE_CODES:
            self._gone = True
        return condition_of(code)

    def slow(self) -> list[SlowReading]:
        """Temperature, clocks, fan, errors, limit; also processes that hardly change."""
        if self._calls is None:
            return []
        return [self._slow(self._calls, position) for position in range(len(self._gpus))]

    def _slow(self, calls: NvmlCalls, position: int) -> SlowReading:
        gpu, handle = self._gpus[position], self._handles[position]
        slot = ("slow", position)
        if handle is None or gpu.parent is not None:
            return SlowReading()
        if not gpu.mig:
            self._background[position] = {
                int(process.pid): process.usedGpuMemory
                for names in (_GRAPHICS, _MPS)
                for process in calls.ask_first(slot, names, handle) or ()
            }
        limit = calls.ask(slot, "nvmlDeviceGetEnforcedPowerLimit", handle)
        return SlowReading(
            temperature=calls.ask(slot, "nvmlDeviceGetTemperature", handle, 0),
            clock=calls.ask(slot, "nvmlDeviceGetClockInfo", handle, _SM_CLOCK),
            memory_clock=calls.ask(slot, "nvmlDeviceGetClockInfo", handle, _MEMORY_CLOCK),
            fan=calls.ask(slot, "nvmlDeviceGetFanSpeed", handle),
            ecc_errors=calls.ask(slot, "nvmlDeviceGetTotalEccErrors", handle, 1, 0),
            power_limit=limit / 1000 if limit else None,
            condition=self._condition(calls, slot, gpu),
        )

    def links(self, positions: Iterable[int]) -> dict[int, LinkReading]:
        """PCIe and NVLink rates. NVML counts PCIe over 20 ms, so this is only asked on demand."""
        if self._calls is None:
            return {}
        wanted = [
            position
            for position in positions
            if 0 <= position < len(self._gpus)
            and self._handles[position] is not None
            and self._gpus[position].parent is None
        ]
        self._nvlink.keep(wanted)
        return {position: self._links(self._calls, position) for position in wanted}

    def _links(self, calls: NvmlCalls, position: int) -> LinkReading:
        handle, slot = self._handles[position], ("links", position)
        sent = calls.ask(slot, "nvmlDeviceGetPcieThroughput", handle, _PCIE_TX)
        received = calls.ask(slot, "nvmlDeviceGetPcieThroughput", handle, _PCIE_RX)
        nvlink_tx, nvlink_rx = self._nvlink.rates(calls, position, handle)
        return LinkReading(
            pcie_rx=received * 1000 if received is not None else None,
            pcie_tx=sent * 1000 if sent is not None else None,
            nvlink_rx=nvlink_rx,
            nvlink_tx=nvlink_tx,
            condition=self._condition(calls, slot, self._gpus[position]),
        )

    def needs_reopening(self) -> bool:
        """Whether NVML said that the driver was unloaded or NVML closed under us."""
        return self._gone

    def close(self) -> None:
        """Let NVML go; an already gone driver is no error."""
        if self._open and self._calls is not None:
            try:
                self._calls.module.nvmlShutdown()
            except self._calls.module.NVMLError as error:
                LOG.debug("nvmlShutdown: %s", error)
        self._open = False
        self._handles, self._gpus, self._refused = [], (), {}
        self._nvlink.keep(())


def _throttle(reasons: int | None) -> Throttle | None:
    if reasons is None:
        return None
    found = Throttle(0)
    for bit, reason in _THROTTLE:
        if int(reasons) & bit:
            found |= reason
    return found


class NvmlKind:
    """NVIDIA GPUs."""

    automatic: Final = True

    def present(self) -> bool:
        """Whether nvidia-ml-py finds the driver's library."""
        return not isinstance(load_pynvml(), Condition)

    def make(self, options: str, own_pids: Callable[[], Sequence[int]]) -> NvmlBackend | None:
        """Takes no options."""
        return None if options else NvmlBackend()


BACKEND: Final = NvmlKind()
