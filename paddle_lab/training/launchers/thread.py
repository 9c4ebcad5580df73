"""A run in a thread of this process: the notebook's kernel, or the terminal's."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from paddle_lab.data import Prepared
from paddle_lab.devices import import_paddle, no_paddle
from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import RunFolder
from paddle_lab.training.job import RunJob
from paddle_lab.training.launchers import Launch
from paddle_lab.training.prepare import prepare_process, process_slot
from paddle_lab.training.reporter import Control, Reporter
from paddle_lab.training.standing import not_gone_on, stand_as_before

_POLL_S: Final = 0.05

Session = Callable[[RunFolder, Reporter], Any]


class ThreadWorker:
    """Runs ``session``, which gives an object with its ``error``; one that holds ``slot`` first."""

    def __init__(
        self,
        folder: RunFolder,
        session: Session,
        slot: threading.Lock,
        reporter: Reporter | None = None,
    ) -> None:
        self._reporter = reporter if reporter is not None else Reporter(folder, since=0)
        self._control = self._reporter.control
        self._folder = folder
        self.session = session
        self._slot = slot

    def begin(self) -> None:
        """Nothing works apart from this process."""

    def wait_until_begun(self) -> None:
        """The run's own process has it from the start."""

    def work(self) -> PaddleLabError | None:
        """Wait for the run that holds the slot, unless this one is left meanwhile; then train."""
        control, reporter = self._control, self._reporter
        if not self._slot.acquire(blocking=False):
            reporter.begin("queued")
            while not self._slot.acquire(timeout=_POLL_S):
                reporter.look()
                if control.stop is not None or control.abort:
                    self._leave("aborted" if control.abort else "stopped")
                    return None
        try:
            error: PaddleLabError | None = self.session(self._folder, reporter).error
            return error
        finally:
            self._slot.release()

    def _leave(self, ended: str) -> None:
        """End a run that has not begun; one that was taken up again stands as before."""
        state, reporter = self._folder.state(), self._reporter
        if state.before is None:
            reporter.end(ended, state.step)
            return
        for kind, fields in stand_as_before(state.before, state.step, not_gone_on()):
            reporter.write(kind, durable=kind == "end", **fields)
        reporter.close()

    def stop(self) -> None:
        """Without a request in the folder: the loop sees it at the next step."""
        self._reporter.stop()

    def abort(self) -> None:
        """Leave at the next step."""
        self._control.abort = True

    @property
    def aborted(self) -> bool:
        """Whether it was told to leave."""
        return self._control.abort


class ThreadLauncher:
    """The launcher that a run has unless another is asked for."""

    def launch(self, launch: Launch) -> ThreadWorker:
        """Import Paddle here, where the run is begun.

        Paddle switches dynamic mode on for the thread that imports it, and for those begun later
        only if that was the main one: imported in the worker, it would break the next cell's.
        """
        spec = launch.folder.spec()
        prepare_process(spec)
        job = RunJob(spec, launch.prepared)
        reporter = Reporter(launch.folder, Control(finish=launch.finish), launch.since, job)
        try:
            reporter.begin("load")
            reporter.beat()
            begun, new = time.monotonic(), "paddle" not in sys.modules
            import_paddle()
            if new:
                job.imported(time.monotonic() - begun)
        except ImportError as error:
            reporter.close()
            raise no_paddle(error) from error
        except BaseException:
            reporter.close()
            raise
        session = functools.partial(
            _session, resume=launch.resume, trust=launch.trust, prepared=launch.prepared
        )
        return ThreadWorker(launch.folder, session, process_slot(), reporter)


def _session(
    folder: RunFolder, reporter: Reporter, *, resume: bool, trust: bool, prepared: Prepared | None
) -> Any:
    from paddle_lab.training.session import run_session

    return run_session(folder, reporter, resume=resume, trust=trust, prepared=prepared)


LAUNCHER: Final = ThreadLauncher()
