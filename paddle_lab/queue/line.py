"""Who comes when: pure functions of what waits and what is at work.

A run joins behind the runs of its round: the first of every notebook or terminal come before the
second of any. So nobody waits for all that another has lined up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from paddle_lab.runs.checks import compiled

_ENTRY: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "run": {"type": "string"},
        "folder": {"type": "string"},
        "origin": {"type": "string"},
        "round": {"type": "integer", "minimum": 0, "maximum": 10**9},
        "slot": {"type": ["integer", "null"]},
    },
    "required": ["run", "folder", "origin", "round", "slot"],
}
CHECK = compiled(
    {
        "type": "object",
        "properties": {
            "slots": {"type": ["integer", "null"]},
            "waiting": {"type": "array", "items": _ENTRY},
            "working": {"type": "array", "items": _ENTRY},
        },
        "required": ["slots", "waiting", "working"],
    }
)


@dataclass(frozen=True)
class Entry:
    """A run in the queue: its id, folder, and where it was begun; ``slot`` once it is at work."""

    run: str
    folder: str
    origin: str
    round: int = 0
    slot: int | None = None


@dataclass(frozen=True)
class Line:
    """``waiting`` in the order in which they begin; ``slots`` None: one for each GPU, or one."""

    slots: int | None = None
    waiting: Sequence[Entry] = field(default_factory=tuple)
    working: Sequence[Entry] = field(default_factory=tuple)

    @property
    def empty(self) -> bool:
        """Whether nothing waits and nothing is at work."""
        return not self.waiting and not self.working

    def joined(self, entry: Entry) -> Line:
        """With one more run, behind those of its round."""
        ahead = sum(one.origin == entry.origin for one in (*self.waiting, *self.working))
        entry = replace(entry, round=ahead)
        place = next(
            (index for index, one in enumerate(self.waiting) if one.round > ahead),
            len(self.waiting),
        )
        waiting = [*self.waiting[:place], entry, *self.waiting[place:]]
        return replace(self, waiting=tuple(waiting))

    def moved_up(self, run: str) -> Line:
        """With a run one place nearer to its turn."""
        place = self.place_of(run)
        if not place or place < 2:
            return self
        waiting = list(self.waiting)
        waiting[place - 2], waiting[place - 1] = waiting[place - 1], waiting[place - 2]
        return replace(self, waiting=tuple(waiting))

    def left(self, run: str) -> Line:
        """Without a run, wherever it was."""
        return replace(
            self,
            waiting=tuple(one for one in self.waiting if one.run != run),
            working=tuple(one for one in self.working if one.run != run),
        )

    def begun(self, slots: int) -> tuple[Line, Entry | None]:
        """With the next run in a free slot of so many; None where there is no run or no slot."""
        taken = {one.slot for one in self.working}
        free = next((slot for slot in range(slots) if slot not in taken), None)
        if free is None or not self.waiting or len(self.working) >= slots:
            return self, None
        first = replace(self.waiting[0], slot=free)
        line = replace(self, waiting=tuple(self.waiting[1:]), working=(*self.working, first))
        return line, first

    def place_of(self, run: str) -> int | None:
        """Its place in line, 1 for the next; None for a run that does not wait."""
        return next((n for n, one in enumerate(self.waiting, 1) if one.run == run), None)

    def to_json(self) -> dict[str, Any]:
        """As the file holds it."""
        return {
            "format": 1,
            "slots": self.slots,
            "waiting": [asdict(one) for one in self.waiting],
            "working": [asdict(one) for one in self.working],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Line:
        """Read what :meth:`to_json` wrote and :data:`CHECK` has passed."""
        names = ("run", "folder", "origin", "round", "slot")

        def entries(part: str) -> tuple[Entry, ...]:
            return tuple(Entry(**{name: one[name] for name in names}) for one in data[part])

        return cls(data["slots"], entries("waiting"), entries("working"))
