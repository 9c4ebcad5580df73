"""What goes wrong at the hub: cut connections, refusals, silence."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Refusal:
    """The next ``times`` requests whose path holds ``part`` get ``status`` and ``headers``."""

    part: str
    status: int
    times: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Faults:
    """``cuts``: the connection of the next file ends after so many bytes, one number a file.

    ``refusals`` are answered in place of what was asked; ``silent`` closes every connection;
    ``flipped`` names files whose last byte is sent wrong; ``whole`` sends no parts of files.
    """

    cuts: list[int] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    silent: bool = False
    flipped: set[str] = field(default_factory=set)
    whole: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refuse(self, part: str, status: int, times: int = 1, **headers: str) -> None:
        """Answer the next requests with an error; ``Retry_After="0"`` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.append(Refusal(part, status, times, named))

    def refusal(self, path: str) -> Refusal | None:
        """The one that is due for a request."""
        with self._lock:
            for one in self.refusals:
                if one.times > 0 and one.part in path:
                    one.times -= 1
                    return one
        return None

    def cut(self) -> int | None:
        """After how many bytes the file that is sent now ends; None: it is sent whole."""
        with self._lock:
            return self.cuts.pop(0) if self.cuts else None
