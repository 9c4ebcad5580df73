"""What a container may use: limits of memory and CPU, and how many cores that leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cgroup_files import GIB, pod, write

from paddle_lab.cgroup import Cgroup, usable_cores


@pytest.fixture
def v2(tmp_path: Path) -> tuple[Path, Path]:
    return pod(tmp_path)


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


def quota(folder: Path, content: str) -> Cgroup:
    """A control group of version 2 with ``content`` as its ``cpu.max``."""
    return Cgroup(write(folder, cgroup__controllers="cpu", cpu__max=content), folder / "absent")


@pytest.mark.parametrize(
    ("content", "cores"),
    [
        *(("max 100000", 8), ("", 8), ("250000 100000", 2), ("50000 100000", 1)),
        *(("1600000 100000", 8), ("250000 0", 8)),
    ],
)
def test_cores_are_those_this_process_may_use(
    content: str, cores: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert usable_cores(quota(tmp_path, content)) == cores


def test_without_a_control_group_the_affinity_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    nowhere = Cgroup(tmp_path / "nothing", tmp_path / "nothing")
    assert usable_cores(nowhere) == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert usable_cores(nowhere) == 3
