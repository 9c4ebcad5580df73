"""What kernels, drivers, settings and processes say may be anything: it is text, or passed over."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.backends._nvml_calls import NvmlCalls
from paddle_lab.gpu.backends.nvml import NvmlBackend
from paddle_lab.gpu.metrics import Collector, exposition
from paddle_lab.gpu.owners import resolve
from paddle_lab.gpu.ownership import Kernel, Ownership, place_report
from paddle_lab.gpu.processes import SystemProcesses
from paddle_lab.gpu.readings import FastReading, Gpu, GpuProcess
from paddle_lab.gpu.states import NVML_ERROR
from paddle_lab.server.json_text import to_json

GPUS = (Gpu("GPU-aa", 0, "one", 10), Gpu("GPU-bb", 1, "two", 10))
HOSTILE = ('<img src=x onerror="alert(1)">', "\u202egnp.exe", "half \ud800", "a\x00b\n", "{x} %s")


@pytest.mark.parametrize(
    "devices",
    [
        None, 5, "0", {"index": 0}, [None, 3, "x", []], [{}], [{"index": 0}],
        [{"index": "²", "allocated": 1, "reserved": 1}],
        [{"index": -1, "allocated": 1, "reserved": 1}],
        [{"index": True, "allocated": 1, "reserved": 1}],
        [{"index": 0, "allocated": 1e400, "reserved": 1}],
        [{"index": 0, "allocated": 1, "reserved": -5}],
        [{"index": 0, "allocated": 1, "reserved": 1 << 70}],
        [{"index": 10**30, "allocated": 1, "reserved": 1}],
    ],
)  # fmt: skip
def test_devices_that_are_none_are_passed_over(devices: Any) -> None:
    report = place_report({"devices": devices, "host": 3}, GPUS, local=True)
    assert report.devices == {}
    whole = [{"index": 1, "allocated": 1, "reserved": 2}]
    mixed = [*devices, *whole] if isinstance(devices, list) else whole
    assert place_report({"devices": mixed}, GPUS, local=True).devices == {1: (1, 2)}


@pytest.mark.parametrize("visible", ["²", "9" * 5000, "-1", "\x00", ["0"], {"a": 1}, 7, "GPU-zz"])
def test_visible_devices_that_are_none_lead_nowhere(visible: Any) -> None:
    whole = [{"index": 0, "allocated": 1, "reserved": 2}]
    report = place_report({"devices": whole, "visible": visible}, GPUS, local=True)
    assert set(report.devices) == {-1}


def test_a_kernel_cannot_list_devices_without_end() -> None:
    many = [{"index": 0, "allocated": 1, "reserved": n} for n in range(100_000)]
    assert place_report({"devices": many}, GPUS, local=True).devices == {0: (1, 63)}


@pytest.mark.parametrize(
    "setting",
    [
        "simulated:1xT4,seed=²", "simulated:²xT4", "simulated:1xT4,seed=" + "9" * 5000,
        "simulated:1xT4,seed=-1", "simulated:" + "x" * 100_000, "\x00", "nvml\u202e",
        "simulated:0xT4", "../x", "os", "nvml.nvml",
    ],
)  # fmt: skip
def test_a_setting_that_is_none_chooses_none(setting: str) -> None:
    assert choose_backend(setting) is None


@pytest.mark.parametrize("pid", [-1, 10**30, 1 << 31, 2**64])
def test_a_number_that_is_no_process_has_no_parent(pid: int) -> None:
    assert SystemProcesses().parent(pid) is None
    assert SystemProcesses().command(pid) == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_reach_every_answer_as_text(name: str) -> None:
    kernel = Kernel("k1", 42, path=f"folder/{name}", name=name, state=name)
    reading = FastReading(busy=1, used=9, processes=(GpuProcess(42, 5),))

    class Table:
        def parent(self, pid: int) -> int | None:
            return None

        def command(self, pid: int) -> list[str]:
            return [name, f"kernel-{name}.json"]

    ownership = resolve(GPUS[:1], (reading,), [kernel], [], Table())
    told = json.loads(to_json(ownership.to_json()))
    shown = name.replace("\ud800", "\ufffd")
    assert told["owners"][0]["name"] == shown
    text = exposition(Collector(lambda: (_sample(name), ownership, ()))).decode("utf-8")
    lines = [line for line in text.split("\n") if line.startswith("paddle_lab_owner_gpu_memory")]
    assert [line.rpartition("} ")[2] for line in lines] == ["5.0", "4.0"], "it and the rest"


def _sample(name: str) -> Any:
    from paddle_lab.gpu.readings import Inventory
    from paddle_lab.gpu.sampler import Sample

    gpus = (Gpu(name, 0, name, 10),)
    return Sample(1, 1.0, 1.0, 1, Inventory(gpus), (FastReading(),), (), {}, None, 1)


class NvmlError(Exception):
    def __init__(self, value: int) -> None:
        self.value = value


def failing(error: Exception) -> SimpleNamespace:
    """A driver's library whose every function fails like this."""

    def fail(*args: Any) -> Any:
        raise error

    names = ("nvmlInitWithFlags", "nvmlDeviceGetCount", "nvmlDeviceGetName", "nvmlShutdown")
    return SimpleNamespace(NVMLError=NvmlError, **dict.fromkeys(names, fail))


@pytest.mark.parametrize(
    "error",
    [
        NvmlError(999),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        OSError("gone"),
        TypeError("a structure of another version"),
        OverflowError("too large"),
    ],
)
def test_a_driver_that_fails_in_any_way_is_a_condition(error: Exception) -> None:
    calls = NvmlCalls(failing(error))  # type: ignore[arg-type]
    assert calls.ask(0, "nvmlDeviceGetName", None) is None
    assert calls.take_fault(0) == 999
    inventory = NvmlBackend(load=lambda: failing(error)).open()  # type: ignore[arg-type, return-value]
    assert inventory.condition is NVML_ERROR


def test_a_name_in_bytes_is_text() -> None:
    module = SimpleNamespace(NVMLError=NvmlError, nvmlDeviceGetName=lambda handle: b"A100 \xff")
    assert NvmlCalls(module).ask(0, "nvmlDeviceGetName", None) == "A100 \ufffd"  # type: ignore[arg-type]


def test_nobody_owns_what_is_not_told() -> None:
    assert resolve((), (), [], [], SystemProcesses()) == Ownership()
