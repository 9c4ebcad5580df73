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

Event = dict[str, Any]

_MOST_AHEAD_S: Final = 2 * 86_400.0

KINDS: Final = ("phase", "step", "eval", "checkpoint", "notice", "export", "end")


class EventLog:
    """Appends events to ``events.jsonl``; safe to call from several threads of one process.

    Opening an existing log goes on after its last whole line: a line torn by a crash is cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._next, last = _mend_and_count(path)
        self._clock = _Clock(last)
        self._file = path.open("ab", buffering=0)

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
    """Reads what was appended since the last call; never blocks, never sees half a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0

    def read(self) -> list[Event]:
        """New whole events, oldest first; lines that are not events are passed over."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return []
        if size < self.offset:
            self.offset = 0
        if size == self.offset:
            return []
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                content = file.read()
        except FileNotFoundError:  # the folder was removed just now
            return []
        whole = content.rfind(b"\n") + 1
        self.offset += whole
        return list(parse_events(content[:whole]))


def parse_events(content: bytes) -> Iterator[Event]:
    """The events in ``content``; damaged lines are passed over, unknown kinds are kept."""
    for line in content.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if _is_event(event):
            yield event


def _is_event(line: Any) -> bool:
    """Whether a line of the log has what every event has; ``True`` is no number."""
    if not isinstance(line, dict) or not isinstance(line.get("kind"), str):
        return False
    return type(line.get("seq")) is int and type(line.get("t")) in (int, float)


def read_events(path: Path) -> list[Event]:
    """All events of a log, oldest first; an absent log has none."""
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
    if not path.exists():
        return 0, None
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
    number, moment = -1, None
    for event in parse_events(content[:whole]):
        number, moment = max(number, event["seq"]), float(event["t"])
    return number + 1, moment
