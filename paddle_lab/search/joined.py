"""A process that joins a search: it takes trials of the same study until there are no more.

It writes its own file and the folders of its runs, and nothing else; how the search stands, its
report and its bundle are the owner's.
"""

from __future__ import annotations

import time
from typing import Any, Final, Literal

from paddle_lab.errors import RunError
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.others import Owner, OwnFile
from paddle_lab.search.plan import SearchPlan
from paddle_lab.search.study import Study
from paddle_lab.search.worker import Worker

_POLL_S: Final = 0.1
_EVERY_S: Final = 1.0

Why = Literal["no_more", "search_ended", "stopped", "owner_gone", "failed"]


class Joined(Worker):
    """Arguments as :class:`Worker`; ``name`` is the one that the study knows it by."""

    def __init__(
        self, folder: SearchFolder, plan: SearchPlan, study: Study, name: str, **work: Any
    ) -> None:
        super().__init__(folder, plan, study, **work)
        self._file = OwnFile(folder, name)
        self._owner = Owner(folder)
        self._most, self._minutes = plan.trials, plan.minutes
        self._seconds = 0.0
        self._looked = self._heard = float("-inf")
        self._search_ended = False

    def run(self) -> tuple[Why, list[dict[str, Any]]]:
        """Work until no trial is left, the search ends, or somebody stops it.

        Returns why it ended, and how its own trials stand; :attr:`error` is what ended it. Raises
        OSError when the folder takes no files.
        """
        self._file.write([])
        while True:
            self._look()
            self._hear_requests()
            if self._leaving():
                self._let_leave()
            over = len(self._rows)
            self._follow_all()
            if len(self._rows) > over:
                self._looked = float("-inf")  # the owner hears of it at once
            while self._may_begin() and self._begin_new(self._most):
                pass
            if not self._active and not self._may_begin():
                break
            time.sleep(_POLL_S)
        rows = self._sorted()
        self._file.write(rows, left=True)
        return self._why(), rows

    def _leaving(self) -> bool:
        return self._stopping or self._search_ended or self.error is not None

    def _may_begin(self) -> bool:
        return not (self._leaving() or self._full) and len(self._active) < self._plan.jobs

    def _look(self) -> None:
        """Say that it lives, hear the owner, and see which trials are still its own."""
        now = time.monotonic()
        if now - self._looked < _EVERY_S:
            return
        self._looked = now
        self._file.write(self._sorted())
        try:
            content = self._owner.look()
            ours = self._study.ours()
        except RunError as error:
            self.error = self.error or error
            return
        for number, trial in self._active.items():
            if number not in ours:  # the owner took this process for lost
                trial.ask_to_leave()
        limits = content.get("limits") or {}
        self._most = limits.get("trials", self._most)
        self._minutes = limits.get("minutes", self._minutes)
        if self._owner.gone:
            self._search_ended = self._out_of_time(now)
        else:
            self._seconds, self._heard = content["seconds"], now
            self._search_ended = content["state"] != "running" or bool(content.get("leaving"))
        if self._shown is not None:
            self._shown(content)

    def _out_of_time(self, now: float) -> bool:
        """The owner would have said so; with none, it is counted on from its last word."""
        if self._minutes is None:
            return False
        return self._seconds + max(0.0, now - self._heard) >= 60 * self._minutes

    def _why(self) -> Why:
        if self.error is not None:
            return "failed"
        if self._stopping:
            return "stopped"
        if self._owner.gone:
            return "owner_gone"
        return "search_ended" if self._search_ended else "no_more"

    def _sorted(self) -> list[dict[str, Any]]:
        rows = self._own_rows()
        return [rows[number] for number in sorted(rows)]
