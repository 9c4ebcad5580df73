"""Keeps the owners of GPU memory up to date while somebody looks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from paddle_lab.gpu.owners import resolve
from paddle_lab.gpu.ownership import Kernel, Ownership, RunProcess
from paddle_lab.gpu.processes import SystemProcesses
from paddle_lab.gpu.readings import MIB
from paddle_lab.gpu.sampler import Listener, Sample, Sampler
from paddle_lab.gpu.states import PIDS_HIDDEN, WSL
from paddle_lab.server.gpu_kernels import Kernels
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.gpu_services import running_services
from paddle_lab.server.readers import DiskSilent, Readers

#: Kernels come, go, and change between busy and idle without any change on the GPU.
EVERY_SAMPLES: Final = 3
#: Memory that moves less than this is not told again before the pause is over.
STEP: Final = 128 * MIB
PAUSE_S: Final = 5.0

LOG = logging.getLogger(__name__)

Listening = Callable[[Ownership], None]


class OwnersWatch:
    """The owners of now, found in a thread after samples whose processes changed."""

    def __init__(
        self, sampler: Sampler, kernels: Kernels, runs: RunsWatch, readers: Readers
    ) -> None:
        self.ownership = Ownership()
        self._sampler = sampler
        self._kernels = kernels
        self._runs = runs
        self._readers = readers
        self._looking = asyncio.Lock()
        self._began_at = float("-inf")
        self._table = SystemProcesses()
        self._listeners: list[Listening] = []
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted = False
        self._processes: object = None
        self._seen = 0
        self._told: tuple[object, object] = (None, None)
        self._told_at = 0.0
        kernels.on_answer = self.schedule_refresh

    def listen(self, listening: Listening) -> None:
        """Call ``listening(ownership)`` on the event loop after each change worth telling."""
        self._listeners.append(listening)
        if self._listener is None:
            loop = asyncio.get_running_loop()

            def on_sample(sample: Sample) -> None:
                if self._is_news(sample) and not loop.is_closed():
                    loop.call_soon_threadsafe(self.schedule_refresh)

            self._listener = self._sampler.listen(on_sample)

    async def leave(self, listening: Listening) -> None:
        """Stop telling this listener."""
        if listening in self._listeners:
            self._listeners.remove(listening)
        if not self._listeners:
            await self.close()

    async def close(self) -> None:
        """Stop watching."""
        if self._listener is not None:
            self._sampler.leave(self._listener)
            self._listener = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _is_news(self, sample: Sample) -> bool:
        """Called in the sampler's thread: are there other processes, or has time passed?"""
        processes = tuple(reading.processes for reading in sample.fast)
        self._seen += 1
        if processes != self._processes or self._seen % EVERY_SAMPLES == 0:
            self._processes = processes
            return True
        return False

    def schedule_refresh(self) -> None:
        """Find the owners now, or once more when the search under way has ended."""
        if self._task is not None and not self._task.done():
            self._wanted = True
        elif self._listener is not None:
            self._task = asyncio.get_running_loop().create_task(self._search())

    async def _search(self) -> None:
        while True:
            self._wanted = False
            try:
                await self.refresh()
            except DiskSilent as error:
                LOG.warning("the owners of GPU memory are not known: %s", error)
            if not self._wanted:
                return

    async def refresh(self, oldest_s: float = 0.0) -> Ownership:
        """Find the owners in the last sample, unless that was begun at most ``oldest_s`` ago.

        Many who ask at once share one search, which began after they asked. What it found is told
        to those who listen: one who asked may be shown it, and what it showed must be taken back
        when it is over. Raises DiskSilent.
        """
        enough = time.monotonic() - oldest_s
        async with self._looking:
            if self._began_at < enough:
                began_at = time.monotonic()
                await self._look()
                self._began_at = began_at
                self._tell()
        return self.ownership

    async def _look(self) -> None:
        sample = self._sampler.latest
        gpus = sample.inventory.gpus if sample else ()
        kernels = self._with_runs(await self._kernels.all(gpus))
        if sample is None:
            return
        self.ownership = await self._readers.run(
            "processes",
            lambda: resolve(
                gpus,
                sample.fast,
                kernels,
                self._run_processes(kernels),
                self._table,
                services=running_services(),
                simulated=sample.simulated,
            ),
        )
        self._ask_kernels(sample, kernels)

    def _with_runs(self, kernels: list[Kernel]) -> list[Kernel]:
        """A kernel with a live run is busy, though it says idle while its cell awaits the run."""
        training = {
            summary.kernel for summary in self._runs.summaries if summary.live and summary.kernel
        }
        return [
            replace(kernel, state="busy")
            if kernel.id in training and kernel.state == "idle"
            else kernel
            for kernel in kernels
        ]

    def _run_processes(self, kernels: list[Kernel]) -> list[RunProcess]:
        """Live runs whose process is not a kernel: launched, isolated, or from a terminal."""
        pids = {kernel.pid for kernel in kernels}
        return [
            RunProcess(summary.id, summary.name, summary.pid, self._runs.inside(summary.notebook))
            for summary in self._runs.summaries
            if summary.live and summary.pid is not None and summary.pid not in pids
        ]

    def _ask_kernels(self, sample: Sample, kernels: list[Kernel]) -> None:
        """Ask those that hold memory, are elsewhere, or may hide behind process numbers."""
        blind = PIDS_HIDDEN in self.ownership.notes or WSL in sample.inventory.notes
        holding = {owner.kernel.id for owner in self.ownership.owners if owner.kernel}
        wanted = [
            kernel.id for kernel in kernels if blind or not kernel.local or kernel.id in holding
        ]
        running = {
            summary.kernel for summary in self._runs.summaries if summary.live and summary.kernel
        }
        self._kernels.reset_backoff([kernel_id for kernel_id in wanted if kernel_id in running])
        self._kernels.ask(wanted)

    def _tell(self) -> None:
        """Tell at once what changed in kind; small movements of memory wait for the pause."""
        kinds, amounts = _kinds(self.ownership), _amounts(self.ownership)
        now = asyncio.get_running_loop().time()
        if self._told == (kinds, amounts):
            return
        if self._told[0] == kinds and now - self._told_at < PAUSE_S:
            self._told = (kinds, None)  # shown to who asks, so told later, whatever it is then
            return
        self._told, self._told_at = (kinds, amounts), now
        for listening in list(self._listeners):
            listening(self.ownership)


def _kinds(ownership: Ownership) -> object:
    """Who owns and what is said of them; a change is told at once."""
    owners = [
        (
            owner.key,
            owner.name,
            owner.path,
            owner.reported,
            owner.condition,
            owner.processes,
            owner.kernel.state if owner.kernel else None,
        )
        for owner in ownership.owners
    ]
    return owners, ownership.notes


def _amounts(ownership: Ownership) -> object:
    """How much, in steps; a change is told when the pause is over."""
    return [
        (
            [(position, (amount or 0) // STEP) for position, amount in owner.memory.items()],
            [(part or 0) // STEP for part in owner.split or ()],
            owner.resident // STEP,
        )
        for owner in ownership.owners
    ]
