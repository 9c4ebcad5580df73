"""A server extension that measures the event loop it runs on; loaded beside either dashboard.

Every 10 ms it asks to be woken, and notes how much later it was: what a kernel message would have
waited. ``PROBE_FILE`` receives one JSON line a second: the delays in milliseconds.
"""

from __future__ import annotations

import asyncio
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
    delays: list[float] = []
    written = time.perf_counter()
    with path.open("a", buffering=1, encoding="ascii") as file:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(PERIOD_S)
            now = time.perf_counter()
            delays.append(round(1000 * (now - before - PERIOD_S), 3))
            if now - written >= 1:
                file.write(json.dumps(delays) + "\n")
                delays, written = [], now
