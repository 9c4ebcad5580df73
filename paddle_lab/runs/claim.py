"""One process at a time: who takes a run up, or away, asks here first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.locks import lock
from paddle_lab.runs.folder import unreadable
from paddle_lab.untrusted import UnusableFile, open_to_append

PATIENCE_S: Final = 20.0


@contextmanager
def file_lock(path: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Let no other process into the block while it holds the lock file ``path``.

    Without a wait where there are no such locks (Windows, some network disks). Raises OSError when
    the file cannot be opened, RunError when it is no regular file (``run.unreadable``) or when
    another process holds it for longer than ``patience_s`` seconds: it was stopped, or hangs.
    """
    try:
        descriptor = open_to_append(path)
    except UnusableFile as error:
        raise unreadable(path.parent, path.name, str(error)) from error
    with os.fdopen(descriptor, "ab") as file:
        try:
            lock(file, patience_s)
        except TimeoutError as error:
            raise _held(path, patience_s) from error
        yield


def _held(path: Path, patience_s: float) -> RunError:
    return RunError(
        T("Another process holds this run.", "另一个进程占用着该运行。"),
        T(
            "It has held {path} for {n:.0f} seconds: it is stopped, or hangs.",
            "它占用 {path} 已达 {n:.0f} 秒：可能已被挂起或卡住。",
            path=path,
            n=patience_s,
        ),
        T(
            "End or continue that process (`fuser {path}` names it), then try again.",
            "请结束或恢复该进程（`fuser {path}` 可查看），然后重试。",
            path=path,
        ),
        code="run.locked",
    )
