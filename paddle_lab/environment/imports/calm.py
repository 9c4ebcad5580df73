"""Whether this machine has room for something that nobody waits for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from paddle_lab.environment.probes.machine import memory

#: An import of paddlenlp takes some 600 MB.
NEEDED_MB: Final = 1500
#: Of the processors; a training keeps all of them busy.
_SHARE: Final = 0.8


def is_calm() -> bool:
    """Processors and memory are free: no training runs, and no class imports at this moment.

    Where the system does not tell its load (Windows), the lowest priority has to do.
    """
    cores = os.cpu_count() or 1
    if max(_load(), _running()) > _SHARE * cores:
        return False
    available = memory()["available_mb"]
    return available is None or available >= NEEDED_MB


def _load() -> float:
    """The processes that computed in the last minute."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows, or a system that does not tell
        return 0.0


def _running() -> int:
    """The processes that compute now, without this one: a minute's load is late for a class."""
    try:
        return int(Path("/proc/loadavg").read_text("utf-8").split()[3].partition("/")[0]) - 1
    except (OSError, ValueError, IndexError):  # no Linux
        return 0
