"""Threads of Paddle's kernels on a CPU.

Paddle sets ``OMP_NUM_THREADS=1`` when it is imported, unless the variable exists.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from paddle_lab.cgroup import usable_cores


@dataclass(frozen=True)
class Threads:
    """Threads of Paddle's CPU kernels, and how they were set: "environment" or "runtime"."""

    count: int
    how: str


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
