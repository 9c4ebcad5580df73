"""The process that a search belongs to: it alone writes ``trials.json`` and finishes the best."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.others import Other, Others, lost
from paddle_lab.search.plan import SearchPlan
from paddle_lab.search.study import Held, Study, Told
from paddle_lab.search.trial import Trial
from paddle_lab.search.worker import Worker

_POLL_S: Final = 0.1
_OVER: Final = ("complete", "pruned", "failed")
_SHOW_EVERY_S: Final = 1.0
_LOOK_AT_OTHERS_S: Final = 1.0
#: So long the others have to stop their trials when the search ends before its trials do.
_OTHERS_LEAVE_S: Final = 60.0


class Engine(Worker):
    """Searches until enough trials were made, time is over, or somebody stops it.

    Arguments as :class:`Worker`; ``finish``: whether report and bundle of the best are made at the
    end.
    """

    def __init__(
        self,
        folder: SearchFolder,
        plan: SearchPlan,
        study: Study,
        *,
        finish: bool = True,
        **work: Any,
    ) -> None:
        super().__init__(folder, plan, study, **work)
        self._finish = finish
        before = folder.trials()
        self._before_s = float(before["seconds"])
        self._began = time.monotonic()
        self._rows = {row["number"]: row for row in before["trials"]}
        self._best_run: Any = before.get("finished")
        self._waiting: list[tuple[int, str, Mapping[str, Any]]] = []
        self._others = Others(folder)
        self._known: dict[str, Other] = {}
        self._theirs = 0
        self._looked = float("-inf")
        self._leaving_since: float | None = None
        self._told: tuple[Any, float] = (None, 0.0)

    def claim(self) -> None:
        """Say that this process works on the search now. Raises OSError."""
        self._write("running")

    def run(self) -> dict[str, Any]:
        """Search until it is over, then make report and bundle of the best; ``trials.json``.

        Never raises for a trial that fails; :attr:`error` is what ended the search.
        """
        self._look_at_others(now=True)
        while True:
            self._hear()
            self._follow_all()
            self._look_at_others()
            while self._may_begin() and self._begin_next():
                pass
            if not self._active and not self._may_begin() and not self._others_at_work():
                break
            self._tell("running")
            time.sleep(_POLL_S)
        for number, _, _ in self._waiting:
            if number in self._rows:
                self._rows[number]["state"] = "stopped"
        self._look_at_others(last=True)
        if self._finish and not self._stopping and self.error is None:
            self._finish_best()
        ended = "failed" if self.error else "stopped" if self._stopping else "finished"
        found: dict[str, Any] = self._tell(ended, last=True)
        return found

    # -- when it goes on --------------------------------------------------------------------

    def _hear(self) -> None:
        self._hear_requests()
        if self._leaving():
            self._let_leave()

    def _leaving(self) -> bool:
        return self._stopping or self.error is not None or self._out_of_time()

    def _may_begin(self) -> bool:
        if self._leaving() or len(self._active) >= self._plan.jobs:
            return False
        return bool(self._waiting) or not self._full

    def _begin_next(self) -> bool:
        if self._waiting:
            self._begin(*self._waiting.pop(0))
            return True
        return self._begin_new(self._plan.trials)

    def _out_of_time(self) -> bool:
        return self._plan.minutes is not None and self.seconds >= 60 * self._plan.minutes

    @property
    def seconds(self) -> float:
        """How long the search has been at work, in all of its processes."""
        return self._before_s + time.monotonic() - self._began

    # -- the others -------------------------------------------------------------------------

    def _look_at_others(self, *, now: bool = False, last: bool = False) -> None:
        """Take in how the trials of those that joined stand, and take up what they have left."""
        moment = time.monotonic()
        if not (now or last) and moment - self._looked < _LOOK_AT_OTHERS_S:
            return
        self._looked = moment
        if self.error is not None or not (now or self._known or self._folder.workers_path.exists()):
            return
        try:
            # First what is not over, then who is there: whoever asks for a trial is there before.
            unfinished = {} if last else self._study.unfinished()
            self._known = self._others.look()
            self._take_in(self._study.told())
            self._take_up(unfinished)
        except RunError as error:
            self.error = error

    def _take_in(self, told: Mapping[int, Told]) -> None:
        """The rows of the others; one that is over stays as it is."""
        for other in self._known.values():
            for row in other.rows:
                number = row["number"]
                if number not in told or told[number].by != other.name:
                    continue
                known = self._rows.get(number)
                if number in self._active or (known and known["state"] in _OVER):
                    continue
                self._rows[number] = row
                if other.fate != "working" and told[number].state in _OVER:
                    # It ended before it could write that down.
                    self._rows[number] = {
                        **row, "state": told[number].state, "value": told[number].value
                    }  # fmt: skip

    def _take_up(self, unfinished: Mapping[int, Held]) -> None:
        """Trials that nobody works on: go on with them, or give them up where that is not sure."""
        self._theirs = 0
        mine = {*self._active, *(number for number, _, _ in self._waiting)}
        for number, held in sorted(unfinished.items()):
            if number in mine:
                continue
            other = self._known.get(held.by or "")
            if other is not None and other.fate == "working":
                self._theirs += 1
                continue
            if other is not None and other.fate == "silent":
                self._give_up(number, held, other)
            elif not self._study.take(number, held.by):
                continue  # it ended meanwhile
            elif held.run is None:
                self._study.fail(number)
            else:
                params = self._rows.get(number, {}).get("params", held.params)
                self._waiting.append((number, held.run, params))

    def _give_up(self, number: int, held: Held, other: Other) -> None:
        if not self._study.fail(number):
            return
        trial = Trial(number, held.params, self._plan.metric, self._plan.higher)
        trial.fail(lost(other.host))
        self._rows[number] = {**trial.to_json(), "run": held.run}

    def _others_at_work(self) -> bool:
        """Whether trials of others are still to come, for as long as those are waited for."""
        if not self._theirs:  # seen a moment ago: another may have begun one since
            self._look_at_others(now=True)
        working = [one for one in self._known.values() if one.fate == "working"]
        if self._leaving():
            self._leaving_since = self._leaving_since or time.monotonic()
            over = time.monotonic() - self._leaving_since > _OTHERS_LEAVE_S
            return bool(working) and not (over or self._aborting)
        written = any(row["state"] == "running" for one in working for row in one.rows)
        return bool(working) and (bool(self._theirs) or written)

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
            self._hear_requests()
            if self._stopping:
                self._let_leave()
            trial.look()
            self._tell("running", finishing=best["run"])
            time.sleep(_POLL_S)
        self._active.clear()
        if trial.error is not None:
            self.error = trial.error
        elif trial.state == "complete":
            self._best_run = best["run"]

    # -- what is told -----------------------------------------------------------------------

    def _tell(self, state: str, *, last: bool = False, finishing: str | None = None) -> Any:
        """Rewrite ``trials.json`` where something changed, or a second went by."""
        rows = dict(self._rows) if finishing is not None else self._own_rows()
        mark = (state, finishing, self._leaving(),
                [(row["state"], row["evaluations"]) for row in rows.values()])  # fmt: skip
        now = time.monotonic()
        if not last and mark == self._told[0] and now - self._told[1] < _SHOW_EVERY_S:
            return None
        self._told = (mark, now)
        if self.error is None and self._taken_over():
            self.error = _taken_over(self._folder)
        if self.error is not None and self.error.code == "run.taken_over":
            return self._folder.trials()  # another process writes it now
        return self._write(state, rows, last=last, finishing=finishing)

    def _write(
        self,
        state: str,
        rows: Mapping[int, dict[str, Any]] | None = None,
        *,
        last: bool = False,
        finishing: str | None = None,
    ) -> dict[str, Any]:
        rows = self._rows if rows is None else rows
        ordered = [rows[number] for number in sorted(rows)]
        if last:  # nobody looks any more
            ordered = [{**row, "state": "stopped"} if row["state"] == "running" else row
                       for row in ordered]  # fmt: skip
        best = best_of(ordered, self._plan.higher)
        content = {
            "state": state,
            "leaving": self._leaving(),
            "limits": {"trials": self._plan.trials, "minutes": self._plan.minutes},
            "process": ProcessMark.of_this_process().to_json(),
            "workers": sorted(one.host for one in self._known.values() if one.fate == "working"),
            "seconds": round(self.seconds, 1),
            "trials": ordered,
            "best": None if best is None else best["number"],
            "importance": self._importance() if last else None,
            "finishing": finishing,
            "finished": self._best_run,
            "error": None if self.error is None else self.error.to_json(),
            "interrupted": self.interrupted,
        }
        self._folder.keep_trials(content)
        if self._shown is not None:
            self._shown(content)
        return content

    def _importance(self) -> dict[str, float] | None:
        try:
            return self._study.importance()
        except RunError as error:
            self.error = self.error or error
            return None

    def _taken_over(self) -> bool:
        """Whether another process took the search for crashed, and goes on with it."""
        try:
            found = ProcessMark.from_json(self._folder.trials().get("process"))
        except RunError:
            return False
        mine = ProcessMark.of_this_process()
        return found is not None and (found.pid, found.host) != (mine.pid, mine.host)


def best_of(rows: list[dict[str, Any]], higher: bool) -> dict[str, Any] | None:
    """The row of the best whole trial, the earlier of two that are level; None without one."""
    ordered = sorted(rows, key=lambda row: row["number"])
    whole = [row for row in ordered if row["state"] == "complete"]
    if not whole:
        return None
    return (max if higher else min)(whole, key=lambda row: row["value"])


def _taken_over(folder: SearchFolder) -> RunError:
    return RunError(
        T("Another process goes on with search {name}.", "另一个进程正在继续搜索 {name}。",
          name=folder.path.name),
        T("It took this one for ended: nothing was heard of it for a while.",
          "它认为本进程已经结束：有一段时间没有收到消息。"),
        T("To work on it together: %ernie_search --join {name}",
          "如需共同进行：%ernie_search --join {name}", name=folder.path.name),
        code="run.taken_over",
    )  # fmt: skip
