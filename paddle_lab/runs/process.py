"""Which process writes a run, and whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paddle_lab.runs.checks import check_of


@dataclass(frozen=True)
class ProcessMark:
    """A process of a host; ``started`` tells it from a later one that got the same pid.

    So does ``born`` where there is one, which stays the same when the clock is set.
    """

    pid: int
    started: float
    host: str
    born: str | None = None

    @classmethod
    def of_this_process(cls) -> ProcessMark:
        """The mark of the process that calls."""
        return cls.of_process(os.getpid())

    @classmethod
    def of_process(cls, pid: int) -> ProcessMark:
        """The mark of a process of this host that lives now."""
        return cls(pid, _start_time(pid) or 0.0, socket.gethostname(), _born(pid))

    @classmethod
    def from_json(cls, data: Any) -> ProcessMark | None:
        """The mark an event holds, or None when it holds none that can be read.

        Zero and negative numbers would name a process group, and huge ones no process at all.
        """
        if check_of("Process")(data) is not None:
            return None
        return cls(data["pid"], float(data["started"]), data["host"], data.get("born"))

    def to_json(self) -> dict[str, Any]:
        """The mark as an event holds it."""
        return asdict(self)

    def lives(self) -> bool | None:
        """True or False on this host; None for another host's process, which cannot be seen."""
        if self.host != socket.gethostname():
            return None
        started = _start_time(self.pid)
        if started is None:
            return False
        born = _born(self.pid)
        if self.born is not None and born is not None:
            return born == self.born
        return abs(started - self.started) < 2.0


def _born(pid: int) -> str | None:
    """The start since which boot, in the kernel's ticks (``man proc_pid_stat``); only on Linux."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name before may hold blanks and brackets; the start is the 22nd field of all.
    return f"{boot}:{int(stat.rpartition(b')')[2].split()[19])}"


def _start_time(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except (psutil.Error, OverflowError, ValueError):  # no process has such a number
        return None
