"""Which process writes a run, and whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ProcessMark:
    """A process of a host; ``started`` tells it from a later one that got the same pid."""

    pid: int
    started: float
    host: str

    @classmethod
    def of_this_process(cls) -> ProcessMark:
        """The mark of the process that calls."""
        return cls(os.getpid(), _start_time(os.getpid()) or 0.0, socket.gethostname())

    @classmethod
    def from_json(cls, data: Any) -> ProcessMark | None:
        """The mark an event holds, or None when it holds none that can be read."""
        try:
            return cls(int(data["pid"]), float(data["started"]), str(data["host"]))
        except (KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> dict[str, Any]:
        """The mark as an event holds it."""
        return asdict(self)

    def lives(self) -> bool | None:
        """True or False on this host; None for another host's process, which cannot be seen."""
        if self.host != socket.gethostname():
            return None
        started = _start_time(self.pid)
        return started is not None and abs(started - self.started) < 2.0


def _start_time(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None
