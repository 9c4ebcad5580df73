"""Memory and threads of the process: what is set, where, and that it works."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_lab.training import allocator

ROOT = Path(__file__).parents[2]
on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


def answer(code: str, **environment: str) -> str:
    """What ``code`` prints last in a fresh process without OMP_NUM_THREADS."""
    clean = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


PAGE_FAULTS = """
import resource
from paddle_lab.training.allocator import keep_memory
{call}
def use():
    for _ in range(20):
        bytearray(32 << 20)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@on_glibc
def test_kept_memory_is_not_cleared_again() -> None:
    plain = int(answer(PAGE_FAULTS.format(call="")))
    kept = int(answer(PAGE_FAULTS.format(call="keep_memory(); keep_memory()")))
    assert kept < plain / 10


IN_A_THREAD = PAGE_FAULTS.replace("\nuse()\nbefore", "\nimport threading\nbefore").replace(
    "\nuse()\nprint",
    "\nfor _ in range(3):\n"
    "    thread = threading.Thread(target=use); thread.start(); thread.join()\n"
    "print",
)


@on_glibc
def test_a_worker_thread_keeps_it_too() -> None:
    plain = int(answer(IN_A_THREAD.format(call="")))
    kept = int(answer(IN_A_THREAD.format(call="keep_memory()")))
    assert kept < plain / 10


@on_glibc
def test_it_says_what_it_set() -> None:
    code = "from paddle_lab.training.allocator import keep_memory; print(sorted(keep_memory()))"
    assert answer(code) == str(["M_ARENA_MAX", "M_MMAP_MAX", "M_TOP_PAD", "M_TRIM_THRESHOLD"])


def test_elsewhere_than_on_glibc_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    monkeypatch.setattr(sys, "platform", "linux")
    assert allocator.keep_memory() == {}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert allocator.keep_memory() == {}


SET = """
import os
from paddle_lab.training.allocator import set_threads
print(set_threads({count}), os.environ["OMP_NUM_THREADS"])
"""


def test_before_paddle_is_imported_the_environment_decides() -> None:
    asked, default = SET.format(count=3), SET.format(count="")
    assert answer(asked) == "Threads(count=3, how='environment') 3"
    assert answer(asked, OMP_NUM_THREADS="5") == "Threads(count=3, how='environment') 3"
    assert answer(default, OMP_NUM_THREADS="5,2") == "Threads(count=5, how='environment') 5"
    assert answer(default, OMP_NUM_THREADS="1") == "Threads(count=1, how='environment') 1"
    cores = allocator.usable_cores()
    assert answer(default, OMP_NUM_THREADS="many").startswith(f"Threads(count={cores},")


RUNTIME = """
import ctypes, pathlib, threading
import paddle
from paddle_lab.training.allocator import set_threads
libraries = pathlib.Path(paddle.__file__).parent / "libs"
openmp = ctypes.CDLL(str(next(libraries.glob("libiomp5*"))))
before = openmp.omp_get_max_threads()
def worker():
    done = set_threads({count})
    print(before, openmp.omp_get_max_threads(), done.count, done.how)
thread = threading.Thread(target=worker); thread.start(); thread.join()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into the Linux wheel")
def test_afterwards_the_calling_thread_is_told() -> None:
    pytest.importorskip("paddle")
    assert answer(RUNTIME.format(count=3)) == "1 3 3 runtime"
    cores = allocator.usable_cores()
    assert answer(RUNTIME.format(count="")) == f"1 {cores} {cores} runtime"
    assert answer(RUNTIME.format(count=""), OMP_NUM_THREADS="3") == "3 3 3 runtime"


def test_cores_are_those_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(allocator, "_quota", lambda: None)
    assert allocator.usable_cores() == 8
    monkeypatch.setattr(allocator, "_quota", lambda: 3)
    assert allocator.usable_cores() == 3


@pytest.mark.parametrize(
    ("content", "cores"),
    [("max 100000", None), ("250000 100000", 2), ("50000 100000", 1), ("", None)],
)
def test_a_containers_quota(content: str, cores: int | None, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(content)
    assert allocator._quota(file) == cores
    assert allocator._quota(tmp_path / "absent") is None
