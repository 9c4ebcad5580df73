"""The ends of the logs of a run: of ``log.txt`` and, of several processes, of ``logs/``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from paddle_lab.untrusted import UnusableFile, open_regular

_MOST_BYTES: Final = 4096
_MOST_LINES: Final = 40
_MOST_LOGS: Final = 256
_NAME: Final = re.compile(r"(rank|machine)-([0-9]{1,4})\.txt", re.ASCII)


def last_lines(path: Path, lines: int = 200, limit: int = 16_384) -> list[str]:
    """The last lines of a log, at most ``limit`` bytes of it; [] when it cannot be read."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            content = file.read(limit)
    except (OSError, UnusableFile):
        return []
    tail = content.decode("utf-8", errors="replace").splitlines()
    return tail[1:][-lines:] if size > limit else tail[-lines:]


def other_logs(folder: Path) -> list[str]:
    """The logs in a run's ``logs/``: ``rank-1`` and on, then ``machine-1`` and on; 256 at most."""
    try:
        found = [_NAME.fullmatch(entry.name) for entry in (folder / "logs").iterdir()]
    except OSError:
        return []
    names = sorted((one[1] == "machine", int(one[2]), one[0][:-4]) for one in found if one)
    return [name for _, _, name in names[:_MOST_LOGS]]


class LogTail:
    """Reads new whole lines; the first call only finds the end of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset: int | None = None

    def read(self) -> list[str]:
        """New lines, at most 40 and at most 4 KB; [] when there is no log or it cannot be read."""
        try:
            size = self.path.stat().st_size
            if self._offset is None or size < self._offset:
                self._offset = size
            if size == self._offset:
                return []
            with open_regular(self.path) as file:
                file.seek(max(self._offset, size - _MOST_BYTES))
                content = file.read(_MOST_BYTES)
        except (OSError, UnusableFile):
            return []
        whole = content.rfind(b"\n") + 1
        skipped = size - self._offset > _MOST_BYTES
        if not whole and not skipped:
            return []
        self._offset = max(self._offset, size - _MOST_BYTES) + whole
        lines = content[:whole].decode("utf-8", errors="replace").splitlines()
        return lines[1:][-_MOST_LINES:] if skipped else lines[-_MOST_LINES:]
