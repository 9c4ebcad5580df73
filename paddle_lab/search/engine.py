"""Keeps trials at work until enough were made, time is over, or somebody stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.paths import runs_dir
from paddle_lab.runs import ProcessMark, RunFolder
from paddle_lab.search.folder import SearchFolder, SearchPlan
from paddle_lab.search.space import options_with
from paddle_lab.search.study import Study
from paddle_lab.search.trial import Trial

#: So many trials in a row that end with the same kind of error end the search.
MOST_ALIKE: Final = 3
_POLL_S: Final = 0.1
_SHOW_EVERY_S: Final = 1.0
_LONGEST_ABORT_S: Final = 30.0

Shown = Callable[[Mapping[str, Any]], None]


class Engine:
    """The one process that works on a search.

    ``tables`` are the notebook variables that its data name; ``trust`` allows weights that are a
    program, for this call alone; ``shown`` is given ``trials.json`` after each change; ``finish``:
    whether report and bundle of the best are made at the end.
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
        finish: bool = True,
    ) -> None:
        self._folder, self._plan, self._study = folder, plan, study
        self._tables, self._trust, self._shown = tables, trust, shown
        self._finish = finish
        before = folder.trials()
        self._before_s = float(before["seconds"])
        self._began = time.monotonic()
        self._rows: dict[int, dict[str, Any]] = {row["number"]: row for row in before["trials"]}
        self._best_run: Any = before.get("finished")
        self._active: dict[int, Trial] = {}
        self._failures: list[PaddleLabError] = []
        self._requests = folder.requests()
        self._stopping = self._aborting = self._interrupted = False
        self._told: tuple[Any, float] = (None, 0.0)
        self.error: PaddleLabError | None = None

    # -- what is asked ----------------------------------------------------------------------

    def stop(self) -> None:
        """Stop all trials after their step, as an interrupt asks; the search can go on later."""
        self._stopping = self._interrupted = True

    def abort(self) -> None:
        """Leave at once."""
        self._stopping = self._interrupted = self._aborting = True

    def claim(self) -> None:
        """Say that this process works on the search now. Raises OSError."""
        self._tell("running")

    # -- the work ---------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """Search until it is over, then make report and bundle of the best; ``trials.json``.

        Never raises for a trial that fails; :attr:`error` is what ended the search.
        """
        waiting = self._unfinished()
        while True:
            self._hear()
            for trial in list(self._active.values()):
                self._follow(trial)
            while self._may_begin(waiting):
                self._begin(*waiting.pop(0)) if waiting else self._begin_new()
            if not self._active and not self._may_begin(waiting):
                break
            self._tell("running")
            time.sleep(_POLL_S)
        for number, _ in waiting:
            self._rows[number]["state"] = "stopped"
        if self._finish and not self._stopping and self.error is None:
            self._finish_best()
        ended = "failed" if self.error else "stopped" if self._stopping else "finished"
        found: dict[str, Any] = self._tell(ended, last=True)
        return found

    def _unfinished(self) -> list[tuple[int, str]]:
        """Trials of before that go on first; one without a run is given up."""
        found = []
        for number, run in sorted(self._study.unfinished().items()):
            if run is None or number not in self._rows:
                self._study.fail(number)
            else:
                found.append((number, run))
        return found

    def _hear(self) -> None:
        if any(request.ask == "stop" for request in self._requests.poll()):
            self._stopping = True
        over = self._out_of_time()
        if not (self._stopping or over or self.error):
            return
        for trial in self._active.values():
            if self._aborting:
                trial.abort()
            else:
                trial.ask_to_leave()

    def _may_begin(self, waiting: list[Any]) -> bool:
        if self._stopping or self.error or self._out_of_time():
            return False
        if len(self._active) >= self._plan.jobs:
            return False
        return bool(waiting) or len(self._rows.keys() | self._active.keys()) < self._plan.trials

    def _out_of_time(self) -> bool:
        return self._plan.minutes is not None and self.seconds >= 60 * self._plan.minutes

    @property
    def seconds(self) -> float:
        """How long the search has been at work, in all of its processes."""
        return self._before_s + time.monotonic() - self._began

    # -- trials -----------------------------------------------------------------------------

    def _begin_new(self) -> None:
        from paddle_lab.api import specify
        from paddle_lab.training.start import create_run

        number, params = self._study.ask()
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
            return
        self._study.begun(number, folder.path.name)
        self._put_to_work(trial, folder, resume=False)

    def _begin(self, number: int, run: str) -> None:
        trial = self._new(number, self._rows[number]["params"])
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
        for evaluation, value, last in told if trial.asked is None else ():
            leave = self._study.report(trial.number, evaluation, value)
            if leave and not last:
                why = T("left after evaluation {n} of {all}", "在第 {n}/{all} 次评估后停止",
                        n=evaluation, all=self._plan.evaluations)  # fmt: skip
                trial.prune(evaluation, why)
                break
        if trial.state != "running":
            self._over(trial)

    def _over(self, trial: Trial) -> None:
        """Tell the study how it ended, and see whether the search can go on."""
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

    # -- the best ---------------------------------------------------------------------------

    def _finish_best(self) -> None:
        """Report and bundle of the best trial, as any run has them."""
        best = best_of(list(self._rows.values()), self._plan.higher)
        if best is None or best["run"] is None or self._best_run == best["run"]:
            return
        trial = Trial(best["number"], best["params"], self._plan.metric, self._plan.higher)
        try:
            folder = self._folder.run(best["run"])
            if folder.report_data() is not None:
                return
            trial.begin(folder, resume=True, trust=self._trust, finish=True)
        except PaddleLabError as error:
            self.error = error
            return
        self._active[trial.number] = trial
        while trial.state == "running":
            self._hear_at_the_end(trial)
            trial.look()
            self._tell("running", finishing=best["run"])
            time.sleep(_POLL_S)
        self._active.clear()
        if trial.error is not None:
            self.error = trial.error
        elif trial.state == "complete":
            self._best_run = best["run"]

    def _hear_at_the_end(self, trial: Trial) -> None:
        if any(request.ask == "stop" for request in self._requests.poll()):
            self._stopping = True
        if self._stopping:
            trial.abort() if self._aborting else trial.ask_to_leave()

    # -- what is told -----------------------------------------------------------------------

    def _tell(self, state: str, *, last: bool = False, finishing: str | None = None) -> Any:
        """Rewrite ``trials.json`` where something changed, or a second went by."""
        rows = dict(self._rows)
        if finishing is None:
            rows |= {number: trial.to_json() for number, trial in self._active.items()}
        ordered = [rows[number] for number in sorted(rows)]
        mark = (state, finishing, [(row["state"], row["evaluations"]) for row in ordered])
        now = time.monotonic()
        if not last and mark == self._told[0] and now - self._told[1] < _SHOW_EVERY_S:
            return None
        self._told = (mark, now)
        best = best_of(ordered, self._plan.higher)
        content = {
            "state": state,
            "process": ProcessMark.of_this_process().to_json(),
            "seconds": round(self.seconds, 1),
            "trials": ordered,
            "best": None if best is None else best["number"],
            "importance": self._study.importance() if last else None,
            "finishing": finishing,
            "finished": self._best_run,
            "error": None if self.error is None else self.error.to_json(),
            "interrupted": self._interrupted,
        }
        self._folder.keep_trials(content)
        if self._shown is not None:
            self._shown(content)
        return content


def best_of(rows: list[dict[str, Any]], higher: bool) -> dict[str, Any] | None:
    """The row of the best whole trial, the earlier of two that are level; None without one."""
    whole = [row for row in rows if row["state"] == "complete"]
    if not whole:
        return None
    return (max if higher else min)(whole, key=lambda row: row["value"])
