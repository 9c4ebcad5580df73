"""Threads that read files for the event loop: few, with a time limit, apart from Jupyter's own.

A read from a dead network disk or a FIFO never returns, and no thread can be ended from outside. So
a read that passes its limit is given up: who waits gets :class:`DiskSilent`, its thread no longer
counts among the workers, and nothing more is read of the same subject until it returns. At most
``overdue`` such threads are kept; beyond that every read is refused at once, while all that needs
no file (GPU samples, the socket) goes on. The threads are daemons: the server can always end.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T

#: More would make the event loop wait for the interpreter's lock, 5 ms for each that computes.
WORKERS: Final = 4
MOST_OVERDUE: Final = 24
LIMIT_S: Final = 20.0
#: A worker without work ends after this.
IDLE_S: Final = 10.0

Result = TypeVar("Result")


class DiskSilent(ServerError):
    """A read did not return in time. Its code is ``server.disk_silent``."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            T("The disk does not answer.", "磁盘没有响应。"),
            T("Not read: {what}.", "未能读取：{what}。", what=subject),
            T("Look at its mount; it is tried again by itself.", "请检查挂载；稍后会自动重试。"),
            code="server.disk_silent",
        )


@dataclass(eq=False)
class _Job:
    """One read: queued, begun, ended. ``late``: past its limit, so nobody waits for it."""

    subject: str
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    begun: bool = False
    ended: bool = False
    late: bool = False


class Readers:
    """The bounded threads of one server. :meth:`run` is called on its event loop."""

    def __init__(
        self, *, workers: int = WORKERS, overdue: int = MOST_OVERDUE, limit_s: float = LIMIT_S
    ) -> None:
        self._workers = workers
        self._most_overdue = overdue
        self._limit_s = limit_s
        self._changed = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._threads = self._idle = self._overdue = 0
        #: Reads under way whose caller was cancelled or has given up.
        self._left: dict[str, _Job] = {}

    @property
    def threads(self) -> int:
        """Threads alive, those that do not return included."""
        return self._threads

    @property
    def overdue(self) -> int:
        """Threads whose read has passed its limit."""
        return self._overdue

    async def run(
        self,
        subject: str,
        function: Callable[..., Result],
        *args: Any,
        limit_s: float | None = None,
    ) -> Result:
        """``function(*args)`` in a thread; ``subject`` names what is read, for its next reader.

        Raises DiskSilent after ``limit_s`` seconds (waiting for a worker counts), and at once while
        an earlier read of the subject is overdue or too many are.
        """
        while (left := self._left.get(subject)) is not None:
            if left.late:
                raise DiskSilent(subject)
            await asyncio.wait([left.future])
        if self._overdue >= self._most_overdue:
            raise DiskSilent(subject)
        loop = asyncio.get_running_loop()
        context = copy_context()
        job = _Job(subject, lambda: context.run(function, *args), loop, loop.create_future())
        job.future.add_done_callback(lambda done: done.cancelled() or done.exception())
        timer = loop.call_later(limit_s or self._limit_s, self._give_up, job)
        job.future.add_done_callback(lambda done: timer.cancel())
        self._submit(job)
        try:
            return await asyncio.shield(job.future)
        except asyncio.CancelledError:
            if not job.future.done():
                self._left[subject] = job
            raise

    def _submit(self, job: _Job) -> None:
        with self._changed:
            self._queue.append(job)
            self._find_worker()

    def _find_worker(self) -> None:
        """Wake a worker for what is queued, or start one. Called with the lock held."""
        if len(self._queue) <= self._idle:
            self._changed.notify()
        elif self._threads - self._overdue < self._workers:
            self._threads += 1
            threading.Thread(target=self._work, name="paddle-lab-reader", daemon=True).start()

    def _give_up(self, job: _Job) -> None:
        with self._changed:
            if job.ended or job.future.done():
                return
            job.late = True
            if job.begun:
                self._overdue += 1
                self._left[job.subject] = job
                if self._queue:
                    self._find_worker()
            else:
                self._queue.remove(job)
                self._left.pop(job.subject, None)
        job.future.set_exception(DiskSilent(job.subject))

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = job.work()
            except BaseException as failed:  # whatever it is belongs to who asked
                error = failed
            with self._changed:
                job.ended = True
                if job.late:
                    self._overdue -= 1
            try:
                job.loop.call_soon_threadsafe(self._finish, job, result, error)
            except RuntimeError:  # the server has ended meanwhile: nobody waits
                break
        with self._changed:
            self._threads -= 1

    def _next_job(self) -> _Job | None:
        """The next read; None when this worker is one too many, or had nothing to do for long."""
        with self._changed:
            self._idle += 1
            try:
                while not self._queue:
                    if self._threads - self._overdue > self._workers:
                        return None
                    if not self._changed.wait(IDLE_S) and not self._queue:
                        return None
                job = self._queue.popleft()
                job.begun = True
                return job
            finally:
                self._idle -= 1

    def _finish(self, job: _Job, result: Any, error: BaseException | None) -> None:
        if self._left.get(job.subject) is job:
            del self._left[job.subject]
        if job.future.done():
            return
        if error is None:
            job.future.set_result(result)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            job.future.set_exception(error)
        else:
            job.future.set_exception(RuntimeError(f"a read ended by {error!r}"))
