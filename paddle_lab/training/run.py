"""A run as a person holds it: start, follow, stop, and use what it made."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from paddle_lab.cell import in_notebook
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.interrupts import act_from_now_on, interrupted
from paddle_lab.runs import Registry, RunFolder, RunState
from paddle_lab.training.busy import busy_kernel
from paddle_lab.training.launchers import Worker
from paddle_lab.training.standing import error_of

SECOND_INTERRUPT_S: Final = 2.0
_POLL_S: Final = 0.05
_LOOK_ELSEWHERE_S: Final = 0.5


class Run:
    """One fine-tuning, live or past.

    Attributes of a finished run: :attr:`metrics`, :attr:`report`, :attr:`verdict`, :attr:`bundle`.
    A live run answers :meth:`stop`, :meth:`pause`, :meth:`resume` and :meth:`wait`.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._error: PaddleLabError | None = None
        self._interrupted_at = float("-inf")
        self._was_interrupted = False
        self._companions: list[threading.Thread] = []
        self._seen_at_work = False
        self._looked_at = float("-inf")

    @classmethod
    def find(cls, wanted: str = "last") -> Run:
        """A run by ``last``, number, name, id or folder. Raises RunError when there is none."""
        return cls(Registry().find(wanted).folder)

    # -- where it stands -------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The run's short id."""
        return self.folder.id

    @property
    def state(self) -> RunState:
        """The run's state, read from its events now."""
        return self.folder.state()

    @property
    def live(self) -> bool:
        """Whether this process still works on the run, or another seems to."""
        if self._thread is not None:
            return self._thread.is_alive()
        return self.state.live

    @property
    def metrics(self) -> dict[str, Any]:
        """Metrics of the report, empty before there is one."""
        end = self.state.end
        return dict(end.get("metrics") or {}) if end else {}

    @property
    def report(self) -> dict[str, Any] | None:
        """The evaluation report, or None."""
        return self.folder.report_data()

    @property
    def verdict(self) -> Text | None:
        """How the model stands beside the simple baseline, in one sentence; None without a report.

        ``84.1% ± 1.8, better than TF-IDF + logistic regression (...)``.
        """
        blocks = (self.report or {}).get("blocks", [])
        said = next((block["text"] for block in blocks if block["type"] == "verdict"), None)
        return None if said is None else Text.from_json(said)

    @property
    def bundle(self) -> Path | None:
        """Folder of the verified inference model, or None."""
        from paddle_lab.bundle.locate import bundle_of

        return bundle_of(self.folder)

    def predict(self, texts: Any, **options: Any) -> Any:
        """Answers for texts, from the exported bundle; waits for a live run first.

        Raises RunError when the run has no bundle.
        """
        from paddle_lab.bundle import load_bundle

        self.wait()
        if self.bundle is None:
            raise RunError(
                T("This run has no bundle to predict with.", "本次运行没有可用于预测的推理模型。"),
                fix=T("Export one: %ernie_export {id}", "请先导出：%ernie_export {id}", id=self.id),
                code="run.no_bundle",
            )
        return load_bundle(self.bundle).predict(texts, **options)

    # -- what people ask --------------------------------------------------------------------

    def stop(self, after: str = "step", source: str = "api", *, save: bool = True) -> None:
        """Ask the run to stop after this step or epoch.

        Its best weights are kept, reported on and exported, unless ``save`` is False.
        """
        self.folder.ask("stop", after, source, save=save)

    def pause(self) -> None:
        """Ask the run to hold; memory stays held."""
        self.folder.ask("pause")

    def resume(self) -> None:
        """Ask a paused run to go on."""
        self.folder.ask("resume")

    def abort(self) -> None:
        """Leave at once, keeping only checkpoints that are already whole."""
        if self._worker is not None:
            self._worker.abort()

    def interrupted(self) -> None:
        """The kernel's interrupt: the first stops gently, a second within 2 s aborts."""
        moment = time.monotonic()
        if moment - self._interrupted_at < SECOND_INTERRUPT_S:
            if self._thread is None:
                raise KeyboardInterrupt  # another process's run: only the waiting is ours to leave
            self.abort()
            return
        self._interrupted_at = moment
        self._was_interrupted = True
        if self._worker is not None:
            self._worker.stop()
        else:
            self.stop(source="interrupt")

    def _interrupted_unawaited(self) -> None:
        """The interrupt of the command that began the run, which does not wait for it just then."""
        if not self.working:
            raise KeyboardInterrupt
        self.interrupted()

    # -- waiting ----------------------------------------------------------------------------

    def wait(self) -> Run:
        """Block until the run has ended, whichever process it runs in; interrupts stop it.

        Raises the error it failed with, if it was at work when this was called. In a notebook an
        interrupt is raised again as :class:`~paddle_lab.interrupts.Interrupted` when the run has
        ended: a cell that ends well would let the queued ones run.
        """
        with self._hearing_interrupts(), busy_kernel():
            while self._busy():
                time.sleep(_POLL_S)
        return self._result()

    async def wait_async(self) -> Run:
        """As :meth:`wait`, while the kernel goes on answering."""
        with self._hearing_interrupts(), busy_kernel():
            while self._busy():
                try:
                    await asyncio.sleep(_POLL_S)
                except asyncio.CancelledError:
                    # Somebody cancels the cell by other means than the signal.
                    self.interrupted()
        return self._result()

    @contextlib.contextmanager
    def _hearing_interrupts(self) -> Iterator[None]:
        """Take the interrupt signal ourselves while waiting.

        A kernel hears only one interrupt of a cell that awaits, so that a second could not abort.
        Outside the main thread signals cannot be had; there the cancelling of the cell is heard.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, lambda *_: self.interrupted())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def accompany(self, work: Callable[[], None], name: str) -> None:
        """Run ``work`` beside the run in the caller's context; waiting also waits for it."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
        self._companions.append(thread)
        thread.start()

    @property
    def working(self) -> bool:
        """Whether the run's own thread or process is at work for this process."""
        return self._thread is not None and self._thread.is_alive()

    def _busy(self) -> bool:
        if self._thread is None:
            return self._busy_elsewhere()
        return self.working or any(thread.is_alive() for thread in self._companions)

    def _busy_elsewhere(self) -> bool:
        """Whether another process works on the run; looked at twice a second, for it costs."""
        moment = time.monotonic()
        if moment - self._looked_at >= _LOOK_ELSEWHERE_S or not self._seen_at_work:
            self._looked_at = moment
            state = self.state
            at_work = state.live and state.process is not None
            if self._seen_at_work and not at_work:
                self._error = error_of(state.end)
            self._seen_at_work = at_work
        return self._seen_at_work

    def _result(self) -> Run:
        if self._error is not None:
            raise self._error
        was_interrupted, self._was_interrupted = self._was_interrupted, False
        aborted = self._worker is not None and self._worker.aborted
        # An abort that came after the last step changes nothing any more.
        if aborted and self.state.state == "aborted":
            raise RunError(
                T("The run was aborted.", "运行已被中止。"),
                fix=T(
                    "Go on from its last checkpoint: %ernie_finetune --resume {id}",
                    "从最近的检查点继续：%ernie_finetune --resume {id}",
                    id=self.id,
                ),
                code="run.aborted",
            )
        if was_interrupted and in_notebook():
            raise interrupted()  # so that the kernel drops the cells that are queued
        return self

    # -- starting ---------------------------------------------------------------------------

    def start(self, worker: Worker) -> Run:
        """Put ``worker`` to work; returns once it has begun. Interrupts stop it also before.

        Raises OSError when it cannot be started.
        """
        with self._hearing_interrupts():
            worker.begin()
            self._worker = worker

            def body() -> None:
                self._error = worker.work()

            self._thread = threading.Thread(
                target=contextvars.copy_context().run,
                args=(body,),
                name=f"paddle-lab-{self.folder.path.name}",
                daemon=True,
            )
            self._thread.start()
            worker.wait_until_begun()
            act_from_now_on(self._interrupted_unawaited)
        return self

    def __repr__(self) -> str:
        return f"<Run {self.folder.path.name}: {self.state.state}>"
