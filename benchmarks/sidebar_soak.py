"""Two hundred tabs for minutes, then a thousand reconnects: does anything stay behind?"""

from __future__ import annotations

import gc
import json
import time
from typing import Any

import psutil
from sidebar_sides import OUR_TOPICS, Side

TABS = 200
RECONNECTS = 1000
#: Freed memory is used again, not given back: growth shows between rounds, not in the first.
ROUNDS = 4


def soak(side: Side, minutes: float) -> dict[str, Any]:
    """Memory (MiB) and descriptors of the server before, during and after."""
    process = psutil.Process(side.process.pid)
    # The first tabs fill caches and pools; growth is counted from there.
    many(side, 20, 5)
    time.sleep(8)
    before = state(process)
    during = many(side, TABS, 60 * minutes, process)
    time.sleep(8)
    between = state(process)
    rounds = []
    for _ in range(ROUNDS):
        reconnects(side, RECONNECTS)
        time.sleep(4)
        rounds.append(state(process)[0])
    time.sleep(8)
    after = state(process)
    return {
        "soak_minutes": minutes,
        "soak_mib_before": before[0],
        "soak_mib_first_and_last_minute": [during[0][0], during[-1][0]],
        "soak_mib_after_tabs": between[0],
        "soak_mib_after_each_1000_reconnects": rounds,
        "soak_descriptors_before_after": [before[1], between[1], after[1]],
        "soak_threads_before_after": [before[2], after[2]],
        "soak_topics_left": after_topics(side),
    }


def many(
    side: Side, count: int, seconds: float, process: psutil.Process | None = None
) -> list[tuple[float, int, int]]:
    """So many tabs for so long; the server's state once a minute."""
    tabs = [side.open_tab() for _ in range(count)]
    seen = []
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            time.sleep(min(60.0, max(1.0, deadline - time.monotonic())))
            if process is not None:
                seen.append(state(process))
        silent = [tab for tab in tabs if tab.messages < seconds / 2]
        if silent:
            raise RuntimeError(f"{len(silent)} of {count} tabs were not told every second")
    finally:
        for tab in tabs:
            tab.close()
    return seen


def reconnects(side: Side, count: int) -> None:
    """Open, subscribe, hear one message, close without a word."""
    import websocket

    url = f"ws://127.0.0.1:{side.port}/paddle-lab/stream?token={side.token}"
    for number in range(count):
        socket = websocket.create_connection(url, timeout=30)
        for topic in OUR_TOPICS:
            socket.send(json.dumps({"op": "subscribe", "topic": topic}))
        socket.recv()
        if number % 2:
            socket.close()
        else:
            socket.shutdown()


def state(process: psutil.Process) -> tuple[float, int, int]:
    """Resident memory in MiB, open descriptors, threads."""
    gc.collect()
    with process.oneshot():
        return (
            round(process.memory_info().rss / 2**20, 1),
            process.num_fds(),
            process.num_threads(),
        )


def after_topics(side: Side) -> int:
    """Calls into the driver in five seconds: none when no topic was left alive."""
    return round(side.nvml_rate(5)[0] * 5)
