"""What was appended to a run's ``log.txt``; a flood is cut to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from paddle_lab.untrusted import UnusableFile, open_regular

_MOST_BYTES: Final = 4096
_MOST_LINES: Final = 40


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
