"""From rows to answers by one loaded bundle, for every protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from paddle_lab.serving import requests
from paddle_lab.serving.generation import Generation
from paddle_lab.serving.problems import slow_body
from paddle_lab.serving.requests import Bounds
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Rows, Windows

#: Characters of a request from which on tokens are made beside the event loop.
_MANY_CHARS: Final = 4000
_MANY_ROWS: Final = 64

Result = TypeVar("Result")


async def answers_to(
    generation: Generation, rows: Rows, long_text: str | None, deadline_s: float, began: float
) -> list[Any]:
    """One answer for each row; ``began`` by `time.monotonic`. Raises Refused."""
    codec = generation.codec
    how = long_text or get_task(generation.manifest.task).long_text
    large = _is_large(rows)
    windows: Windows = await beside(large, lambda: codec.encode(rows, how))
    left_s = deadline_s - (time.monotonic() - began)
    outputs = await generation.run(windows, max(left_s, 0.001))
    return list(await beside(large, lambda: codec.decode(rows, windows, outputs)))


async def beside(large: bool, work: Callable[[], Result]) -> Result:
    """``work`` in a thread where it would hold the event loop, with it others' health checks."""
    return await asyncio.to_thread(work) if large else work()


def _is_large(rows: Rows) -> bool:
    columns = list(rows.values())
    chars = sum(len(text) for column in columns for text in column)
    return chars > _MANY_CHARS or len(columns[0]) > _MANY_ROWS


async def read_body(request: Request, bounds: Bounds) -> bytes:
    """The body within the limits and in time. Raises Refused."""
    try:
        return await asyncio.wait_for(
            requests.body_of(request.stream(), request.headers, bounds), max(bounds.deadline_s, 1.0)
        )
    except asyncio.TimeoutError:
        raise slow_body() from None


async def until_gone(request: Request, work: Awaitable[Result]) -> Result:
    """What ``work`` gives, unless the client leaves: then it is cancelled, ClientDisconnect."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
