"""Files that somebody may not read or write, also where the tests run as root."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NOBODY: Final = 65534


@contextlib.contextmanager
def no_access(path: Path, mode: int = 0) -> Iterator[None]:
    """Within the block ``path`` has ``mode``, and this process no rights beyond it.

    As root the process becomes another user, whom the folders above are opened for to pass through;
    otherwise the mode alone takes the rights away.
    """
    modes = {path: path.stat().st_mode}
    root = os.geteuid() == 0
    if root:
        for folder in path.parents:
            modes[folder] = folder.stat().st_mode
            folder.chmod(modes[folder] | 0o005)
    path.chmod(mode)
    try:
        with another_user() if root else contextlib.nullcontext():
            yield
    finally:
        for changed, before in modes.items():
            changed.chmod(before)


@contextlib.contextmanager
def another_user() -> Iterator[None]:
    """Within the block this process, which is root's, has the rights of another user alone."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
