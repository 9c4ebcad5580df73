"""From a process on the GPU upwards to its notebook; what nobody holds is said honestly."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from paddle_lab.gpu.owners import resolve
from paddle_lab.gpu.ownership import (
    Kernel,
    KernelReport,
    RunProcess,
    ServiceProcess,
    place_report,
)
from paddle_lab.gpu.processes import SystemProcesses
from paddle_lab.gpu.readings import FastReading, Gpu, GpuProcess

GIB = 1 << 30
GPUS = [Gpu(f"GPU-{i}abc", i, "test", 80 * GIB) for i in range(3)]


class Table:
    """A family of processes: pid to parent, and command lines."""

    def __init__(self, parents: dict[int, int], commands: dict[int, list[str]] | None = None):
        self.parents = parents
        self.commands = commands or {}
        self.asked = 0

    def parent(self, pid: int) -> int | None:
        self.asked += 1
        return self.parents.get(pid)

    def command(self, pid: int) -> list[str]:
        return self.commands.get(pid, [])


def on_gpu(*processes: tuple[int, int | None], used: int = 0) -> FastReading:
    total = used or sum(memory or 0 for _, memory in processes)
    return FastReading(used=total, processes=tuple(GpuProcess(*p) for p in processes))


A = Kernel("aaa", pid=100, path="work/a.ipynb", state="idle", session="s1")
B = Kernel("bbb", pid=200, path="b.ipynb", state="busy")


def test_a_kernel_its_loaders_and_a_launched_worker_are_one_owner():
    table = Table({100: 1, 110: 100, 111: 110, 112: 111, 200: 1})
    fast = [on_gpu((100, GIB), (112, 2 * GIB), (200, GIB)), on_gpu((111, 4 * GIB))]
    found = resolve(GPUS[:2], fast, [A, B], [], table)
    first, second = found.owners
    assert (first.key, first.name, first.path) == ("aaa", "a.ipynb", "work/a.ipynb")
    assert dict(first.memory) == {0: 3 * GIB, 1: 4 * GIB}
    assert first.processes == 3
    assert (second.key, second.total) == ("bbb", GIB)
    assert found.notes == ()


def test_a_service_is_an_owner_of_its_own_beside_the_kernel_that_started_it():
    table = Table({100: 1, 150: 100, 160: 150})
    service = ServiceProcess("ab12cd34", 150, "reviews", 8001, resident=300)
    fast = [on_gpu((100, GIB), (160, 2 * GIB))]
    found = resolve(GPUS[:1], fast, [A], [], table, services=[service])
    assert [(one.key, one.total) for one in found.owners] == [
        ("service:ab12cd34", 2 * GIB),
        ("aaa", GIB),
    ]
    assert found.owners[0].to_json()["port"] == 8001


def test_a_service_on_the_cpu_shows_the_machines_memory():
    service = ServiceProcess("ab12cd34", 150, "reviews", 8001, resident=300)
    (owner,) = resolve([], [], [], [], Table({}), services=[service]).owners
    assert (owner.kind, owner.name, owner.total, owner.memory) == ("service", "reviews", 300, {})


def test_most_memory_first_and_the_remainder_last():
    table = Table({100: 1, 200: 1, 300: 1})
    fast = [on_gpu((100, GIB), (200, 5 * GIB), (300, 9 * GIB), used=16 * GIB)]
    found = resolve(GPUS[:1], fast, [A, B], [], table)
    assert [owner.key for owner in found.owners] == ["bbb", "aaa", "other"]
    assert found.owners[-1].total == 10 * GIB, "another process and what the driver itself holds"


def test_a_kernel_is_found_by_its_connection_file_when_the_server_knows_no_pid():
    kernel = Kernel("ccc", pid=None, path="c.ipynb", local=False)
    table = Table({500: 499, 499: 1}, {499: ["python", "-f", "/run/user/kernel-ccc.json"]})
    found = resolve(GPUS[:1], [on_gpu((500, GIB))], [kernel], [], table)
    assert found.owners[0].key == "ccc"


def test_a_launched_run_is_an_owner_of_its_own():
    run = RunProcess("1a2b", "reviews", 700, "a.ipynb")
    found = resolve(GPUS[:1], [on_gpu((701, GIB))], [A], [run], Table({701: 700, 700: 1}))
    owner = found.owners[0]
    assert (owner.kind, owner.key, owner.name, owner.path) == (
        "run", "run:1a2b", "reviews", "a.ipynb",
    )  # fmt: skip


def test_pids_that_do_not_exist_here_are_outside_and_said_so():
    found = resolve(GPUS[:1], [on_gpu((31337, GIB))], [A], [], Table({100: 1}))
    assert [note.code for note in found.notes] == ["pids-hidden"]
    assert [owner.key for owner in found.owners] == ["other"]


def test_made_up_processes_of_a_simulation_are_no_mystery():
    found = resolve(GPUS[:1], [on_gpu((31337, GIB))], [], [], Table({}), simulated=True)
    assert found.notes == ()


def test_where_pids_are_hidden_the_kernels_own_report_counts_and_is_labelled():
    report = KernelReport("box", {0: (2 * GIB, 3 * GIB)}, "3.3")
    kernel = Kernel("aaa", pid=100, path="a.ipynb", report=report)
    found = resolve(GPUS[:1], [on_gpu((31337, 8 * GIB))], [kernel], [], Table({100: 1}))
    owner, other = found.owners
    assert owner.reported
    assert owner.total == 3 * GIB
    assert owner.split == (2 * GIB, GIB, None)
    assert other.total == 5 * GIB


def test_paddles_split_of_what_the_driver_says():
    report = KernelReport("box", {0: (2 * GIB, 3 * GIB)}, "3.3")
    kernel = Kernel("aaa", pid=100, path="a.ipynb", report=report)
    owner = resolve(GPUS[:1], [on_gpu((100, 4 * GIB))], [kernel], [], Table({100: 1})).owners[0]
    assert not owner.reported
    assert owner.split == (2 * GIB, GIB, GIB), "tensors, cached, context and other"


def test_a_kernel_elsewhere_is_shown_with_its_own_word_and_takes_nothing_from_this_machine():
    report = KernelReport("far", {-1: (GIB, 2 * GIB)}, "3.3")
    kernel = Kernel("ddd", pid=None, path="d.ipynb", local=False, report=report)
    found = resolve(GPUS[:1], [on_gpu(used=GIB)], [kernel], [], Table({}))
    owner, other = found.owners
    assert (owner.total, owner.reported, owner.condition.code) == (2 * GIB, True, "remote-kernel")
    assert other.total == GIB


def test_a_kernel_that_never_answers_is_shown_as_such():
    kernel = Kernel("eee", pid=None, path="e.ipynb", local=False, silent=True)
    owner = resolve(GPUS[:1], [on_gpu()], [kernel], [], Table({})).owners[0]
    assert owner.condition.code == "kernel-silent"


def test_memory_that_the_driver_hides_keeps_its_owner():
    owner = resolve(GPUS[:1], [on_gpu((100, None))], [A], [], Table({100: 1})).owners[0]
    assert dict(owner.memory) == {0: None}
    assert owner.total == 0


def test_a_circle_of_parents_ends():
    found = resolve(GPUS[:1], [on_gpu((5, GIB))], [A], [], Table({5: 6, 6: 5}))
    assert found.owners[0].key == "other"


def test_the_cost_is_processes_times_depth_not_kernels_times_children():
    kernels = [Kernel(f"k{i}", pid=1000 + i, path=f"{i}.ipynb") for i in range(500)]
    parents = {1000 + i: 1 for i in range(500)} | {5: 1499}
    table = Table(parents)
    resolve(GPUS, [on_gpu((5, GIB))] * 3, kernels, [], table)
    assert table.asked <= 2


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, {0: (1, 2), 1: (3, 4)}),
        ("2,0", {2: (1, 2), 0: (3, 4)}),
        ("GPU-1abc,GPU-2", {1: (1, 2), 2: (3, 4)}),
        ("7", {-1: (1, 2), 1: (3, 4)}),
    ],
)
def test_device_numbers_of_a_kernel_are_those_of_cuda_visible_devices(visible, expected):
    devices = [
        {"index": 0, "allocated": 1, "reserved": 2},
        {"index": 1, "allocated": 3, "reserved": 4},
        {"index": "nonsense"},
    ]
    answer = {"host": "box", "visible": visible, "devices": devices, "paddle": "3.3"}
    assert dict(place_report(answer, GPUS, local=True).devices) == expected


def test_under_mig_a_number_means_the_first_slice():
    gpus = [
        Gpu("GPU-0", 0, "test", GIB, mig=True),
        Gpu("MIG-0", 0, "slice", GIB, parent=0),
        Gpu("MIG-1", 0, "slice", GIB, parent=0),
    ]
    devices = [{"index": 0, "allocated": 1, "reserved": 2}]
    for visible, place in ((None, 1), ("0", 1), ("MIG-1", 2)):
        answer = {"visible": visible, "devices": devices}
        assert list(place_report(answer, gpus, local=True).devices) == [place]


def test_devices_of_another_machine_have_no_place_in_this_list():
    answer = {"devices": [{"index": 0, "allocated": 1, "reserved": 2}]}
    assert list(place_report(answer, GPUS, local=False).devices) == [-1]


def test_real_processes_of_this_machine():
    """A shell that starts a Python that starts a Python: three generations."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; print(__import__(\"os\").getpid(), flush=True); time.sleep(30)'])"  # noqa: E501
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            grandchild = int(process.stdout.readline())
            kernel = Kernel("me", pid=os.getpid(), path="me.ipynb")
            found = resolve(GPUS[:1], [on_gpu((grandchild, GIB))], [kernel], [], SystemProcesses())
            assert found.owners[0].key == "me"
        finally:
            import psutil

            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


def test_a_process_that_has_just_ended_is_no_error():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    table = SystemProcesses()
    assert table.parent(process.pid) is None
    assert table.command(process.pid) == ()


def test_the_ranks_of_a_run_are_the_runs_though_a_notebook_began_them() -> None:
    """The kernel started the supervisor, which the run names, and that the ranks."""
    supervisor, ranks, kernel = 500, (501, 502), Kernel("k1", pid=400, path="train.ipynb")
    table = Table({supervisor: 400, **dict.fromkeys(ranks, supervisor), 400: 1})
    readings = [FastReading(used=6 * GIB, processes=(GpuProcess(rank, 5 * GIB),)) for rank in ranks]
    run = RunProcess("a1b2", "reviews", supervisor)
    held = resolve(GPUS[:2], readings, [kernel], [run], table)
    owner, rest = held.owners
    assert (owner.kind, owner.name, owner.processes) == ("run", "reviews", 2)
    assert owner.memory == {0: 5 * GIB, 1: 5 * GIB}
    assert rest.kind == "other" and rest.memory == {0: GIB, 1: GIB}
