"""A lock on an open file, against other processes and other descriptors of this one."""

from __future__ import annotations

import errno
import time
from typing import IO, Final

_GAP_S: Final = 0.02


def lock(file: IO[bytes], patience_s: float) -> None:
    """Lock ``file`` until it is closed; at once where there are no such locks.

    There are none on Windows and on some network disks. Raises TimeoutError when another holds it
    for longer than ``patience_s`` seconds.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
                # A file system without locks leaves the short time between question and claim.
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"locked for {patience_s:.0f} seconds")
        time.sleep(_GAP_S)
