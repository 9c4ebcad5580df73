"""One loaded bundle: its codec in the front, its workers, and what waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paddle_lab.bundle.checked_tokenizer import checked_tokenizer
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.manifest import Manifest, load_manifest
from paddle_lab.bundle.predictor import codec_of
from paddle_lab.errors import PaddleLabError
from paddle_lab.serving.asked import Asked, asked_by, hand_out, late, together
from paddle_lab.serving.batching import Batcher, Limits, Waiting, whole_seconds
from paddle_lab.serving.identity import identity_of
from paddle_lab.serving.log import Log
from paddle_lab.serving.metrics import ModelMetrics
from paddle_lab.serving.problems import (
    LOADING,
    RESTARTING,
    busy,
    deadline_passed,
    model_failed,
    not_ready,
    worker_died,
)
from paddle_lab.serving.processes import How, RunFailed, Runner, Worker, WorkerEnded
from paddle_lab.tasks.batching import Gathering, inputs_of
from paddle_lab.tasks.codec import Codec, Windows
from paddle_lab.tasks.codec import Outputs as AllOutputs

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 30.0
#: A worker that lived so long did not end because of how it is started.
_LIVED_S: Final = 30.0
_TRIES: Final = 3
#: Until it is looked again whether a runner that can take no batch now can take one.
_CLOSED_S: Final = 0.25


class _Exchanged(Exception):
    """A worker loaded another bundle than the front: another generation takes over."""


@dataclass(frozen=True)
class Settings:
    """How a model is served: None of ``rows`` and ``spare_tokens`` is what was measured.

    ``start`` makes what runs its batches; None: worker processes.
    """

    how: How = field(default_factory=How)
    workers: int = 1
    rows: int | None = None
    spare_tokens: int | None = None
    wait_s: float = 0.0
    most_waiting: int = 4096
    start: Callable[[Path, How, str], Awaitable[Runner]] | None = None


class Generation:
    """A bundle that is loaded, or being loaded, in all its workers."""

    def __init__(
        self, folder: Path, name: str, settings: Settings, metrics: ModelMetrics, log: Log
    ) -> None:
        self.folder, self.name = folder, name
        self.manifest: Manifest
        self.codec: Codec
        #: What a row gives: ``["text"]``, ``["question", "context"]``, ...
        self.roles: list[str] = []
        #: The largest token id that its program was made for.
        self.largest_id = 0
        self.identity = ""
        self.workers: dict[int, Runner] = {}
        self.ending = False
        self._settings, self._metrics, self._log = settings, metrics, log
        self._batcher: Batcher | None = None
        self._users = 0
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def load(self) -> None:
        """Read the bundle and start its workers; when it returns it can be asked.

        Raises the error of the first worker that cannot start: the others are ended.
        """
        first = await self._first()
        assert first.ready is not None
        measured, settings = first.ready.measured, self._settings
        limits = Limits(
            settings.rows or measured.rows,
            measured.spare_tokens if settings.spare_tokens is None else settings.spare_tokens,
            settings.wait_s,
        )
        self._batcher = Batcher(limits, measured, most_waiting=settings.most_waiting)
        self._log.event(
            "ready", model=self.name, runtime=first.ready.runtime, device=first.ready.device,
            rows=limits.rows, padding=limits.spare_tokens, bundle=self.identity[:12],
        )  # fmt: skip
        self.workers[0] = first
        self._tasks.append(asyncio.create_task(self._keep(0, first)))
        for place in range(1, settings.workers):
            self._tasks.append(asyncio.create_task(self._keep(place, None)))

    @property
    def runtime(self) -> str | None:
        """The runtime of its workers, None while there are none."""
        return next((one.ready.runtime for one in self.workers.values() if one.ready), None)

    @property
    def limits(self) -> Limits | None:
        """What a batch may be."""
        return self._batcher.limits if self._batcher is not None else None

    @property
    def waiting(self) -> int:
        """Windows that wait for a worker."""
        return len(self._batcher) if self._batcher is not None else 0

    @property
    def is_ready(self) -> bool:
        """Whether a request would be taken."""
        return bool(self.workers) and not self.ending

    @property
    def replicas(self) -> int:
        """How many run it: processes of this machine, or as many as a cluster has."""
        told = next((one.replicas for one in self.workers.values()), None)
        return len(self.workers) if told is None else told

    def _at_once(self) -> int:
        """Batches that are run, or on their way, at a time."""
        return sum(one.is_open for one in self.workers.values())

    def admit(self, windows: int, tokens: int, left_s: float) -> None:
        """Raises Refused where so much more could not be answered in time."""
        if self._batcher is None:
            raise not_ready(LOADING)
        if not self.workers:
            raise not_ready(RESTARTING)
        retry = self._batcher.refuses(self._at_once(), windows, tokens, left_s)
        if retry is not None:
            raise busy(whole_seconds(retry))

    async def run(self, windows: Windows, left_s: float) -> AllOutputs:
        """The program's outputs for ``windows``, as from :meth:`Predictor.run`.

        Raises Refused: no worker, no room, the deadline passed, the worker ended.
        """
        lengths = windows.lengths()
        self.admit(len(lengths), int(lengths.sum()), left_s)
        batcher = self._batcher
        assert batcher is not None
        asked = Asked(self.manifest, windows, left_s)
        now = time.monotonic()
        expected_s = batcher.expected_s(self._at_once(), len(lengths), int(lengths.sum()))
        items = [
            Waiting(int(length), now, now + left_s, asked, index, expected_s)
            for index, length in enumerate(lengths)
        ]
        if not items:
            return Gathering(self.manifest.signature, lengths).outputs()
        for item in items:
            batcher.add(item)
        self._news.set()
        timer = asyncio.get_running_loop().call_later(
            left_s, lambda: asked.fail(deadline_passed(left_s))
        )
        try:
            return await asked.answered
        finally:
            timer.cancel()
            for item in items:  # answered, late, or nobody waits for the answer any more
                batcher.remove(item)

    @contextlib.contextmanager
    def used(self) -> Iterator[Generation]:
        """Within the block it stays, also where another has taken its place."""
        self._users += 1
        try:
            yield self
        finally:
            self._users -= 1

    async def drain(self) -> None:
        """Let all that use it come to their end, then end the workers. Nobody new may begin."""
        self.ending = True
        while self._users:
            await asyncio.sleep(0.02)
        self._news.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self.workers.values():  # of a task that never began
            await worker.stop()
        self._metrics.workers.set(0)

    async def _first(self) -> Runner:
        """The codec, and a worker with the same bundle: the folder may be exchanged in between."""
        for _ in range(_TRIES):
            self.manifest, self.codec, self.largest_id = await asyncio.to_thread(_read, self.folder)
            self.identity = identity_of(self.manifest)
            self.roles = list(self.codec.neutral_rows())
            with contextlib.suppress(_Exchanged):
                return await self._start()
        raise not_ready(LOADING).error

    async def _start(self) -> Runner:
        start = self._settings.start or Worker.start
        worker = await start(self.folder, self._settings.how, self.name)
        assert worker.ready is not None
        if worker.ready.identity != self.identity:
            await worker.kill()
            raise _Exchanged
        return worker

    async def _keep(self, place: int, worker: Runner | None) -> None:
        """One worker at this place, again and again, for as long as the generation serves."""
        pause = _FIRST_PAUSE_S
        try:
            while True:
                began = time.monotonic()
                try:
                    worker = worker or await self._start()
                except _Exchanged:
                    self._log.event("bundle_exchanged", model=self.name)
                except PaddleLabError as error:
                    self._log.event("worker_not_started", model=self.name, error=error)
                else:
                    self.workers[place] = worker
                    worker.when_ended(self._news.set)
                    self._metrics.workers.set(len(self.workers))
                    try:
                        await self._work(worker)
                    except WorkerEnded:
                        del self.workers[place]
                        self._metrics.workers.set(len(self.workers))
                        self._metrics.worker_ends.inc()
                        self._log.event("worker_ended", model=self.name, pid=worker.pid,
                                        output=worker.last_words())  # fmt: skip
                worker = None
                pause = _FIRST_PAUSE_S if time.monotonic() - began > _LIVED_S else pause * 2
                await asyncio.sleep(min(pause, _LONGEST_PAUSE_S))
        finally:
            if worker is not None:
                self.workers.pop(place, None)
                await worker.stop()

    async def _work(self, worker: Runner) -> None:
        """Batch after batch. Raises WorkerEnded; cancelled, it ends its batch first."""
        while True:
            batch = await self._next_batch(worker)
            running = asyncio.ensure_future(self._run(worker, batch))
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                with contextlib.suppress(WorkerEnded):
                    await running
                raise

    async def _next_batch(self, worker: Runner) -> list[Waiting]:
        batcher = self._batcher
        assert batcher is not None
        while True:
            if not worker.alive:
                raise WorkerEnded
            if not worker.is_open:
                await asyncio.sleep(_CLOSED_S)
                continue
            due = batcher.due_s(time.monotonic())
            if due == 0 and (batch := batcher.take(time.monotonic(), late)):
                if len(batcher):
                    self._news.set()  # the next idle worker looks, too
                return batch
            self._news.clear()
            if due is None:
                await self._news.wait()
                continue
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), due)

    async def _run(self, worker: Runner, batch: list[Waiting]) -> None:
        windows = together(batch)
        inputs = inputs_of(windows, range(len(batch)), self.manifest.pad_id)
        began = time.monotonic()
        for item in batch:
            self._metrics.queue_seconds.observe(began - item.arrived)
        try:
            outputs = await worker.run(inputs)
        except WorkerEnded:
            for item in batch:
                asked_by(item).fail(worker_died())
            raise
        except RunFailed as failed:
            self._log.event("run_failed", model=self.name, error=failed.error)
            for item in batch:
                asked_by(item).fail(model_failed())
            return
        took = time.monotonic() - began
        longest = max(item.length for item in batch)
        assert self._batcher is not None
        self._batcher.learn(len(batch), longest, took)
        self._metrics.batch(len(batch), sum(item.length for item in batch), longest, took)
        hand_out(batch, outputs, self._wrong_outputs)

    def _wrong_outputs(self, reason: str) -> None:
        self._log.event("wrong_outputs", model=self.name, reason=reason)


def _read(folder: Path) -> tuple[Manifest, Codec, int]:
    """Manifest, codec and largest id of one bundle; the workers compare all hashes."""

    def read() -> tuple[Manifest, Codec, int]:
        manifest = load_manifest(folder, check_hashes=False)
        codec = codec_of(folder, manifest)
        vocabulary = json.loads(checked_tokenizer(folder / manifest.tokenizer))["model"]["vocab"]
        return manifest, codec, max(vocabulary.values())

    return in_place(folder, read)
