"""A disk with room, for the servers of browser tests: what they warn of hangs on no machine."""

from __future__ import annotations

from types import SimpleNamespace

from paddle_lab.gpu import disk_space

GIB = 2**30
#: A line of the server's configuration that gives it this disk.
CONFIGURATION = "__import__('roomy_disk').pin()\n"


def pin() -> None:
    """Every disk that this server looks at has 300 of 400 GiB left."""
    usage = SimpleNamespace(total=400 * GIB, used=100 * GIB, free=300 * GIB)
    disk_space.shutil = SimpleNamespace(disk_usage=lambda path: usage)  # type: ignore[assignment]
