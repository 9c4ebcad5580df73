"""How far a run is, and how long it still takes: one estimate, which the events carry to all views.

A run is a row of parts (loading, training, evaluating, ..., proof), each of so many units. What a
unit takes is measured in this run; before there is a measure it is taken from an earlier run on
this machine, from other parts (an evaluation by the training), or from a stated guess.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from paddle_lab.runs.pace import Like, Part, Work

#: The share never seems whole before the end, nor more than this while its largest part is guessed.
_MOST: Final = 0.99
_MOST_GUESSED: Final = 0.1
#: A part that takes longer than expected is said to take at least this share of it once more.
_LEAST_LEFT: Final = 0.15


@dataclass(frozen=True)
class Standing:
    """``share`` of the work that is done, 0 to 1; ``left_s``, None while nobody can say."""

    share: float | None
    left_s: float | None


class JobProgress:
    """The parts of one run in their order. Safe to use from several threads.

    ``loop`` names parts that take turns until a part behind them begins; a part behind ends all
    before it. ``main`` is the part by which the time left is known: until its pace has been
    measured, here or in an earlier run, there is none.
    """

    def __init__(
        self,
        parts: Iterable[str] = ("train",),
        *,
        main: str = "train",
        loop: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = {name: Part(name) for name in parts}
        self._order = list(self._parts)
        self._main = main
        self._loop = frozenset(loop)
        self._clock = clock
        self._now: Part | None = None
        self._at_entry = 0.0
        self._counted_at = clock()
        self._share = 0.0
        self._lock = threading.RLock()

    def plan(
        self,
        name: str,
        units: float,
        *,
        expected: float | None = None,
        earlier: bool = False,
        like: Like | None = None,
        work: Work | None = None,
    ) -> None:
        """A part has so many units, ``expected`` to take so many seconds each.

        ``earlier``: that was measured in an earlier run. ``like`` works it out from what a unit of
        other parts takes. ``work``: units are not alike; so many of them are so much work, and the
        seconds are those of a unit of work. What is left out stays as it was. A part of no units
        takes no time; one that this run has not is passed over.
        """
        with self._lock:
            part = self._parts.get(name)
            if part is None:
                return
            part.units = max(part.done, units)
            part.work = work or part.work
            if expected is not None or like is not None:
                part.expected, part.earlier, part.like = expected, earlier, like

    def enter(self, name: str) -> None:
        """A part begins, or goes on. What is no part, a pause say, is no work: its time is not."""
        with self._lock:
            self._settle()
            part = self._parts.get(name)
            if part is None:
                self._now = None
                return
            self._now, self._at_entry = part, part.done
            for other in self._order[: self._order.index(name)]:
                if not (name in self._loop and other in self._loop):
                    self._parts[other].over = True

    def count(self, done: float) -> None:
        """So many units of the current part are done."""
        with self._lock:
            self._settle()
            if self._now is not None:
                self._now.count(done)

    def count_here(self, done: float) -> None:
        """So many units of the current part are done since it was entered."""
        with self._lock:
            self.count(self._at_entry + done)

    def did_before(self, name: str, units: float) -> None:
        """An earlier process did so many units of a part, which are among those it has."""
        with self._lock:
            part = self._parts.get(name)
            if part is not None:
                part.done = part.before = units

    def cut(self, name: str, units: float) -> None:
        """A part ends after so many units, earlier than it was planned to."""
        with self._lock:
            part = self._parts.get(name)
            if part is not None:
                part.units = min(part.units, max(part.done, units))

    def drop(self, *names: str) -> None:
        """These parts will not come."""
        for name in names:
            self.cut(name, 0)

    def finish(self) -> None:
        """The current part is over, and with it the job."""
        with self._lock:
            self._settle()
            if self._now is not None:
                self._now.over = True

    def skip(self, seconds: float) -> None:
        """The last ``seconds`` were no work: the process stood still."""
        with self._lock:
            self._counted_at += seconds

    def now(self) -> Standing:
        """Where the run stands; the share never falls."""
        with self._lock:
            self._settle()
            left = self._left()
            done = sum(part.took(self._unit) for part in self._parts.values())
            if left is not None and done + left > 0:
                known = self._is_known()
                most = _MOST if known else _MOST_GUESSED
                self._share = max(self._share, min(most, done / (done + left)))
            sure = left is not None and self._is_known()
            return Standing(
                round(self._share, 4) if self._now is not None else None,
                round(left or 0.0, 1) if sure else None,
            )

    def measured(self) -> dict[str, float]:
        """Seconds a unit of work of each part that has ended or is well under way."""
        with self._lock:
            self._settle()
            found = {part.name: part.measured() for part in self._parts.values()}
            return {name: seconds for name, seconds in found.items() if seconds is not None}

    def _settle(self) -> None:
        """Give the time since the last look to the current part."""
        moment = self._clock()
        if self._now is not None:
            self._now.spent += max(0.0, moment - self._counted_at)
        self._counted_at = max(moment, self._counted_at)

    def _left(self) -> float | None:
        lefts = [self._left_of(part) for part in self._parts.values()]
        return None if None in lefts else sum(one for one in lefts if one is not None)

    def _left_of(self, part: Part) -> float | None:
        if part.over or part.rest <= 0:
            return 0.0
        unit = part.unit(self._unit)
        if unit is None:
            return None
        if part is self._now and part.done == part.before:
            # Nothing of it was counted: what was expected, less what was spent, and always some.
            return max(part.rest * unit - part.spent, _LEAST_LEFT * part.spent)
        return part.rest * unit

    def _unit(self, name: str) -> float | None:
        """Seconds a unit of another part, as far as anybody knows."""
        part = self._parts.get(name)
        return None if part is None else part.unit(self._unit)

    def _is_known(self) -> bool:
        main = self._parts[self._main]
        return main.over or main.units <= 0 or main.earlier or main.paced
