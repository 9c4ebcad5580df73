"""CPU, memory and disk: the machine's, or what a container may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from cgroup_files import GIB, pod, write

from paddle_lab.cgroup import Cgroup
from paddle_lab.gpu.host import Host


@pytest.fixture
def v2(tmp_path: Path) -> tuple[Path, Path]:
    return pod(tmp_path)


def test_the_host_shows_the_limit_not_the_machine(v2, tmp_path):
    times = iter([0.0, 10.0, 20.0])
    host = Host(tmp_path, Cgroup(*v2), clock=lambda: next(times))
    first = host.read()
    assert first.limited
    assert (first.memory_used, first.memory_total) == (GIB, 2 * GIB)
    assert first.memory_percent == pytest.approx(50)
    write(v2[0] / "kube" / "pod", cpu__stat="usage_usec 12500000\n")
    second = host.read()
    # On a machine with one core the group's limit of 1.5 cores is none.
    assert second.cpu == pytest.approx(50.0) or second.cpus < 1.5


def test_cores_that_a_cpuset_leaves_out_are_not_counted(tmp_path):
    nowhere = Cgroup(tmp_path / "nothing", tmp_path / "nothing")
    assert Host(tmp_path, nowhere, lambda: frozenset({0})).read().cpus == 1
    assert Host(tmp_path, nowhere, lambda: frozenset({0, 999})).read().cpus == 1
    assert Host(tmp_path, nowhere, frozenset).read().cpus >= 1


def test_use_is_counted_in_the_group_that_sets_the_limit(v2):
    root, own = v2
    write(root / "kube", cpu__max="50000 100000", cpu__stat="usage_usec 9000000\n")
    reading = Cgroup(root, own).read()
    assert (reading.cpus, reading.cpu_seconds) == (0.5, 9.0)


def test_the_machine_itself(tmp_path):
    host = Host(tmp_path, Cgroup(tmp_path / "nothing", tmp_path / "nothing"))
    reading = host.read()
    assert not reading.limited
    assert 0 <= reading.cpu <= 100
    assert 0 < reading.memory_used < reading.memory_total
    assert 0 < (reading.disk_used or 0) <= (reading.disk_total or 0)


def test_a_run_folder_that_does_not_exist_yet_is_on_its_parents_disk(tmp_path):
    reading = Host(tmp_path / "paddle_runs" / "later").read()
    assert reading.disk_total
