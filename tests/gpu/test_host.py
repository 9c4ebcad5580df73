"""CPU, memory and disk: the machine's, or what a container may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab.gpu.cgroup import Cgroup
from paddle_lab.gpu.host import Host

GIB = 1 << 30


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="ascii")
    return folder


@pytest.fixture
def v2(tmp_path: Path) -> tuple[Path, Path]:
    root = write(tmp_path / "cgroup", cgroup__controllers="cpu memory")
    write(root / "kube", memory__max="max", cpu__max="max 100000")
    write(
        root / "kube" / "pod",
        memory__max=str(2 * GIB),
        memory__current=str(GIB + 100),
        memory__stat="anon 5\ninactive_file 100\n",
        cpu__max="150000 100000",
        cpu__stat="usage_usec 5000000\nuser_usec 1\n",
    )
    own = tmp_path / "own"
    own.write_text("0::/kube/pod\n", encoding="ascii")
    return root, own


def test_limits_of_cgroup_v2(v2):
    reading = Cgroup(*v2).read()
    assert reading.memory_limit == 2 * GIB
    assert reading.memory_used == GIB, "file cache that can be dropped is not counted"
    assert reading.cpus == 1.5
    assert reading.cpu_seconds == 5.0


def test_a_tighter_limit_further_up_counts(v2):
    root, own = v2
    write(root / "kube", memory__max=str(GIB), memory__current=str(GIB // 2))
    assert Cgroup(root, own).read().memory_limit == GIB


def test_inside_a_container_the_own_group_is_the_root(tmp_path):
    root = write(
        tmp_path / "cgroup", cgroup__controllers="memory", memory__max="1000", memory__current="10"
    )
    own = tmp_path / "own"
    own.write_text("0::/../../pod/not/visible/here\n", encoding="ascii")
    assert Cgroup(root, own).read().memory_limit == 1000


def test_limits_of_cgroup_v1(tmp_path):
    root = tmp_path / "cgroup"
    write(
        root / "memory" / "docker",
        memory__limit_in_bytes=str(GIB),
        memory__usage_in_bytes=str(GIB // 2),
        memory__stat="total_inactive_file 12\n",
    )
    write(root / "memory", memory__limit_in_bytes=str(9223372036854771712))
    write(root / "cpu" / "docker", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000",
          cpuacct__usage="7000000000")  # fmt: skip
    own = tmp_path / "own"
    own.write_text("4:memory:/docker\n3:cpu,cpuacct:/docker\n", encoding="ascii")
    reading = Cgroup(root, own).read()
    assert reading.memory_limit == GIB
    assert reading.memory_used == GIB // 2 - 12
    assert reading.cpus == 0.5
    assert reading.cpu_seconds == 7.0


@pytest.mark.parametrize("content", ["max", "", "nonsense"])
def test_no_limit_or_an_unreadable_one_is_none(tmp_path, content):
    root = write(tmp_path / "cgroup", cgroup__controllers="memory", memory__max=content)
    reading = Cgroup(root, tmp_path / "absent").read()
    assert reading.memory_limit is None
    assert reading.cpus is None


def test_no_cgroup_at_all(tmp_path):
    assert Cgroup(tmp_path / "nothing", tmp_path / "nothing").read().memory_limit is None


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
