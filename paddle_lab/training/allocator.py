"""How the process uses memory and threads on a CPU: two defaults that make Paddle slow there.

Paddle sets ``OMP_NUM_THREADS=1`` when it is imported, unless the variable exists: `set_threads`
gives it the cores. And every operator allocates its output: glibc maps fresh pages for each array
above 128 KiB and gives them back when it is freed, so that the kernel clears the same pages again
and again: `keep_memory` makes glibc keep them.

To see what it does, run ``python benchmarks/train_speed.py``, which has an arm with and without.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path

# <malloc.h>; the names are the options of mallopt(3).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_OPTIONS = {
    "M_MMAP_MAX": (_M_MMAP_MAX, 0),  # never a mapping of its own for a large array
    "M_TRIM_THRESHOLD": (_M_TRIM_THRESHOLD, 2**31 - 1),  # never shrink the heap
    "M_TOP_PAD": (_M_TOP_PAD, 256 << 20),  # grow it in large steps
    "M_ARENA_MAX": (
        _M_ARENA_MAX,
        1,
    ),  # a worker thread's arena is a mapping that shrinks: share one
}


def keep_memory() -> dict[str, int]:
    """Let glibc keep freed memory for the next array; returns the options that were set.

    The cost: the process keeps its peak memory until it ends, and the arrays of all threads come
    from one heap. Calling it again changes nothing. Elsewhere than on glibc (macOS, Windows, musl)
    nothing is set and the answer is empty.
    """
    if not sys.platform.startswith("linux"):
        return {}
    try:
        library = ctypes.CDLL(None)
        _ = library.gnu_get_libc_version  # musl has a mallopt that does nothing
        mallopt = library.mallopt
    except (AttributeError, OSError):
        return {}
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return {
        name: value for name, (option, value) in _OPTIONS.items() if mallopt(option, value) == 1
    }


@dataclass(frozen=True)
class Threads:
    """Threads of Paddle's CPU kernels, and how they were set: "environment" or "runtime"."""

    count: int
    how: str


def usable_cores() -> int:
    """The cores this process may run on: its affinity, or its container's CPU quota if lower."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota() or cores))


def _quota(path: Path = Path("/sys/fs/cgroup/cpu.max")) -> int | None:
    """CPU quota of control group v2 in whole cores, or None where there is none."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, int(quota) // int(period))


def set_threads(count: int | None = None) -> Threads:
    """Give Paddle's CPU kernels ``count`` threads.

    Default: what the user has set as ``OMP_NUM_THREADS``, else the usable cores. Before ``import
    paddle`` this sets that variable, for the whole process. When paddle is already imported (a
    notebook), its own switch is used; OpenMP keeps that number per thread, so call it in the thread
    that trains: a second thread would go on with one.
    """
    wanted = count or _set_by_user() or usable_cores()
    if "paddle" not in sys.modules:
        os.environ["OMP_NUM_THREADS"] = str(wanted)
        return Threads(wanted, "environment")
    from paddle.base import core

    core.set_num_threads(wanted)
    return Threads(wanted, "runtime")


def _set_by_user() -> int | None:
    """``OMP_NUM_THREADS`` ("4", or "4,2" by level) where somebody set it; Paddle itself sets 1."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",", maxsplit=1)[0].strip()
    count = int(first) if first.isdigit() else 0
    by_paddle = count == 1 and "paddle" in sys.modules
    return None if by_paddle else count or None
