"""What people ask of a run reaches all its ranks at the same step.

The leader hears requests at any moment, and holds them back; at each step it says them to all, and
every rank takes them in before that step ends. So all stop, pause and go on together.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from paddle_lab.runs import RunFolder
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.progress import JobProgress
from paddle_lab.runs.requests import Request
from paddle_lab.training.ranks.team import Team
from paddle_lab.training.reporter import Control, Reporter

#: While a run is paused its ranks meet this often, so that none waits long for another.
_PAUSE_S: Final = 0.1
_ABORT: Final = "abort"


class LeadingReporter(Reporter):
    """The reporter of rank 0. ``mark`` is the supervisor's: as long as it lives, the run does."""

    def __init__(
        self,
        folder: RunFolder,
        since: int,
        job: JobProgress,
        mark: ProcessMark | None,
        *,
        finish: bool = True,
    ) -> None:
        self._held: list[Request] | None = None
        self.leaving = False
        super().__init__(folder, Control(finish=finish), since, job)
        self._mark = mark

    def begin(self, phase: str, **fields: Any) -> None:
        """As a run in one process, in the supervisor's name."""
        mark = self._mark if self._mark is not None else ProcessMark.of_this_process()
        self.phase(phase, process=mark.to_json(), **fields)

    def abort(self) -> None:
        """Leave: at once, or where the ranks meet next. For a signal's handler."""
        self.leaving = True
        if self._held is None:
            self.control.abort = True

    def hold(self) -> None:
        """From now on requests wait for :meth:`held`."""
        self._held = []

    def let_go(self) -> None:
        """The others have left: requests act at once again."""
        taken = self._taken()
        self._held = None
        for request in taken:
            self.take_in(request)
        self.control.abort = self.control.abort or self.leaving

    def take_in(self, request: Request) -> None:
        """Hold it back while the ranks train together."""
        if self._held is None:
            super().take_in(request)
        else:
            self._held.append(request)

    def held(self) -> list[list[Any]]:
        """What was asked since the last call, as JSON holds it."""
        asked: list[list[Any]] = [[one.ask, one.when, one.save] for one in self._taken()]
        return [*asked, [_ABORT, "step", True]] if self.leaving else asked

    def _taken(self) -> list[Request]:
        with self._looking:
            taken, self._held = self._held or [], []
        return taken


class FollowingReporter(Reporter):
    """The reporter of the other ranks: it writes nothing, and hears the leader alone."""

    def _open(self, since: int | None) -> None:
        """Nothing: the folder is the leader's."""

    def take_in(self, request: Request) -> None:
        """Nothing: what the leader says comes by :class:`Agreement`."""

    def write(self, kind: str, *, durable: bool = False, **fields: Any) -> None:
        """Nothing: the leader tells it."""

    def look(self, *, now: bool = False) -> None:
        """Nothing: the leader looks."""

    def point_is_due(self) -> bool:
        """Never: the leader draws the curve."""
        return False

    def close(self) -> None:
        """Nothing is open."""


class Agreement:
    """The ranks' meetings: what the leader's reporter holds is taken in by all of them."""

    def __init__(self, team: Team, reporter: Reporter) -> None:
        self._team = team
        self._reporter = reporter
        if team.size > 1:
            reporter.waiting = self._wait
            if isinstance(reporter, LeadingReporter):
                reporter.hold()

    def meet(self) -> None:
        """Wait for the others, and take in what was asked. Raises PeersLost."""
        if self._team.size == 1:
            return
        reporter = self._reporter
        asked = reporter.held() if isinstance(reporter, LeadingReporter) else None
        for ask, when, save in self._team.agree(asked):
            if ask == _ABORT:
                reporter.control.abort = True
            else:
                Reporter.take_in(reporter, Request(ask, when, save=save))

    def part(self) -> None:
        """The training is over: the leader hears for itself again."""
        if isinstance(self._reporter, LeadingReporter):
            self._reporter.let_go()

    def _wait(self) -> None:
        time.sleep(_PAUSE_S if self._team.leads else 0)
        self._reporter.look()
        self.meet()


def log_of(folder: RunFolder, rank: int) -> Path:
    """Where a rank's libraries write: ``log.txt`` for the leader, else ``logs/rank-N.txt``."""
    return folder.log_path if rank == 0 else folder.path / "logs" / f"rank-{rank}.txt"
