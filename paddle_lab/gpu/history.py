"""The past, kept by the server: 15 minutes each second, 6 hours each 15 seconds, in few bytes."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Mapping
from typing import Any, Final, Literal

Range = Literal["15m", "6h"]
SPANS: Final[tuple[Range, ...]] = ("15m", "6h")

FINE_STEP_S: Final = 1
FINE_SLOTS: Final = 900
COARSE_STEP_S: Final = 15
COARSE_SLOTS: Final = 1440
_NO_PERCENT: Final = 255
_NO_MIB: Final = 0xFFFFFFFF


class Ring:
    """One value in each slot of time: ``busy`` percent (mean) and ``used`` MiB (highest).

    A slot nobody looked in stays empty; the past is never stretched over a gap.
    """

    def __init__(self, step_s: int, slots: int) -> None:
        self.step_s = step_s
        self.slots = slots
        self._busy = array("B", [_NO_PERCENT]) * slots
        self._used = array("I", [_NO_MIB]) * slots
        self._last = -1
        self._weight = 0
        self._sum = 0

    def add(self, t: float, busy: int | None, used: int | None) -> None:
        """Take a value at ``t`` (seconds since the epoch); earlier slots are not changed."""
        slot = int(t // self.step_s)
        if slot < self._last:
            return
        self._clear_between(slot)
        position = slot % self.slots
        if busy is not None:
            self._weight += 1
            self._sum += busy
            self._busy[position] = round(self._sum / self._weight)
        if used is not None:
            before = self._used[position]
            self._used[position] = used if before == _NO_MIB else max(before, used)

    def move(self, seconds: int) -> None:
        """The clock was set by so many seconds, a multiple of ``step_s``: the past moves along."""
        slots = seconds // self.step_s
        turn = -slots % self.slots
        self._busy = self._busy[turn:] + self._busy[:turn]
        self._used = self._used[turn:] + self._used[:turn]
        if self._last >= 0:
            self._last += slots

    def _clear_between(self, slot: int) -> None:
        if slot == self._last:
            return
        first = max(self._last + 1, slot - self.slots + 1)
        for passed in range(first, slot + 1):
            self._busy[passed % self.slots] = _NO_PERCENT
            self._used[passed % self.slots] = _NO_MIB
        self._last, self._weight, self._sum = slot, 0, 0

    def window(self, now: float, points: int) -> tuple[list[int | None], list[int | None]]:
        """``busy`` and ``used`` in ``points`` equal parts that end at ``now``, oldest first."""
        end = int(now // self.step_s)
        width = max(1, self.slots // points)
        # Parts begin at multiples of their width, so that the past does not shiver as time passes.
        last_part = end // width
        busy: list[int | None] = []
        used: list[int | None] = []
        for part in range(last_part - points + 1, last_part + 1):
            inside = [
                slot % self.slots
                for slot in range(part * width, (part + 1) * width)
                if end - self.slots < slot <= min(end, self._last)
            ]
            shares = [self._busy[i] for i in inside if self._busy[i] != _NO_PERCENT]
            amounts = [self._used[i] for i in inside if self._used[i] != _NO_MIB]
            busy.append(round(sum(shares) / len(shares)) if shares else None)
            used.append(max(amounts) if amounts else None)
        return busy, used

    def is_over(self, now: float) -> bool:
        """Whether all that was put in lies further back than the ring reaches."""
        return int(now // self.step_s) - self._last >= self.slots

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._busy.itemsize * self.slots + self._used.itemsize * self.slots


class History:
    """Rings of every GPU (by uuid) and of the host. Written by the sampler, read by any thread."""

    def __init__(self) -> None:
        self._rings: dict[str, dict[Range, Ring]] = {}
        self._lock = threading.Lock()

    def add(self, t: float, values: Mapping[str, tuple[int | None, int | None]]) -> None:
        """Take ``{track: (busy percent, used MiB)}`` at ``t``; a track is a uuid or ``host``."""
        with self._lock:
            for track, (busy, used) in values.items():
                rings = self._rings.get(track)
                if rings is None:
                    self._forget(t)
                    rings = self._rings[track] = {
                        "15m": Ring(FINE_STEP_S, FINE_SLOTS),
                        "6h": Ring(COARSE_STEP_S, COARSE_SLOTS),
                    }
                for ring in rings.values():
                    ring.add(t, busy, used)

    def move(self, seconds: int) -> None:
        """The clock was set by so many seconds, a multiple of 15: the past moves along."""
        with self._lock:
            for rings in self._rings.values():
                for ring in rings.values():
                    ring.move(seconds)

    def _forget(self, now: float) -> None:
        """Drop GPUs that are gone: else each change of simulated ones would stay for good."""
        for track in [t for t, rings in self._rings.items() if rings["6h"].is_over(now)]:
            del self._rings[track]

    def window(self, span: Range, now: float, points: int) -> dict[str, Any]:
        """``{"step", "end", "tracks": {track: {"busy": [...], "used": [...]}}}``, oldest first.

        ``step`` seconds a point; ``end`` the time at which the last point begins.
        """
        step, slots = (FINE_STEP_S, FINE_SLOTS) if span == "15m" else (COARSE_STEP_S, COARSE_SLOTS)
        width = max(1, slots // points) * step
        with self._lock:
            tracks = {}
            for track, rings in self._rings.items():
                if rings[span].is_over(now):
                    continue
                busy, used = rings[span].window(now, points)
                tracks[track] = {"busy": busy, "used": used}
        return {"step": width, "end": int(now // width) * width, "tracks": tracks}

    @property
    def size(self) -> int:
        """Bytes held in all rings."""
        with self._lock:
            return sum(ring.size for rings in self._rings.values() for ring in rings.values())
