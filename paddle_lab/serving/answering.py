"""From rows to answers by one loaded bundle, for every protocol."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
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
#: Bytes of a request from which on it is read beside it.
_LARGE: Final = 1 << 16
#: From when on it is worth knowing whether the client is still there.
_LOOK_S: Final = 0.02

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


async def read_beside(size: int, read: Callable[[], Result]) -> Result:
    """What ``read`` makes of a request of ``size`` bytes."""
    return await beside(size > _LARGE, read)


async def beside(large: bool, work: Callable[[], Result]) -> Result:
    """``work`` in a thread where it would hold the event loop, with it others' health checks."""
    return await asyncio.to_thread(work) if large else work()


def _is_large(rows: Rows) -> bool:
    columns = list(rows.values())
    chars = sum(len(text) for column in columns for text in column)
    return chars > _MANY_CHARS or len(columns[0]) > _MANY_ROWS


async def read_body(request: Request, bounds: Bounds) -> bytes:
    """The body within the limits and in time. Raises Refused."""
    with cut_short(slow_body) as cut:
        timer = asyncio.get_running_loop().call_later(max(bounds.deadline_s, 1.0), cut)
        try:
            return await requests.body_of(request.stream(), request.headers, bounds)
        finally:
            timer.cancel()


async def until_gone(request: Request, work: Awaitable[Result]) -> Result:
    """What ``work`` gives, unless the client leaves: then it is cancelled, ClientDisconnect.

    It is looked for after a moment: most answers are there before.
    """
    watching: list[asyncio.Task[None]] = []
    with cut_short(ClientDisconnect) as cut:

        def watch() -> None:
            watching.append(asyncio.ensure_future(_left(request)))
            watching[0].add_done_callback(lambda task: None if task.cancelled() else cut())

        timer = asyncio.get_running_loop().call_later(_LOOK_S, watch)
        try:
            return await work
        finally:
            timer.cancel()
            for task in watching:
                task.cancel()


@contextlib.contextmanager
def cut_short(error: Callable[[], Exception]) -> Iterator[Callable[[], None]]:
    """Within the block the function that is given ends what this task waits for, with an error."""
    task = asyncio.current_task()
    assert task is not None
    within, done = True, False

    def cut() -> None:
        nonlocal done
        if within and not done:
            done = True
            task.cancel()

    try:
        yield cut
    except asyncio.CancelledError:
        if not done:
            raise
        if hasattr(task, "uncancel"):  # from Python 3.11 on it is counted
            task.uncancel()
        raise error() from None
    finally:
        within = False


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
