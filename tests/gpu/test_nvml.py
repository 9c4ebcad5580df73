"""nvidia-ml-py itself, over a fake driver: numbers, and every way in which they can fail."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from paddle_lab.gpu.backends._nvml_calls import load_pynvml
from paddle_lab.gpu.backends.nvml import NvmlBackend
from paddle_lab.gpu.states import CONDITIONS
from paddle_lab.gpu.throttle import Throttle

READ = """
backend = NvmlBackend()
inventory = backend.open()
fast, slow = backend.fast(), backend.slow()
print(json.dumps({
    "condition": inventory.condition and inventory.condition.code,
    "notes": [note.code for note in inventory.notes],
    "gpus": [[gpu.index, gpu.name, gpu.memory, gpu.parent, gpu.mig] for gpu in inventory.gpus],
    "busy": [reading.busy for reading in fast],
    "used": [reading.used for reading in fast],
    "power": [reading.power for reading in fast],
    "throttle": [reading.throttle for reading in fast],
    "processes": [[[p.pid, p.memory] for p in reading.processes] for reading in fast],
    "conditions": [reading.condition and reading.condition.code for reading in fast],
    "temperature": [reading.temperature for reading in slow],
    "fan": [reading.fan for reading in slow],
    "clock": [reading.clock for reading in slow],
}))
"""
MIB = 1024 * 1024


@pytest.mark.parametrize("gpus", [1, 8, 16])
def test_reads_every_gpu(fake_nvml, look, gpus):
    seen = look(fake_nvml(gpus, "* util 73", "* used 4096", "* watts 250", "0 temp 61"), READ)
    assert seen["condition"] is None
    assert len(seen["gpus"]) == gpus
    assert seen["busy"] == [73] * gpus
    assert seen["used"] == [4096 * MIB] * gpus
    assert seen["power"] == [250.0] * gpus
    assert seen["temperature"][0] == 61
    assert seen["conditions"] == [None] * gpus


def test_lists_processes_and_their_memory(fake_nvml, look):
    seen = look(fake_nvml(2, "0 proc 4711 2048", "0 proc 4712 100", "1 proc 4711 512"), READ)
    assert seen["processes"] == [[[4711, 2048 * MIB], [4712, 100 * MIB]], [[4711, 512 * MIB]]]


def test_memory_that_the_driver_hides_is_none_not_a_huge_number(fake_nvml, look):
    seen = look(fake_nvml(1, "0 proc 4711 -1"), READ)
    assert seen["processes"] == [[[4711, None]]]


def test_one_lost_gpu_leaves_the_others(fake_nvml, look):
    seen = look(fake_nvml(8, "* util 50", "3 lost 1"), READ)
    assert seen["conditions"][3] == "gpu-lost"
    assert seen["busy"] == [50, 50, 50, None, 50, 50, 50, 50]


def test_one_gpu_that_may_not_be_read_is_not_said_to_be_lost(fake_nvml, look):
    seen = look(fake_nvml(2, "* util 50", "1 deny 1"), READ)
    assert seen["condition"] is None
    assert seen["conditions"] == [None, "no-permission"]
    assert seen["busy"] == [50, None]


def test_a_permission_lost_later_stays_said(fake_nvml, look):
    fake = fake_nvml(1)
    code = f"""
backend = NvmlBackend(); backend.open(); backend.fast()
open({str(fake.control)!r}, "w").write("0 deny 1\\n")
print(json.dumps([backend.fast()[0].condition.code for _ in range(3)]))
"""
    assert look(fake, code) == ["no-permission"] * 3


def test_a_gpu_that_is_lost_later_keeps_its_name(fake_nvml, look):
    fake = fake_nvml(2)
    code = f"""
backend = NvmlBackend()
before = backend.open().gpus[1]
open({str(fake.control)!r}, "w").write("1 lost 1\\n")
lost = backend.fast()[1].condition.code
after = backend.open().gpus[1]
print(json.dumps([lost, before.uuid == after.uuid, backend.fast()[1].condition.code]))
"""
    assert look(fake, code) == ["gpu-lost", True, "gpu-lost"]


@pytest.mark.parametrize("value", ["util", "memory", "power", "reasons", "procs"])
def test_an_unsupported_value_is_none_and_asked_once(fake_nvml, look, value):
    fake = fake_nvml(1, f"0 na {value}", "0 util 40", "0 used 100")
    code = """
backend = NvmlBackend(); backend.open(); first = backend.fast()[0]
calls = backend.call_count; backend.fast(); again = backend.call_count - calls
calls = backend.call_count; backend.fast()
print(json.dumps({"busy": first.busy, "used": first.used, "power": first.power,
    "reasons": first.throttle, "condition": first.condition and first.condition.code,
    "steady": backend.call_count - calls == again, "again": again}))
