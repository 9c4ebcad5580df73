"""The list of runs as every view shows it, read from run folders; unchanged files cost a stat."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs.events import EventTail
from paddle_lab.runs.folder import unreadable
from paddle_lab.runs.registry import Registry, RunRef
from paddle_lab.runs.spec import RunSpec
from paddle_lab.runs.state import RunState
from paddle_lab.runs.summary import RunSummary, summary_of, unreadable_summary
from paddle_lab.untrusted import UnusableFile, reason_of

_LOG: Final = logging.getLogger(__name__)

Mark = tuple[int, int, int]
Marks = tuple[Mark, Mark, Mark]


@dataclass
class _Followed:
    """A run being read: how far, and what was learnt. ``marks`` tell when its files change."""

    ref: RunRef
    tail: EventTail
    marks: Marks | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    spec: RunSpec | None = None
    state: RunState | None = None
    heard: float | None = None
    summary: RunSummary | None = None


class RunSource(Protocol):
    """Where a board takes its runs from: the registry, or the folders of other people."""

    def list(self) -> Sequence[RunRef]:
        """The runs now, newest first; no id stands there twice."""


class RunsBoard:
    """The rows of a source's runs, the newest ``limit`` of them; reads only what changed.

    Without a source they are those of the registry.

    A run whose folder cannot be read is a row that says why, and touches no other row.
    """

    def __init__(self, source: RunSource | None = None, limit: int | None = 200) -> None:
        self._source = source if source is not None else Registry()
        self._limit = limit
        self._followed: dict[str, _Followed] = {}
        #: Runs that the last refresh had no time for.
        self.unread = 0
        # A cancelled task leaves its thread reading; the next one waits for that thread here.
        self._reading = threading.Lock()

    def refresh(self, budget_s: float | None = None) -> list[RunSummary]:
        """All rows, newest run first. Blocking; call from a thread.

        With ``budget_s`` runs that were never read are read for so many seconds; those that are
        left come with a later call, and :attr:`unread` counts them.
        """
        until = None if budget_s is None else time.monotonic() + budget_s
        with self._reading:
            refs = self._source.list()[: self._limit]
            known = {ref.id for ref in refs}
            for gone in set(self._followed) - known:
                del self._followed[gone]
            new = [ref for ref in refs if ref.id not in self._followed]
            self.unread = len(new) - self._read_first(new, until)
            return [self._row(ref) for ref in refs if ref.id in self._followed]

    def _read_first(self, new: Sequence[RunRef], until: float | None) -> int:
        """Read runs that were never read, one at least, until there is no time; how many."""
        for count, ref in enumerate(new):
            if count and until is not None and time.monotonic() >= until:
                return count
            self._row(ref)
        return len(new)

    def _row(self, ref: RunRef) -> RunSummary:
        followed = self._followed.get(ref.id)
        if followed is None or followed.ref != ref:
            followed = _Followed(ref, EventTail(ref.folder.events_path))
            self._followed[ref.id] = followed
        folder = ref.folder
        marks = _mark(folder.info_path), _mark(folder.events_path), _mark(folder.about_path)
        before = followed.summary
        if before is not None and not before.live and marks == followed.marks:
            return _with_bundle_seen(followed, before)
        try:
            summary = _read(followed, marks)
        except RunError as error:
            summary = unreadable_summary(ref, error.why or error.what)
        except Exception as error:
            # Whatever a folder holds that nobody thought of, the other runs stay listed.
            _LOG.exception("%s cannot be listed", ref.id)
            summary = unreadable_summary(ref, T("{error!r}", "{error!r}", error=error))
        followed.summary, followed.marks = summary, marks
        if not summary.live:
            # An ended run needs no curve in memory; should it be resumed it is read again.
            followed.state = None
        return summary


def _read(followed: _Followed, marks: Marks) -> RunSummary:
    """Fold what is new. Raises RunError when the folder cannot be read."""
    ref, before = followed.ref, followed.summary
    known = followed.marks or (None,)
    if followed.spec is None or marks[0] != known[0]:
        followed.spec = None
        followed.info = ref.folder.info()
        followed.spec = RunSpec.from_json(followed.info["spec"])
    if followed.state is None or followed.tail.is_replaced():
        followed.state, followed.tail = RunState(), EventTail(ref.folder.events_path)
        followed.heard = None
    state = followed.state
    changed = before is None or marks != known or state.seq < 0
    if changed:
        _fold(followed, state)
    stood = state.state
    ref.folder.check_liveness(state)
    if before is not None and not changed and state.state == stood:
        return before
    return summary_of(ref, followed.info, followed.spec, state, followed.heard)


def _fold(followed: _Followed, state: RunState) -> None:
    try:
        for event in followed.tail.events():
            state.fold(event)
            # Of one that is watched, by the clock that alerts are made by: it may be set meanwhile.
            followed.heard = event["t"] if followed.summary is None else time.time()
    except (OSError, UnusableFile) as error:
        followed.state = None
        path = followed.ref.folder.path
        raise unreadable(path, "events.jsonl", reason_of(error)) from error


def _with_bundle_seen(followed: _Followed, summary: RunSummary) -> RunSummary:
    """The row of a run that has ended: somebody may have exported it since."""
    if summary.no_bundle and followed.ref.folder.has_bundle():
        followed.summary = summary = replace(summary, no_bundle=False)
    return summary


def _mark(path: Path) -> Mark:
    """Changes whenever the file does, or its permissions."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return (0, 0, 0)
    return (stat.st_ino, stat.st_ctime_ns, stat.st_size)
