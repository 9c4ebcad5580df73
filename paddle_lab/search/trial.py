"""One trial: a run of its own, followed by its events."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder, RunState
from paddle_lab.runs.about import write_about
from paddle_lab.runs.events import EventTail
from paddle_lab.runs.state import LIVE_STATES

if TYPE_CHECKING:
    from paddle_lab.training.run import Run

_POLL_S: Final = 0.05
_LOOK_ELSEWHERE_S: Final = 0.5
_LEFT: Final = ("finished", "stopped", "aborted")


class Trial:
    """A trial as the search holds it; :meth:`to_json` is its row in ``trials.json``.

    ``state`` is running, complete, pruned, failed, or stopped (with the search: it can go on).
    ``evaluations`` are the figures of the dev rows, oldest first.
    """

    def __init__(self, number: int, params: Mapping[str, Any], metric: str, higher: bool) -> None:
        self.number = number
        self.params = dict(params)
        self.state = "running"
        self.folder: RunFolder | None = None
        self.evaluations: list[float] = []
        self.error: PaddleLabError | None = None
        self.reason: Text | None = None
        self._metric, self._higher = metric, higher
        self._seen = RunState()
        self._tail: EventTail | None = None
        self._thread: threading.Thread | None = None
        self._process: Run | None = None
        self._not_begun: PaddleLabError | None = None
        self._began = time.monotonic()
        self._seconds = 0.0
        self.asked: Text | None = None
        self.left = False

    @property
    def value(self) -> float | None:
        """The best figure of its evaluations: the run keeps those weights."""
        return (max if self._higher else min)(self.evaluations, default=None)

    @property
    def run(self) -> RunState:
        """What the run's events have said so far."""
        return self._seen

    def begin(self, folder: RunFolder, *, resume: bool, trust: bool, finish: bool = False) -> None:
        """Put a process to work on the run, unless one is; returns at once."""
        from paddle_lab.training.start import begin

        state = folder.state().state if resume else ""
        # Of a search that was killed, the processes of its trials have gone on.
        elsewhere = resume and not finish and state in (*LIVE_STATES, "finished")
        self.folder = folder
        self._tail = EventTail(folder.events_path)

        def start() -> None:
            while elsewhere and folder.state().live:
                time.sleep(_LOOK_ELSEWHERE_S)
            if elsewhere:
                return
            try:
                run = begin(folder, resume=resume, isolate=True, trust=trust, finish=finish)
            except PaddleLabError as error:
                self._not_begun = error
                return
            self._process = run
            while run.working:
                time.sleep(_POLL_S)

        # Of its own: the search goes on while the process starts, and hears interrupts itself.
        self._thread = threading.Thread(target=start, name=f"trial-{self.number}", daemon=True)
        self._thread.start()

    def look(self) -> list[tuple[int, float, bool]]:
        """Read what the run has told since: the new figures, each with its number from 1.

        The third is whether the evaluation followed the last step: nothing is left to save then.
        Of a trial that is left no more is heard: what it comes to must not hang on how fast
        somebody looked.
        """
        assert self._tail is not None and self._thread is not None
        alive = self._thread.is_alive()
        for event in self._tail.events():
            self._seen.fold(event)
        told = [(event["metrics"].get(self._metric), event["step"]) for event in self._seen.evals]
        figures = [(value, step) for value, step in told if value is not None]
        known, total = len(self.evaluations), self._seen.total_steps
        if self.asked is None:
            self.evaluations = [value for value, _ in figures]
        if not alive:
            self._end()
        return [
            (number, value, total is not None and step >= total)
            for number, (value, step) in enumerate(figures, start=1)
        ][known:]

    def prune(self, evaluation: int, why: Text) -> None:
        """Leave it after this evaluation: it counts as if it had no later one."""
        del self.evaluations[evaluation:]
        self.asked = why
        self.ask_to_leave()
        if self.state == "complete":  # it was quicker than whoever looked
            self.state, self.reason = "pruned", why

    def ask_to_leave(self) -> None:
        """Ask the run to stop after this step and to make nothing more."""
        if self.folder is None or self.left:
            return
        self.left = True
        self.folder.ask("stop", "step", "search", save=False)

    def abort(self) -> None:
        """Let the process leave at once, with whole checkpoints."""
        self.left = True
        if self._process is not None:
            self._process.abort()

    def fail(self, error: PaddleLabError) -> None:
        """It has no figure."""
        self.state, self.error = "failed", error
        self._stand()

    def _end(self) -> None:
        """The run is over: what that means for the trial."""
        self._stand()
        assert self.folder is not None
        self.folder.check_liveness(self._seen)
        state, end = self._seen.state, self._seen.end or {}
        if state == "finished" and self.asked is None:
            self._complete()
        elif self.asked is not None and state in _LEFT:
            self.state, self.reason = "pruned", self.asked
        elif self.left and state in _LEFT:
            self.state = "stopped"
        elif state == "stopped":
            self.state, self.reason = "pruned", T("stopped by a person", "被人停止")
        elif self._not_begun is not None:
            self.fail(self._not_begun)
        else:
            self.fail(RunError.from_json(end["error"]) if end.get("error") else _died(state))

    def _complete(self) -> None:
        if self.value is None:
            self.fail(_no_figure(self._metric))
        else:
            self.state = "complete"

    def _stand(self) -> None:
        self._seconds = self.seconds
        self._began = float("inf")

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return self._seconds if self._began == float("inf") else time.monotonic() - self._began

    def note(self, text: Text) -> None:
        """Say in the list of runs what the run is."""
        if self.folder is not None:
            try:
                write_about(self.folder, note=str(text))
            except RunError:
                return  # a note is worth no trial

    def to_json(self) -> dict[str, Any]:
        """The row in ``trials.json``."""
        return {
            "number": self.number,
            "params": self.params,
            "run": None if self.folder is None else self.folder.path.name,
            "state": self.state,
            "value": self.value,
            "evaluations": self.evaluations,
            "step": self._seen.step,
            "total_steps": self._seen.total_steps,
            "share": self._seen.share,
            "seconds": round(self.seconds, 1),
            "reason": None if self.reason is None else self.reason.to_json(),
            "error": None if self.error is None else self.error.to_json(),
        }


def _died(state: str) -> RunError:
    return RunError(
        T("The trial's run ended without a result: {state}.", "试验的运行没有得到结果：{state}。",
          state=state),
        code="run.process_died",
    )  # fmt: skip


def _no_figure(metric: str) -> RunError:
    return RunError(
        T("No evaluation has a figure for {metric}.", "没有任何评估给出 {metric}。", metric=metric),
        T("The dev rows do not allow it, or the trial was too short for one.",
          "验证集无法计算该指标，或试验太短，没有评估。"),
        code="run.no_metric",
    )  # fmt: skip
