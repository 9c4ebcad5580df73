"""A server extension that measures the event loop it runs on; loaded beside either dashboard.

Every 10 ms it asks to be woken, and notes how much later it was: what a kernel message would have
waited. ``PROBE_FILE`` receives one JSON line a second: the delays in milliseconds. Beside it,
``.busy`` receives how much processor time the loop's thread took in the same while, which other
processes of a busy machine hardly add to, and ``.collect`` how long Python collected garbage.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from pathlib import Path
from typing import Any

PERIOD_S = 0.01


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "sidebar_probe"}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.io_loop.add_callback(_start)


def _start() -> None:
    task = asyncio.get_running_loop().create_task(_watch(Path(os.environ["PROBE_FILE"])))
    # The loop keeps only weak references to tasks.
    asyncio.get_running_loop().__dict__.setdefault("_sidebar_probe", task)


async def _watch(path: Path) -> None:
    kinds = {
        "late": path,
        "busy": path.with_suffix(".busy"),
        "collect": path.with_suffix(".collect"),
    }
    values: dict[str, list[float]] = {kind: [] for kind in kinds}
    collected = _Collected()
    gc.callbacks.append(collected)
    written = time.perf_counter()
    while True:
        before, used = time.perf_counter(), time.thread_time()
        await asyncio.sleep(PERIOD_S)
        now = time.perf_counter()
        values["late"].append(round(1000 * (now - before - PERIOD_S), 3))
        values["busy"].append(round(1000 * (time.thread_time() - used), 3))
        values["collect"].append(round(1000 * collected.take_s(), 3))
        if now - written >= 1:
            for kind, file in kinds.items():
                with file.open("a", encoding="ascii") as opened:
                    opened.write(json.dumps(values[kind]) + "\n")
                values[kind] = []
            written = now


class _Collected:
    """Adds up how long collections take, in whatever thread."""

    def __init__(self) -> None:
        self._began = self._seconds = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._seconds += time.perf_counter() - self._began

    def take_s(self) -> float:
        """Since it was last asked."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds
