"""Keeps trials at work: what the process of a search and those that join it have in common."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.paths import runs_dir
from paddle_lab.runs import RunFolder
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.plan import SearchPlan
from paddle_lab.search.space import options_with
from paddle_lab.search.study import Study
from paddle_lab.search.trial import Trial

#: So many trials in a row that end with the same kind of error end the work.
MOST_ALIKE: Final = 3
_SECOND_INTERRUPT_S: Final = 2.0

Shown = Callable[[Mapping[str, Any]], None]


class Worker:
    """Trials of one process, ``plan.jobs`` at a time.

    ``tables`` are the notebook variables that the search's data name; ``trust`` allows weights that
    are a program, for this call alone; ``shown`` is given ``trials.json`` after each change.
    """

    def __init__(
        self,
        folder: SearchFolder,
        plan: SearchPlan,
        study: Study,
        *,
        tables: Mapping[str, Any],
        trust: bool = False,
        shown: Shown | None = None,
    ) -> None:
        self._folder, self._plan, self._study = folder, plan, study
        self._tables, self._trust, self._shown = tables, trust, shown
        self._rows: dict[int, dict[str, Any]] = {}
        self._active: dict[int, Trial] = {}
        self._failures: list[PaddleLabError] = []
        self._requests = folder.requests()
        self._full = self._stopping = self._aborting = self.interrupted = False
        self.error: PaddleLabError | None = None

    # -- what is asked ----------------------------------------------------------------------

    def stop(self) -> None:
        """Stop all trials after their step, as an interrupt asks; the search can go on later."""
        self._stopping = self.interrupted = True

    def abort(self) -> None:
        """Leave at once."""
        self._stopping = self.interrupted = self._aborting = True

    def _hear_requests(self) -> None:
        if any(request.ask == "stop" for request in self._requests.poll()):
            self._stopping = True

    def _let_leave(self) -> None:
        for trial in self._active.values():
            if self._aborting:
                trial.abort()
            else:
                trial.ask_to_leave()

    # -- trials -----------------------------------------------------------------------------

    def _follow_all(self) -> None:
        """Follow the trials at work; what is wrong with the study ends the work."""
        for trial in list(self._active.values()):
            try:
                self._follow(trial)
            except RunError as error:
                self.error = self.error or error

    def _begin_new(self, most: int) -> bool:
        """Take the next trial; False when ``most`` were made."""
        from paddle_lab.api import specify
        from paddle_lab.training.start import create_run

        try:
            asked = self._study.ask(most)
        except RunError as error:
            self.error = error
            return False
        if asked is None:
            self._full = True
            return False
        number, params = asked
        trial = self._new(number, params)
        try:
            options = options_with(self._plan.given, params)
            options["name"] = f"{self._plan.name}-t{number + 1:02d}"
            if runs_dir().absolute() != self._folder.path.parent:
                options["out"] = str(self._folder.path.parent)  # resumed in another place
            train, dev = options.pop("train"), options.pop("dev", None)
            spec, tables = specify(train, dev, self._tables, options)
            folder = create_run(spec, tables)
        except PaddleLabError as error:
            trial.fail(error)
            self._over(trial)
            return True
        try:
            self._study.begun(number, folder.path.name)
        except RunError as error:
            self.error = error
        self._put_to_work(trial, folder, resume=False)
        return True

    def _begin(self, number: int, run: str, params: Mapping[str, Any]) -> None:
        """Go on with a trial of before."""
        trial = self._new(number, params)
        try:
            self._put_to_work(trial, self._folder.run(run), resume=True)
        except PaddleLabError as error:
            trial.fail(error)
            self._over(trial)

    def _new(self, number: int, params: Mapping[str, Any]) -> Trial:
        trial = Trial(number, params, self._plan.metric, self._plan.higher)
        self._active[number] = trial
        return trial

    def _put_to_work(self, trial: Trial, folder: RunFolder, *, resume: bool) -> None:
        trial.begin(folder, resume=resume, trust=self._trust)
        said = T("trial {n} of search {name}", "搜索 {name} 的试验 {n}",
                 n=trial.number + 1, name=self._folder.path.name)  # fmt: skip
        trial.note(said)

    def _follow(self, trial: Trial) -> None:
        told = trial.look()
        for evaluation, value, last in told if trial.asked is None and not self.error else ():
            leave = self._study.report(trial.number, evaluation, value)
            if leave and not last:
                why = T("left after evaluation {n} of {all}", "在第 {n}/{all} 次评估后停止",
                        n=evaluation, all=self._plan.evaluations)  # fmt: skip
                trial.prune(evaluation, why)
                break
        if trial.state != "running":
            self._over(trial)

    def _over(self, trial: Trial) -> None:
        """Tell the study how it ended, and see whether the work can go on."""
        self._active.pop(trial.number)
        self._rows[trial.number] = trial.to_json()
        if trial.state == "stopped":
            return  # it goes on with the search
        if trial.state == "complete":
            assert trial.value is not None
            self._study.complete(trial.number, trial.value)
        elif trial.state == "pruned":
            self._study.prune(trial.number)
            trial.note(
                T("trial {n} of search {name}: {why}", "搜索 {name} 的试验 {n}：{why}",
                  n=trial.number + 1, name=self._folder.path.name, why=trial.reason)
            )  # fmt: skip
        else:
            self._study.fail(trial.number)
        self._count_failures(trial)

    def _count_failures(self, trial: Trial) -> None:
        if trial.error is None:
            self._failures.clear()
            return
        if self._failures and self._failures[-1].code != trial.error.code:
            self._failures.clear()
        self._failures.append(trial.error)
        if len(self._failures) >= MOST_ALIKE:
            self.error = trial.error

    def _own_rows(self) -> dict[int, dict[str, Any]]:
        """How all of its trials stand, by number."""
        return self._rows | {number: trial.to_json() for number, trial in self._active.items()}


@contextlib.contextmanager
def hearing_interrupts(worker: Worker) -> Iterator[None]:
    """The first interrupt stops gently, a second within two seconds at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    at = float("-inf")

    def heard(*_: Any) -> None:
        nonlocal at
        now = time.monotonic()
        if now - at < _SECOND_INTERRUPT_S:
            worker.abort()
        else:
            worker.stop()
        at = now

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
