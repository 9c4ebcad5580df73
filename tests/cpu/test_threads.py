"""How many threads Paddle's kernels get, before and after it is imported."""

from __future__ import annotations

import sys

import pytest
from cpu.fresh_process import answer

from paddle_lab.cgroup import usable_cores

SET = """
import os
from paddle_lab.cpu import set_threads
print(set_threads({count}), os.environ["OMP_NUM_THREADS"])
"""


@pytest.mark.slow
def test_before_paddle_is_imported_the_environment_decides() -> None:
    asked, default = SET.format(count=3), SET.format(count="")
    assert answer(asked) == "Threads(count=3, how='environment') 3"
    assert answer(asked, OMP_NUM_THREADS="5") == "Threads(count=3, how='environment') 3"
    assert answer(default, OMP_NUM_THREADS="5,2") == "Threads(count=5, how='environment') 5"
    assert answer(default, OMP_NUM_THREADS="1") == "Threads(count=1, how='environment') 1"
    cores = usable_cores()
    assert answer(default, OMP_NUM_THREADS="many").startswith(f"Threads(count={cores},")


RUNTIME = """
import ctypes, pathlib, threading
import paddle
from paddle_lab.cpu import set_threads
libraries = pathlib.Path(paddle.__file__).parent / "libs"
openmp = ctypes.CDLL(str(next(libraries.glob("libiomp5*"))))
before = openmp.omp_get_max_threads()
def worker():
    done = set_threads({count})
    print(before, openmp.omp_get_max_threads(), done.count, done.how)
thread = threading.Thread(target=worker); thread.start(); thread.join()
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into the Linux wheel")
def test_afterwards_the_calling_thread_is_told() -> None:
    pytest.importorskip("paddle")
    assert answer(RUNTIME.format(count=3)) == "1 3 3 runtime"
    cores = usable_cores()
    assert answer(RUNTIME.format(count="")) == f"1 {cores} {cores} runtime"
    assert answer(RUNTIME.format(count=""), OMP_NUM_THREADS="3") == "3 3 3 runtime"
