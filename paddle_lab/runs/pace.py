"""One part of a run: how much of it is done, and what a unit of it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: So many seconds of measuring weigh as much as what was expected before.
_TRUST_IN_EARLIER_S: Final = 3.0
_TRUST_IN_GUESS_S: Final = 0.1
#: Time after the first count that tells the pace without what the beginning took; before that, a
#: second is worth so much.
_ENOUGH_S: Final = 0.3
_WORTH_OF_THE_FIRST: Final = 0.1
#: Where the first count is of so many units, the beginning of the first weighs little.
_MANY: Final = 5

#: How much work so many units are.
Work = Callable[[float], float]
#: Seconds of a unit of work of another part by its name, None where nobody knows.
Unit = Callable[[str], float | None]
#: Seconds of a unit of work, worked out from those of other parts.
Like = Callable[[Unit], float | None]


@dataclass
class Part:
    """``units`` of which ``done`` are counted, ``before`` by an earlier process; ``spent`` seconds.

    ``expected``, ``earlier``, ``like`` and ``work`` as in :meth:`JobProgress.plan`.
    """

    name: str
    units: float = 0.0
    expected: float | None = None
    earlier: bool = False
    like: Like | None = None
    work: Work | None = None
    done: float = 0.0
    before: float = 0.0
    spent: float = 0.0
    over: bool = False
    #: Units and seconds at the first count: what is measured from there on has begun already.
    first: tuple[float, float] | None = None

    def count(self, done: float) -> None:
        """So many units are done."""
        if self.first is None and done > self.before:
            self.first = done, self.spent
        self.done = max(self.done, done)

    @property
    def rest(self) -> float:
        """The work that is left."""
        return self._between(self.done, self.units)

    @property
    def paced(self) -> bool:
        """Whether enough was measured for what the beginning took to weigh little."""
        if self.first is None:
            return False
        done, spent = self.first
        further = self.done > done and self.spent - spent > _ENOUGH_S
        many = self.done == done and done - self.before >= _MANY
        return further or many or self.done >= self.units

    def took(self, of: Unit) -> float:
        """Seconds of work behind us, those of an earlier process at the speed of this one."""
        earlier = self._between(0.0, self.before)
        return self.spent + (earlier * (self.unit(of) or 0.0) if earlier else 0.0)

    def measured(self) -> float | None:
        """Seconds a unit of work, where the part has ended or is well under way."""
        done = self.done - self.before
        if self.spent <= 0 or self.units <= 0:
            return None
        if done > 0 and done >= 0.2 * self.units:
            return self._pace()[0]
        if self.over and self.done == 0:
            return self.spent / self._between(0.0, self.units)
        return None

    def unit(self, of: Unit) -> float | None:
        """Seconds a unit of work: what was expected, and ever more of what was measured."""
        expected = self._expected(of)
        if self.done <= self.before:
            return expected
        if self.spent <= 0:
            return expected or 0.0
        measured, seconds = self._pace()
        if expected is None or expected <= 0:
            return measured
        weight = seconds / (seconds + (_TRUST_IN_EARLIER_S if self.earlier else _TRUST_IN_GUESS_S))
        # Of two that differ by a factor the mean is by a factor, too.
        return math.exp(weight * math.log(measured) + (1 - weight) * math.log(expected))

    def _pace(self) -> tuple[float, float]:
        """Seconds a unit of work as measured here, and how long a measure that is worth."""
        if self.first is not None:
            done, spent = self.first
            later, seconds = self._between(done, self.done), self.spent - spent
            # What comes at the end of a part, as reading the answers does, is none of a few units.
            if later >= self._between(self.before, done) and seconds > _ENOUGH_S:
                return seconds / later, seconds
        overall = self.spent / self._between(self.before, self.done)
        return overall, _WORTH_OF_THE_FIRST * self.spent

    def _expected(self, of: Unit) -> float | None:
        if self.earlier or self.like is None:
            return self.expected
        found = self.like(of)
        return self.expected if found is None else found

    def _between(self, first: float, last: float) -> float:
        """The work of the units from ``first`` to ``last``."""
        if self.work is None:
            return last - first
        return self.work(last) - self.work(first)
