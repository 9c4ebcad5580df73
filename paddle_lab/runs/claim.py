"""One process at a time: who takes a run up, or away, asks here first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Let no other process into the block while it holds the lock file ``path``.

    Without a wait where there are no such locks (Windows, some network disks). Raises OSError when
    the file cannot be opened.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with path.open("ab") as file:
        # A file system without locks leaves the short time between the question and the claim.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
