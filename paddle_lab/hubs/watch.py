"""How much of a download has arrived, told once a second."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paddle_lab.hubs.api import Progress
from paddle_lab.i18n import T

MEGABYTE: Final = 1 << 20


@contextlib.contextmanager
def watched(
    folder: Path, progress: Progress | None, name: str = "", total: int | None = None
) -> Iterator[None]:
    """Tell ``progress`` how many megabytes have arrived below ``folder``, every second.

    ``total`` is how many bytes there are to come, None where nobody knows.
    """
    if progress is None:
        yield
        return
    done = threading.Event()
    before = size_below(folder)

    def watch() -> None:
        told = 0
        while not done.wait(1.0):
            arrived = (size_below(folder) - before) // MEGABYTE
            if arrived <= told:
                continue
            told = arrived
            if total is None:
                progress(T("{size} MB downloaded", "已下载 {size} MB", size=arrived))
            else:
                progress(T("{size} of {total} MB of {name} downloaded",
                           "{name} 已下载 {size} / {total} MB", name=name, size=arrived,
                           total=max(arrived, total // MEGABYTE)))  # fmt: skip

    watcher = threading.Thread(target=watch, name="paddle-lab-download", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def size_below(folder: Path) -> int:
    """Bytes of all files below a folder; links count as such."""
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):  # renamed while we look
                total += (Path(parent) / file).lstat().st_size
    return total
