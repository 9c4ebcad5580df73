"""The topic ``run:<id>``: one run, live, for all tabs that show it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry
from paddle_lab.runs.follower import RunFollower
from paddle_lab.server.readers import DiskSilent, Readers
from paddle_lab.server.topics import Message, NoSuchTopic, Publish
from paddle_lab.untrusted import UnusableFile, reason_of

SECONDS_LIVE: Final = 0.25
SECONDS_STILL: Final = 1.0

Result = TypeVar("Result")


class RunTopic:
    """Looks at a run's folder four times a second while somebody listens; less when it is over.

    Only registered runs are served: a tab names a run by its id and never a path.
    """

    def __init__(self, run_id: str, publish: Publish, registry: Registry, readers: Readers) -> None:
        self._id = run_id
        self._publish = publish
        self._registry = registry
        self._readers = readers
        self._lock = asyncio.Lock()
        self._follower: RunFollower | None = None
        self._task: asyncio.Task[None] | None = None
        self._trouble: Message | None = None

    @classmethod
    def open(cls, name: str, publish: Publish, registry: Registry, readers: Readers) -> RunTopic:
        """The topic for ``run:<id>``."""
        return cls(name.partition(":")[2], publish, registry, readers)

    async def start(self) -> None:
        """Find the run and begin to follow it. Raises NoSuchTopic when it is not registered."""
        ref = await self._readers.run("registry", self._registry.get, self._id)
        if ref is None:
            raise NoSuchTopic("this run is not registered on this server")
        self._follower = RunFollower(ref.folder)

    async def stop(self) -> None:
        """End following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """A snapshot, or the few events that a returning tab missed."""
        # The first listener has what is found now in its initial messages.
        await self._look(tell=self._task is not None)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name=f"paddle-lab-run-{self._id}")
        if self._trouble is not None:
            return [self._trouble]
        async with self._lock:
            missing = await self._read(self._followed.catch_up, since)
        return [missing] if missing is not None else []

    @property
    def _followed(self) -> RunFollower:
        if self._follower is None:
            raise RuntimeError("the topic was not started")
        return self._follower

    async def _read(self, function: Callable[..., Result], *args: Any) -> Result:
        """In a thread. While one read is overdue no second one uses the follower."""
        return await self._readers.run(f"live run {self._id}", function, *args)

    async def _follow(self) -> None:
        while True:
            await self._look()
            live = self._trouble is None and self._followed.state.live
            await asyncio.sleep(SECONDS_LIVE if live else SECONDS_STILL)

    async def _look(self, *, tell: bool = True) -> None:
        """Tell listeners what is new; trouble with the folder is told once, and when it ends."""
        async with self._lock:
            try:
                message = await self._read(self._followed.poll)
                if self._trouble is not None:
                    message = await self._read(self._followed.snapshot)
                self._trouble = None
            except DiskSilent as error:
                message = self._new_trouble({"type": "error", "reason": str(error)})
            except RunError as error:
                if error.code == "run.unreadable":
                    message = self._new_trouble({"type": "error", "reason": str(error)})
                else:
                    message = self._new_trouble({"type": "gone", "error": error.to_json()})
            except (OSError, UnusableFile) as error:
                message = self._new_trouble({"type": "error", "reason": reason_of(error)})
            # Inside the lock, so that messages go out in the order of their events.
            if message is not None and tell:
                self._publish(message)

    def _new_trouble(self, trouble: Message) -> Message | None:
        if trouble == self._trouble:
            return None
        self._trouble = trouble
        return trouble
