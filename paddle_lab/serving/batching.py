"""Which waiting windows run together: like lengths, the oldest first, and none in vain.

No clock and no event loop of its own: all times are given, in seconds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from paddle_lab.serving.measured import Measured

#: Of the time until its deadline, what a new request may be expected to wait: estimates err.
_HOPED: Final = 0.8
#: Weight of the newest batch in the running estimates.
_NEWEST: Final = 0.1
#: A wait from which on it tells how well waits are estimated, and the most that it may tell.
_TELLING_S: Final = 0.05
_MOST_LONGER: Final = 10.0


@dataclass(frozen=True)
class Limits:
    """What a batch may be: rows, tokens of padding a row may add, seconds to wait for more rows."""

    rows: int
    spare_tokens: int
    wait_s: float = 0.0


@dataclass(eq=False)
class Waiting:
    """One window that waits to be run; ``owner`` is what it is a part of, at ``index``.

    ``expected_s`` is how long it was thought to wait when it came, by what batches cost.
    """

    length: int
    arrived: float
    deadline: float
    owner: object = None
    index: int = 0
    expected_s: float = 0.0
    gone: bool = False


class Batcher:
    """The windows that wait for a free worker."""

    def __init__(self, limits: Limits, measured: Measured, *, most_waiting: int = 4096) -> None:
        self.limits = limits
        self.most_waiting = most_waiting
        self._start_s, self._token_s = measured.start_s, measured.token_s
        #: How much longer those that waited did so than was expected: the machine does more.
        self._longer = 1.0
        self._order: deque[Waiting] = deque()
        self._by_length: dict[int, deque[Waiting]] = {}
        self._count = 0
        self._tokens = 0

    def __len__(self) -> int:
        return self._count

    @property
    def tokens(self) -> int:
        """Tokens of all that wait."""
        return self._tokens

    def add(self, item: Waiting) -> None:
        """One more that waits."""
        self._order.append(item)
        self._by_length.setdefault(item.length, deque()).append(item)
        self._count += 1
        self._tokens += item.length

    def remove(self, item: Waiting) -> None:
        """It need not be run any more; one that does not wait is left alone."""
        if not item.gone:
            item.gone = True
            self._count -= 1
            self._tokens -= item.length

    def expected_s(self, workers: int, windows: int = 0, tokens: int = 0) -> float:
        """How long until all that wait, and so much more, are answered by so many workers.

        By what batches cost, and by how long others waited that were told the same.
        """
        rows = max(1, self.limits.rows)
        batches = (self._count + windows) / rows
        work = batches * self._start_s + (self._tokens + tokens) * self._token_s
        return work * self._longer / max(1, workers)

    def refuses(self, workers: int, windows: int, tokens: int, left_s: float) -> float | None:
        """Seconds after which to try again, where windows would wait in vain; None: they are taken.

        A request into an empty queue is always taken: what it lacks is not a place in the queue.
        """
        if not self._count:
            return None
        expected = self.expected_s(workers, windows, tokens)
        if self._count + windows <= self.most_waiting and expected <= _HOPED * left_s:
            return None
        return self.expected_s(workers)

    def learn(self, rows: int, longest: int, seconds: float) -> None:
        """What a batch really took, beside other work of the machine."""
        cost = max(0.0, seconds - self._start_s) / (rows * longest)
        # A moment in which the machine stood still is not what tokens cost from now on.
        cost = min(cost, 10 * self._token_s)
        self._token_s += _NEWEST * (cost - self._token_s)

    def _learn_of_wait(self, item: Waiting, now: float) -> None:
        waited = now - item.arrived
        if item.expected_s > 0 and max(waited, item.expected_s) >= _TELLING_S:
            longer = self._longer * waited / item.expected_s
            self._longer += _NEWEST * (longer - self._longer)
            self._longer = min(max(self._longer, 1.0), _MOST_LONGER)

    def due_s(self, now: float) -> float | None:
        """Seconds until a batch should be taken, 0 for now; None where nothing waits."""
        oldest = self._oldest()
        if oldest is None:
            return None
        if self._count >= self.limits.rows:
            return 0.0
        return max(0.0, oldest.arrived + self.limits.wait_s - now)

    def take(self, now: float, late: Callable[[Waiting], None] | None = None) -> list[Waiting]:
        """The next batch: the oldest and those that suit it; empty where nothing waits.

        ``late`` is told of each whose deadline has passed: it is not run.
        """
        while (first := self._oldest()) is not None and first.deadline <= now:
            self.remove(first)
            self._learn_of_wait(first, now)
            if late is not None:
                late(first)
        if first is None:
            return []
        self.remove(first)
        self._learn_of_wait(first, now)
        batch, longest = [first], first.length
        for length in self._nearest(first.length):
            while len(batch) < self.limits.rows:
                added = (length - longest) * len(batch) if length > longest else longest - length
                if added > self.limits.spare_tokens:
                    break
                item = self._next_of(length)
                if item is None:
                    break
                self.remove(item)
                if item.deadline <= now:
                    if late is not None:
                        late(item)
                    continue
                batch.append(item)
                longest = max(longest, length)
            if len(batch) >= self.limits.rows:
                break
        return batch

    def _oldest(self) -> Waiting | None:
        while self._order and self._order[0].gone:
            self._order.popleft()
        return self._order[0] if self._order else None

    def _next_of(self, length: int) -> Waiting | None:
        same = self._by_length.get(length)
        while same and same[0].gone:
            same.popleft()
        if not same:
            self._by_length.pop(length, None)
            return None
        return same[0]

    def _nearest(self, length: int) -> list[int]:
        """The lengths that wait, the nearest first, none beyond what padding allows."""
        near = [
            other for other in self._by_length if abs(other - length) <= self.limits.spare_tokens
        ]
        return sorted(near, key=lambda other: (abs(other - length), other))


def whole_seconds(seconds: float) -> int:
    """For Retry-After: at least one."""
    return max(1, math.ceil(min(seconds, 3600.0)))
