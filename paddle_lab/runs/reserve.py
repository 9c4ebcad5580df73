"""A few kilobytes kept back on the disk, so that a run can tell its end when the disk is full."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final

RESERVE_BYTES: Final = 16_384


class Reserve:
    """A file that holds space while the disk has some, and gives it back when the disk is full.

    Its bytes are random: a file system that compresses would hold no space for others.
    """

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    def hold(self) -> bool:
        """Take the space; False when the disk has none."""
        try:
            self.take()
        except OSError:
            return False
        return True

    def take(self) -> None:
        """Take the space. Raises OSError when the disk has none."""
        try:
            with self._path.open("wb", buffering=0) as file:
                if file.write(os.urandom(self._size)) != self._size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
                os.fsync(file.fileno())  # some disks tell only then that they are full
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Give the space back."""
        with contextlib.suppress(OSError):  # a folder that is read-only now: nothing to be had
            self._path.unlink(missing_ok=True)
