"""One thread that samples for everybody: fast each second, slow each ten, links while wanted.

It starts with the first listener and stops after the last. Its cost does not depend on how many
listen, and nothing of it runs on the server's event loop.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from paddle_lab.gpu.backend import GpuBackend
from paddle_lab.gpu.history import History
from paddle_lab.gpu.host import Host, HostReading
from paddle_lab.gpu.readings import MIB, FastReading, Inventory, LinkReading, SlowReading
from paddle_lab.gpu.states import DRIVER_RELOADED, GPU_LOST
from paddle_lab.gpu.timeline import Timeline

LOG = logging.getLogger("paddle_lab.gpu")

FIRST_RETRY_S: Final = 2.0
LAST_RETRY_S: Final = 60.0
LOST_RETRY_S: Final = 30.0


@dataclass(frozen=True)
class Sample:
    """All that is known at one moment. ``t`` seconds since the epoch; ``seq`` rises by one.

    ``steady`` is the moment on a clock that nobody sets: how long something lasts is told by it.
    ``generation`` changes with the inventory; ``slow_seq`` is the last sample with new slow values.
    """

    seq: int
    t: float
    steady: float
    generation: int
    inventory: Inventory
    fast: tuple[FastReading, ...]
    slow: tuple[SlowReading, ...]
    links: dict[int, LinkReading]
    host: HostReading | None
    slow_seq: int
    simulated: bool = False


@dataclass(eq=False)
class Listener:
    """Somebody who wants samples; ``links`` are the GPUs whose PCIe and NVLink they look at."""

    callback: Callable[[Sample], None]
    links: frozenset[int] = field(default_factory=frozenset)


class Sampler:
    """Samples a backend and the host for any number of listeners."""

    def __init__(
        self,
        backend: GpuBackend,
        host: Host | None = None,
        history: History | None = None,
        *,
        period_s: float = 1.0,
        slow_every: int = 10,
        linger_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.timeline = Timeline(clock, wall)
        self.history = history if history is not None else History()
        self.latest: Sample | None = None
        self.period_s = period_s
        self._backend = backend
        self._next_backend: GpuBackend | None = None
        self._host = host
        self._slow_every = slow_every
        self._linger_s = linger_s
        self._clock = clock
        self._listeners: list[Listener] = []
        self._changed = threading.Condition()
        self._backend_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = self._failing = False
        # By chance, neither zero nor time (which may be set back): a page that comes back after a
        # restart must not take the new server's deltas for the ones it missed.
        self._seq = secrets.randbelow(1 << 31)
        self._generation = 0

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    @property
    def backend(self) -> GpuBackend:
        """The backend in use, or about to be."""
        return self._next_backend or self._backend

    def age_of(self, sample: Sample) -> float:
        """Seconds since this sample was taken."""
        return self._clock() - sample.steady

    def listen(self, callback: Callable[[Sample], None]) -> Listener:
        """Call ``callback`` with each sample, from the sampler's thread, until :meth:`leave`."""
        listener = Listener(callback)
        with self._changed:
            self._listeners.append(listener)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._run, name="paddle-lab-sampler", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop calling this listener; leaving twice is no error."""
        with self._changed:
            if listener in self._listeners:
                self._listeners.remove(listener)
            self._changed.notify_all()

    def watch_links(self, listener: Listener, positions: Iterable[int]) -> None:
        """Say whose PCIe and NVLink this listener looks at now."""
        with self._changed:
            listener.links = frozenset(positions)

    def use(self, backend: GpuBackend) -> None:
        """Change the backend before the next sample."""
        with self._changed:
            self._next_backend = backend
            self._changed.notify_all()

    def close(self) -> None:
        """Stop at once; for the end of the server."""
        with self._changed:
            self._closed = True
            self._listeners.clear()
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout=5)

    def _run(self) -> None:
        with self._backend_lock:
            watch = _Watch(self)
            try:
                while self._wait_or_leave(watch):
                    sample = self._take(watch)
                    if sample is None:
                        continue
                    self.latest = sample
                    self._remember(sample)
                    for listener in list(self._listeners):
                        self._tell(listener, sample)
            finally:
                self._backend.close()

    def _take(self, watch: _Watch) -> Sample | None:
        """One sample; None where something failed that must not end the watching for good."""
        try:
            sample = watch.take()
        except Exception:
            if not self._failing:
                LOG.exception("a GPU sample failed; the next ones are tried")
            self._failing = True
            return None
        self._failing = False
        return sample

    def _tell(self, listener: Listener, sample: Sample) -> None:
        try:
            listener.callback(sample)
        except Exception:
            LOG.exception("a listener of the GPU samples failed; it is dropped")
            self.leave(listener)

    def _wait_or_leave(self, watch: _Watch) -> bool:
        """Wait for the next tick; False when nobody has listened for the lingering time."""
        with self._changed:
            alone_since: float | None = None
            while True:
                now = self._clock()
                if self._listeners:
                    alone_since = None
                    if now >= watch.deadline or self._next_backend is not None:
                        watch.schedule(now)
                        return True
                    self._changed.wait(watch.deadline - now)
                    continue
                alone_since = now if alone_since is None else alone_since
                left = self._linger_s - (now - alone_since)
                if self._closed or left <= 0:
                    self._thread = None
                    return False
                self._changed.wait(left)

    def _remember(self, sample: Sample) -> None:
        values: dict[str, tuple[int | None, int | None]] = {
            gpu.uuid: (reading.busy, None if reading.used is None else reading.used // MIB)
            for gpu, reading in zip(sample.inventory.gpus, sample.fast, strict=False)
        }
        if sample.host is not None:
            values["host"] = (round(sample.host.cpu), sample.host.memory_used // MIB)
        self.history.add(sample.t, values)


class _Watch:
    """The thread's own view: when to tick, when to open the driver again, the last slow values."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self.deadline = sampler._clock()
        self._inventory: Inventory | None = None
        self._slow: tuple[SlowReading, ...] = ()
        self._slow_seq = 0
        self._ticks = 0
        self._retry_at = 0.0
        self._retry_s = FIRST_RETRY_S

    def schedule(self, now: float) -> None:
        """Set the next deadline; ticks that a slow driver made us miss are not made up for."""
        self.deadline = max(self.deadline + self._sampler.period_s, now)

    def take(self) -> Sample:
        """One sample: open the driver where needed, read the tiers that are due."""
        sampler = self._sampler
        self._change_backend()
        if self._inventory is None or self._due_to_retry():
            self._open()
        backend = sampler._backend
        inventory = self._inventory or Inventory()
        fast = tuple(backend.fast()) if inventory.gpus else ()
        if inventory.gpus and self._ticks % sampler._slow_every == 0:
            self._slow = tuple(backend.slow())
            self._slow_seq = sampler._seq + 1
        self._ticks += 1
        moved = sampler.timeline.correct()
        if moved:
            # Everybody gets the past anew, where it lies now.
            sampler.history.move(moved)
            sampler._generation += 1
        wanted = frozenset().union(*(listener.links for listener in list(sampler._listeners)))
        links = backend.links(sorted(wanted)) if wanted and inventory.gpus else {}
        self._look_for_trouble(fast)
        sampler._seq += 1
        return Sample(
            seq=sampler._seq,
            t=sampler.timeline.now(),
            steady=sampler._clock(),
            generation=sampler._generation,
            inventory=self._inventory or inventory,
            fast=fast,
            slow=self._slow,
            links=links,
            host=sampler._host.read() if sampler._host else None,
            slow_seq=self._slow_seq,
            simulated=backend.simulated,
        )

    def _change_backend(self) -> None:
        sampler = self._sampler
        with sampler._changed:
            chosen, sampler._next_backend = sampler._next_backend, None
        if chosen is not None:
            sampler._backend.close()
            sampler._backend = chosen
            self._inventory = None
            self._retry_s = FIRST_RETRY_S

    def _due_to_retry(self) -> bool:
        return bool(self._retry_at) and self._sampler._clock() >= self._retry_at

    def _open(self) -> None:
        before = self._inventory
        self._inventory = self._sampler._backend.open()
        self._slow, self._ticks, self._retry_at = (), 0, 0.0
        if before is None or before != self._inventory:
            self._sampler._generation += 1
        if self._inventory.condition is not None:
            self._retry_later(self._retry_s)
            self._retry_s = min(self._retry_s * 2, LAST_RETRY_S)
        else:
            self._retry_s = FIRST_RETRY_S

    def _look_for_trouble(self, fast: tuple[FastReading, ...]) -> None:
        """After a driver reload open it again at once; look for a lost GPU now and then."""
        if self._sampler._backend.needs_reopening() and self._inventory is not None:
            self._inventory = replace(self._inventory, condition=DRIVER_RELOADED)
            self._sampler._generation += 1
            self._retry_at = self._sampler._clock()
        elif any(reading.condition is GPU_LOST for reading in fast) and not self._retry_at:
            self._retry_later(LOST_RETRY_S)

    def _retry_later(self, seconds: float) -> None:
        self._retry_at = self._sampler._clock() + seconds
