"""What a front has in place of a worker process: batches go to replicas of a model, by Ray.

A replica that is lost with a batch, with its node or alone, fails nothing: a batch is computed and
changes nothing, so another replica is asked for it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy.typing as npt

from paddle_lab.errors import ServerError
from paddle_lab.serving.log import Log
from paddle_lab.serving.on_ray.plan import BATCHES
from paddle_lab.serving.on_ray.problems import no_replica
from paddle_lab.serving.processes import (
    START_S,
    STUCK_S,
    How,
    Outputs,
    Ready,
    RunFailed,
    WorkerEnded,
)

#: All replicas of a node are lost at once, and are known to be so one by one.
_TRIES: Final = 5
_PAUSE_S: Final = 0.05
_LOOK_S: Final = 1.0

Found = TypeVar("Found")
#: Gives the handle of a model's application. Raises one of the errors that say it is not there.
Handles = Callable[[str], Any]


class Crowd:
    """The replicas of a model as a front knows them: ``running`` is how many, None while untold.

    A front has room for as many batches as there may ever be replicas. Of that it uses what those
    that run can take: what waits in the front waits in the order of lengths, and with its deadline.
    """

    def __init__(self) -> None:
        self.running: int | None = None
        self._taken: set[int] = set()

    def enter(self) -> int:
        """The first place that is free."""
        number = next(n for n in range(len(self._taken) + 1) if n not in self._taken)
        self._taken.add(number)
        return number

    def leave(self, number: int) -> None:
        """The place is free."""
        self._taken.discard(number)

    def takes(self, number: int) -> bool:
        """Whether a batch of this place has a replica; of the first it always waits for one."""
        return self.running is None or number < max(1, self.running * BATCHES)


class RemoteWorker:
    """Room for one batch at a time with a model's replicas. Made by :meth:`Starting.start`."""

    pid = None

    def __init__(
        self, handle: Any, ready: Ready, model: str, lost: tuple[type[Exception], ...], log: Log,
        crowd: Crowd,
    ) -> None:  # fmt: skip
        self.ready = ready
        self.alive = True
        self._handle, self._model, self._lost, self._log = handle, model, lost, log
        self._crowd, self._number = crowd, crowd.enter()

    @property
    def replicas(self) -> int | None:
        """How many replicas of the model run."""
        return self._crowd.running

    @property
    def is_open(self) -> bool:
        """Whether a replica can take its batch."""
        return self._crowd.takes(self._number)

    def when_ended(self, tell: Callable[[], None]) -> None:
        """It does not end by itself: a batch that no replica answers is what tells."""

    async def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> Outputs:
        """The outputs of one padded batch, of another replica where one is lost.

        Raises WorkerEnded where none answers, RunFailed.
        """
        for number in range(_TRIES):
            try:
                head, arrays = await asyncio.wait_for(
                    _awaited(self._handle.run.remote(dict(inputs))), STUCK_S
                )
            except self._lost as error:
                self._log.event("replica_lost", model=self._model, kind=type(error).__name__)
                await asyncio.sleep(_PAUSE_S * 2**number)
                continue
            except asyncio.TimeoutError as error:
                await self.stop()
                raise WorkerEnded("no replica answered") from error
            if head.get("kind") == "failed":
                raise RunFailed(ServerError.from_json(head["error"]))
            return dict(arrays)
        await self.stop()
        raise WorkerEnded("replica after replica was lost")

    async def stop(self) -> None:
        """Give up the room."""
        if self.alive:
            self._crowd.leave(self._number)
        self.alive = False

    async def kill(self) -> None:
        """Give up the room."""
        await self.stop()

    def last_words(self) -> str:
        """What replicas print is in Ray's logs."""
        return ""


class Starting:
    """Starts what a front has in place of workers: ``apps`` by the folder of the bundle."""

    def __init__(
        self,
        apps: Mapping[Path, str],
        handles: Handles,
        lost: tuple[type[Exception], ...],
        log: Log,
        *,
        limit_s: float = START_S,
    ) -> None:
        self._apps, self._handles, self._lost, self._log = apps, handles, lost, log
        self._limit_s = limit_s
        self._crowds = {app: Crowd() for app in apps.values()}

    def told(self, running: Mapping[str, int]) -> None:
        """How many replicas run, by application; of those that are not there, none do."""
        for app, crowd in self._crowds.items():
            crowd.running = running.get(app, 0)

    async def start(self, folder: Path, how: How, model: str) -> RemoteWorker:
        """Wait until a replica is ready. Raises ServerError where none is in time."""
        ends = time.monotonic() + self._limit_s
        while True:
            try:
                handle = self._handles(self._apps[folder])
                left_s = max(0.01, ends - time.monotonic())
                head = await asyncio.wait_for(_awaited(handle.ready.remote()), left_s)
            except self._lost as error:
                if time.monotonic() + _LOOK_S > ends:
                    raise no_replica(model, str(error) or type(error).__name__) from error
                await asyncio.sleep(_LOOK_S)
            except asyncio.TimeoutError as error:
                raise no_replica(model, f"none answered in {self._limit_s:.0f} s") from error
            else:
                return RemoteWorker(
                    handle, Ready.from_json(head), model, self._lost, self._log,
                    self._crowds[self._apps[folder]],
                )  # fmt: skip


async def _awaited(answer: Awaitable[Found]) -> Found:
    """As a coroutine, whatever can be awaited."""
    return await answer
