"""The run's log: one JSON object a line, the only source of truth for every view.

Every event carries ``seq`` (rises by one), ``t`` (seconds since the epoch, never less than before,
whatever becomes of the machine's clock) and ``kind``.
The fields of each kind stand in ``schema.json`` beside this file. Numbers are finite or null.
"""

from __future__ import annotations

import errno
import json
import math
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from paddle_lab.runs.checks import check_of, closed_check_of
from paddle_lab.runs.lines import LineTail
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_to_append, parse_json

Event = dict[str, Any]

_MOST_AHEAD_S: Final = 2 * 86_400.0

KINDS: Final = (
    "phase", "step", "progress", "eval", "checkpoint", "notice", "asked", "export", "end",
)  # fmt: skip
#: A larger log is not read: some 1.3 million steps.
LARGEST_LOG: Final = 256 * MEGABYTE
#: A longer line is no event.
LONGEST_LINE: Final = MEGABYTE // 4
#: More lines than these that are no events, and the log is none.
MOST_DAMAGED: Final = 10_000
#: Kinds of which a view needs only the newest, or a few.
PASSING: Final = ("step", "progress")
#: Other events are kept whole; a log with more bytes of them is not read.
MOST_SPOKEN: Final = 16 * MEGABYTE

_DEFINITIONS: Final = {kind: f"{kind.capitalize()}Event" for kind in KINDS}


class EventLog:
    """Appends events to ``events.jsonl``; safe to call from several threads of one process.

    Opening an existing log goes on after its last whole line: a line torn by a crash is cut off.
    Raises UnusableFile when it is no regular file or too large, OSError when it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._next, last = _mend_and_count(path)
        self._clock = _Clock(last)
        self._file = os.fdopen(open_to_append(path), "ab", buffering=0)

    def append(self, kind: str, *, durable: bool = False, **fields: Any) -> Event:
        """Write one event and return it; ``durable`` also waits for the disk.

        Raises OSError when the disk is full: the caller decides what a lost event means.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown event kind {kind!r}")
        with self._lock:
            event: Event = {
                "seq": self._next,
                "t": round(self._clock.now(), 3),
                "kind": kind,
                **finite(fields),
            }
            line = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            self._write(line.encode("utf-8") + b"\n")
            self._next += 1
            if durable:
                os.fsync(self._file.fileno())
        return event

    def _write(self, line: bytes) -> None:
        """One unbuffered write; when the disk is full, no part of the line stays behind."""
        start = os.fstat(self._file.fileno()).st_size
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        except OSError:
            os.truncate(self.path, start)
            raise

    def close(self) -> None:
        """Close the file; the log can be opened again."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Clock:
    """The time of day when it was made, from then on by a clock that nobody sets.

    It goes on from ``last``, the time of the last event: one that lies ahead by more than a change
    of the clock explains is not believed.
    """

    def __init__(self, last: float | None) -> None:
        began = time.time()
        if last is not None and began < last < began + _MOST_AHEAD_S:
            began = last
        self._offset = began - _steady()

    def now(self) -> float:
        return self._offset + _steady()


def _steady() -> float:
    """Seconds of a clock that nobody sets; on Linux it also counts while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class EventTail:
    """Reads what was appended since the last call; never blocks, never sees half a line.

    However the log was made, no more is held than one chunk and one line, and no more is read than
    :data:`LARGEST_LOG`. Lines that are no events are passed over, and counted.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self._lines = LineTail(path, LONGEST_LINE, offset, largest=LARGEST_LOG)
        self._refused = 0
        self._spoken = 0

    @property
    def offset(self) -> int:
        """How far the log was read, in bytes."""
        return self._lines.offset

    @property
    def whole(self) -> int:
        """Where the last whole line ends, in bytes."""
        return self._lines.whole

    @property
    def passed_over(self) -> int:
        """Lines that were no events."""
        return self._refused + self._lines.passed_over

    def is_replaced(self) -> bool:
        """Whether the log is shorter than what was read of it: another stands in its place."""
        try:
            return self.path.stat().st_size < self.offset
        except OSError:
            return False

    def events(self) -> Iterator[Event]:
        """New whole events, oldest first, one at a time; an absent log has none.

        Raises UnusableFile for what is no log of a run (see the limits above), OSError when it
        cannot be read.
        """
        for line in self._lines.lines():
            event = parse_event(line)
            if event is None:
                self._refused += 1
                if self.passed_over > MOST_DAMAGED:
                    raise UnusableFile(f"more than {MOST_DAMAGED} lines are not valid events")
                continue
            if event["kind"] not in PASSING:
                self._spoken += len(line)
                if self._spoken > MOST_SPOKEN:
                    raise UnusableFile(
                        f"it is larger than {MOST_SPOKEN // MEGABYTE} MB without its steps"
                    )
            yield event

    def read(self) -> list[Event]:
        """:meth:`events` as a list: for a log that is short, or read from near its end."""
        return list(self.events())


def parse_event(line: bytes) -> Event | None:
    """The event in a line, as ``schema.json`` has it, or None; unknown kinds are kept."""
    try:
        event = json.loads(line.decode("utf-8"))
        # Almost every line is a step: all that it holds is checked here, without a second look.
        if closed_check_of("StepEvent")(event) is None:
            step: Event = event
            return step
        event = parse_json(line)
    except (ValueError, RecursionError):
        return None
    if check_of("AnyEvent")(event) is not None:
        return None
    name = _DEFINITIONS.get(event["kind"])
    return event if name is None or check_of(name)(event) is None else None


def read_events(path: Path) -> list[Event]:
    """All events of a log, oldest first; an absent log has none. Raises as :class:`EventTail`."""
    return EventTail(path).read()


def finite(value: Any) -> Any:
    """``value`` with NaN and infinities as None, numpy scalars as Python's: what JSON can hold."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _mend_and_count(path: Path) -> tuple[int, float | None]:
    """Cut a torn last line off; the next sequence number, and the time of the last event."""
    number, moment = -1, None
    tail = EventTail(path)
    for event in tail.events():
        number, moment = max(number, event["seq"]), float(event["t"])
    if path.exists() and tail.whole < path.stat().st_size:
        os.truncate(path, tail.whole)
    return number + 1, moment
