"""What people ask of the queue: to take a run in, to move it up, to let it go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.queue import store
from paddle_lab.queue.line import Entry, Line
from paddle_lab.runs import RunFolder

MOST_SLOTS: Final = 64


def add(folder: RunFolder) -> int:
    """Let a run that was made, and not begun, wait for its turn; its place, 0 where it has begun.

    Raises RunError when the queue cannot be changed or its process cannot be started.
    """
    info = folder.info()
    entry = Entry(str(info["id"]), str(folder.path), origin_of(info))
    with store.held() as held:
        held.line = held.line.joined(entry)
        place = held.line.place_of(entry.run)
        supervise()
    return place or 0


def line() -> Line:
    """The queue as it stands; starts its process where runs wait and none works."""
    found = store.read()
    if not found.empty:
        with store.held() as held:
            if not held.line.empty:
                supervise()
            found = held.line
    return found


def move_up(run: str) -> Line:
    """Let a waiting run come one place earlier. Raises RunError when it does not wait."""
    with store.held() as held:
        _check_waits(held.line, run)
        held.line = held.line.moved_up(run)
        supervise()
        return held.line


def cancel(folder: RunFolder) -> None:
    """Take a waiting run out of the line: it is stopped before its turn. Raises RunError."""
    with store.held() as held:
        _check_waits(held.line, folder.id)
        folder.ask("stop", "step", "queue", save=False)
        supervise()


def set_slots(slots: int) -> Line:
    """So many runs at work at the same time, from now on."""
    with store.held() as held:
        held.line = replace(held.line, slots=slots)
        return held.line


def supervise() -> None:
    """Start the supervisor where none works; called while the line is held. Raises RunError."""
    try:
        mine = store.supervisor_lock(patience_s=0.0)
        if mine is None:
            return
        mine.close()
        with (store.folder() / "log.txt").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "paddle_lab.queue.supervisor"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise RunError(
            T("The process of the queue could not be started.", "无法启动队列进程。"),
            T("{error}", "{error}", error=error),
            code="run.queue",
        ) from error


def origin_of(info: Mapping[str, Any]) -> str:
    """Where a run was begun: turns go round between these."""
    place = info.get("notebook") or info.get("kernel")
    return str(place) if place else f"terminal {_terminal()}"


def _terminal() -> int:
    return os.getsid(0) if hasattr(os, "getsid") else os.getppid()


def _check_waits(found: Line, run: str) -> None:
    if found.place_of(run) is None:
        raise RunError(
            T("Run {run} does not wait in the queue.", "运行 {run} 不在队列中等待。", run=run),
            T("It is at work, over, or was never in it.", "它正在进行、已经结束，或从未加入。"),
            T("See the queue: %ernie_queue", "查看队列：%ernie_queue"),
            code="run.queue",
        )