"""
    seen = look(fake, code)
    assert seen["condition"] is None
    assert seen["steady"]
    assert seen["again"] == 4, "five values are asked for, one of them only once"
    names = {"util": "busy", "memory": "used", "power": "power", "reasons": "reasons"}
    if value in names:
        assert seen[names[value]] is None


def test_mig_slices_hang_below_their_gpu_and_utilisation_is_unknown(fake_nvml, look):
    seen = look(fake_nvml(2, "0 mig 3", "0 proc 4711 700", "1 util 20"), READ)
    assert [gpu[3] for gpu in seen["gpus"]] == [None, 0, 0, 0, None]
    assert "MIG 1g.10gb" in seen["gpus"][1][1]
    assert seen["busy"] == [None, None, None, None, 20]
    assert seen["used"][1:4] == [1024 * MIB, 2048 * MIB, 3072 * MIB]
    assert seen["processes"][1] == [[4711, 700 * MIB]]
    assert seen["conditions"][0] == "mig"


def test_a_guest_of_a_vgpu_host_is_told_so(fake_nvml, look):
    assert look(fake_nvml(1, "0 vgpu 1"), READ)["notes"] == ["vgpu"]


def test_wsl_is_recognised_by_its_kernel(fake_nvml, look, tmp_path):
    version = tmp_path / "version"
    version.write_text("Linux version 5.15.90.1-microsoft-standard-WSL2", encoding="utf-8")
    code = f"""
from pathlib import Path
print(json.dumps([n.code for n in NvmlBackend(proc_version=Path({str(version)!r})).open().notes]))
"""
    assert look(fake_nvml(1), code) == ["wsl"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("* init 9", "driver-not-loaded"),
        ("* init 18", "driver-mismatch"),
        ("* init 4", "no-permission"),
        ("* init 999", "nvml-error"),
        ("* deny 1", "no-permission"),
    ],
)
def test_a_driver_that_does_not_answer_is_a_condition(fake_nvml, look, line, code):
    assert look(fake_nvml(2, line), READ)["condition"] == code


def test_no_gpu_at_all(fake_nvml, look):
    assert look(fake_nvml(0), READ)["condition"] == "no-gpus"


def test_no_library(look):
    seen = look(None, READ, LD_LIBRARY_PATH="/nowhere")
    assert seen["condition"] == "library-not-found"
    assert seen["gpus"] == []


def test_a_driver_reload_is_noticed_and_survived(fake_nvml, look):
    fake = fake_nvml(2, "* util 10")
    code = f"""
backend = NvmlBackend(); backend.open(); backend.fast()
open({str(fake.control)!r}, "w").write("* reload 1\\n* util 20\\n")
gone = backend.fast()[0].condition.code
needs = backend.needs_reopening()
backend.open()
print(json.dumps([gone, needs, backend.needs_reopening(), backend.fast()[0].busy]))
"""
    assert look(fake, code) == ["driver-reloaded", True, False, 20]


def test_links_are_rates_over_the_time_between_two_readings(fake_nvml, look):
    code = """
times = iter([100.0, 102.0])
backend = NvmlBackend(clock=lambda: next(times)); backend.open()
began = time.time(); first = backend.links([0, 7]); half = time.time()
time.sleep(0.2); between = time.time() - half; second = backend.links([0])
print(json.dumps([sorted(first), first[0].nvlink_tx, second[0].nvlink_tx, second[0].pcie_rx,
                  between, time.time() - began]))
"""
    places, first, second, pcie, least, most = look(fake_nvml(1, "* util 50"), code)
    assert places == [0]
    assert first is None
    # The counter rises by 1e5 KiB a second; that time of it, divided by the 2 s of the clock.
    assert 0.9 * least * 1e5 * 1024 / 2 < second < 1.1 * most * 1e5 * 1024 / 2
    assert pcie == (100000 + 50 * 10000) * 1000


def test_pcie_is_asked_only_through_links(fake_nvml, look):
    fake = fake_nvml(4)
    look(fake, READ)
    assert fake.calls()[1] == 0
    look(fake, "b = NvmlBackend(); b.open(); b.links([2]); print(0)")
    assert fake.calls()[1] == 2


def test_a_function_missing_from_an_old_driver_is_logged_once(fake_nvml, look):
    code = """
import logging, pynvml
records = []
logging.getLogger("paddle_lab.gpu").addHandler(type("H", (logging.Handler,), {
    "emit": lambda self, record: records.append(record.getMessage())})())
logging.getLogger("paddle_lab.gpu").setLevel(logging.INFO)
real = pynvml._nvmlGetFunctionPointer
def old(name):
    if name == "nvmlDeviceGetCurrentClocksEventReasons":
        raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
    return real(name)
pynvml._nvmlGetFunctionPointer = old
backend = NvmlBackend(); backend.open()
values = [[r.throttle for r in backend.fast()] for _ in range(3)]
print(json.dumps([len([r for r in records if "ClocksEventReasons" in r]), values]))
"""
    assert look(fake_nvml(2, "* reasons 4"), code) == [1, [[Throttle.POWER_CAP] * 2] * 3]


def test_another_package_named_pynvml_is_recognised(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynvml", types.ModuleType("pynvml"))
    assert load_pynvml() is CONDITIONS["wrong-pynvml"]
    assert NvmlBackend().open().condition is CONDITIONS["wrong-pynvml"]


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    assert load_pynvml() is CONDITIONS["nvml-package-missing"]


def test_nothing_of_nvml_is_loaded_by_importing_the_room(look):
    code = "import paddle_lab.gpu.sampler; print(json.dumps('pynvml' in sys.modules))"
    assert look(None, code) is False


def test_a_backend_that_was_never_opened_has_no_readings():
    backend = NvmlBackend(proc_version=Path("/nowhere"))
    assert backend.fast() == backend.slow() == []
    assert backend.links([0]) == {}
