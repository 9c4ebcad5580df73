"""One per server: sampler, watchers of owners and runs, and watchdog, wired together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddle_lab.gpu.alerts import Watchdog
from paddle_lab.gpu.backend import GpuBackend
from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.backends.none import NoBackend
from paddle_lab.gpu.history import Range
from paddle_lab.gpu.host import Host
from paddle_lab.gpu.ownership import Ownership
from paddle_lab.gpu.sampler import Sample, Sampler
from paddle_lab.gpu.states import BAD_SETTING
from paddle_lab.paths import runs_dir
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.summary import RunSummary
from paddle_lab.server.gpu_doctor import Doctor
from paddle_lab.server.gpu_kernels import Kernels
from paddle_lab.server.gpu_owners import OwnersWatch
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.readers import Readers

#: A sample older than this is no answer to "now".
FRESH_S = 2.5


class GpuService:
    """What topics and routes of the sidebar read. Nothing is sampled until somebody asks.

    ``setting`` is the value of PADDLE_LAB_GPUS, ``fixed`` whether the administrator gave it.
    """

    def __init__(
        self,
        *,
        root: Path,
        readers: Readers | None = None,
        board: RunsBoard | None = None,
        kernel_manager: Any = None,
        session_manager: Any = None,
        setting: str = "auto",
        fixed: bool = False,
        log: logging.Logger | None = None,
    ) -> None:
        self.root = root
        self.setting = setting
        self.fixed = fixed
        self.log = log or logging.getLogger("paddle_lab")
        disk = runs_dir() if runs_dir().is_absolute() else root / runs_dir()
        self.readers = readers if readers is not None else Readers()
        self.runs = RunsWatch(root, self.readers, board)
        self.sampler = Sampler(self._backend(setting), Host(disk))
        self.kernels = Kernels(kernel_manager, session_manager, self.log)
        self.owners = OwnersWatch(self.sampler, self.kernels, self.runs, self.readers)
        self.watchdog = Watchdog()
        self.doctor = Doctor(self.readers)

    def use(self, setting: str) -> None:
        """Change to other GPUs, as PADDLE_LAB_GPUS names them."""
        self.setting = setting
        self.sampler.use(self._backend(setting))

    def _backend(self, setting: str) -> GpuBackend:
        """The backend asked for, or one that says that the setting is not understood."""
        return choose_backend(setting, self.runs.live_pids) or NoBackend(BAD_SETTING)

    def latest(self) -> tuple[Sample | None, Ownership, Sequence[RunSummary]]:
        """What is known now, without asking anybody."""
        return self.sampler.latest, self.owners.ownership, self.runs.summaries

    async def past(self, span: Range, points: int) -> dict[str, Any]:
        """The history up to now, as :meth:`History.window` gives it."""
        now = self.sampler.timeline.now()
        return await self.readers.run("history", self.sampler.history.window, span, now, points)

    async def fresh_sample(
        self, oldest_s: float = FRESH_S, timeout_s: float = 10.0
    ) -> Sample | None:
        """A sample at most ``oldest_s`` old; the last there was when the driver is too slow.

        Age is told by the steady clock: one that is set does not make an old sample new.
        """
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[Sample] = loop.create_future()

        def deliver(sample: Sample) -> None:
            if not arrived.done():
                arrived.set_result(sample)

        def tell(sample: Sample) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(deliver, sample)

        # Listen first and look then: a sample that comes in between must not be missed.
        listener = self.sampler.listen(tell)
        try:
            latest = self.sampler.latest
            if latest is not None and self.sampler.age_of(latest) <= oldest_s:
                return latest
            return await asyncio.wait_for(arrived, timeout_s)
        except asyncio.TimeoutError:
            return self.sampler.latest
        finally:
            self.sampler.leave(listener)
