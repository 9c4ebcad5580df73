"""A browser tab's socket in server tests: say, hear, and listen for silence."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any


async def say(socket: Any, **request: Any) -> None:
    await socket.write_message(json.dumps(request))


async def read(socket: Any, timeout_s: float) -> str | None:
    """The next line; None when there is none in time. A read that waits is taken up again."""
    waiting = getattr(socket, "waiting_read", None) or asyncio.ensure_future(socket.read_message())
    done, _ = await asyncio.wait([waiting], timeout=timeout_s)
    socket.waiting_read = None if done else waiting
    return waiting.result() if done else None


async def hear(socket: Any, topic: str, count: int = 1, timeout_s: float = 20) -> list[dict]:
    """The next messages of a topic."""
    heard: list[dict] = []
    while len(heard) < count:
        line = await read(socket, timeout_s)
        assert line is not None, f"nothing heard of {topic}"
        message = json.loads(line)
        if message["topic"] == topic:
            heard.append({**message, "bytes": len(line)})
    return heard


async def silence(socket: Any, seconds: float) -> list[str]:
    """What came in this time."""
    heard = []
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        line = await read(socket, left)
        if line is not None:
            heard.append(line)
    return heard
