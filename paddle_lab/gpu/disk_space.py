"""Free space of disks, asked so that one that does not answer holds nobody up."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

#: A local disk answers in microseconds; a network disk that is dead never does.
WAIT_S: Final = 0.2
#: Folders asked after at once; beyond, a folder is unknown until another has answered.
MOST_ASKED: Final = 8


class Space(NamedTuple):
    """Bytes of one disk; what is reserved for root is not free."""

    free: int
    total: int


@dataclass
class _Asked:
    """A folder asked after; ``space`` is the last answer."""

    space: Space | None = None
    thread: threading.Thread | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the disk has not answered yet."""
        return self.thread is not None and self.thread.is_alive()


@dataclass
class DiskSpaces:
    """Asks after a folder's disk in a thread of its own. Called from one thread."""

    wait_s: float = WAIT_S
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def __call__(self, folder: str) -> Space | None:
        """The space where ``folder`` is or would be made; None when it cannot be told.

        A disk that does not answer in time is told as it was last; it is asked again only when the
        question before has returned.
        """
        asked = self._asked.setdefault(folder, _Asked())
        if not asked.is_waiting:
            if sum(other.is_waiting for other in self._asked.values()) >= MOST_ASKED:
                return asked.space
            asked.thread = threading.Thread(
                target=_ask, args=(folder, asked), name="paddle-lab-disk", daemon=True
            )
            asked.thread.start()
            asked.thread.join(self.wait_s)
        return asked.space


def _ask(folder: str, asked: _Asked) -> None:
    try:
        path = Path(folder).absolute()
        while not path.exists() and path != path.parent:
            path = path.parent
        usage = shutil.disk_usage(path)
    except (OSError, ValueError):
        asked.space = None
    else:
        asked.space = Space(usage.free, usage.total)
