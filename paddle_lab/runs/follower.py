"""Follows one run's folder: what is new since the last look. Blocking; called from a thread.

A live view is told of a run in few, small messages whatever the speed of training: a delta holds
the new events (``from`` and ``seq`` are the first and last of them), thinned to its share of the
budget, the new lines of the ``log``, and as ``patch`` what no event carries: a crash, the report.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs.events import Event, EventTail
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.log_tail import LogTail
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.runs.state import LIVE_STATES, RunState
from paddle_lab.runs.thin import thin

Message = dict[str, Any]

DELTA_BYTES: Final = 4096
BACKLOG: Final = 400
_MOST_NEW: Final = 20_000
SECONDS_BETWEEN_CHECKS: Final = 1.0


class RunFollower:
    """Reads a run's folder again and again, folding its events."""

    def __init__(
        self,
        folder: RunFolder,
        *,
        delta_bytes: int = DELTA_BYTES,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.folder = folder
        self._delta_bytes = delta_bytes
        self._clock = clock
        self._begin_again()

    def _begin_again(self) -> None:
        self.state = RunState()
        self._tail = EventTail(self.folder.events_path)
        self._log_tail = LogTail(self.folder.log_path)
        self._backlog: deque[Event] = deque(maxlen=BACKLOG)
        self._checked_at = float("-inf")
        self._thinned = self._begun = False
        self._told = -1

    def poll(self) -> Message | None:
        """A message with what is new, or None. The first is a snapshot.

        Raises RunError when the folder is gone or damaged, UnusableFile when its log is none,
        OSError when it cannot be read.
        """
        self._must_exist()
        if self._tail.is_replaced():  # another log stands in its place
            self._begin_again()
        before = self.state.state
        events = self._fold_new()
        self._check_liveness(bool(events))
        lines = self._log_tail.read()
        ended = any(event["kind"] in ("export", "end") for event in events)
        if not self._begun or (ended and self._thinned):
            self._begun, self._thinned, self._told = True, False, self.state.seq
            return self.snapshot()
        patch: Message = {}
        if self.state.state == "crashed" != before:
            patch = {"state": "crashed", "left_s": None}
        elif not events and before in LIVE_STATES and not self.state.live:
            # A resumption was killed before its first step: no event tells it.
            patch = {"state": self.state.state, "left_s": None, "end": self.state.end}
        if ended:
            patch["report"] = self.folder.report_data()
            patch["no_bundle"] = self.folder.lacks_bundle(self.state.export)
        return self._delta(events, lines, patch)

    def catch_up(self, since: int | None) -> Message | None:
        """What a view that holds everything up to ``since`` lacks: None, a delta or a snapshot."""
        missing = [event for event in self._backlog if since is None or event["seq"] > since]
        known = since is not None and (
            since == self.state.seq or (missing and missing[0]["seq"] == since + 1)
        )
        if not known or not self.state.live:
            return self.snapshot()
        if not missing:
            return None
        delta = {
            "type": "delta",
            "from": missing[0]["seq"],
            "seq": self.state.seq,
            "events": missing,
        }
        return delta if _size(missing) <= 4 * self._delta_bytes else self.snapshot()

    def snapshot(self) -> Message:
        """The whole run as a message."""
        content = snapshot(self.folder, state=self.state)
        return {"type": "snapshot", "seq": self.state.seq, "snapshot": content}

    def _must_exist(self) -> None:
        if not self.folder.info_path.is_file():
            raise RunError(
                T("The run's folder is gone.", "运行目录已不存在。"),
                T("{path}", "{path}", path=self.folder.path),
                code="run.gone",
            )

    def _fold_new(self) -> list[Event]:
        """Take what is new into the state; the last of it, for a message.

        A view that is told of fewer events than there were is told of the whole run at its end.
        """
        new: deque[Event] = deque(maxlen=_MOST_NEW)
        count = 0
        for event in self._tail.events():
            self._backlog.append(event)
            self.state.fold(event)
            new.append(event)
            count += 1
        self.state.passed_over = self._tail.passed_over
        if count > len(new):
            self._begun = False  # nobody has all of them: the next message is a snapshot
        return list(new)

    def _check_liveness(self, heard: bool) -> None:
        """Look whether the process lives, now and then, when nothing was heard of it."""
        moment = self._clock()
        if heard and self._begun:
            self._checked_at = moment
        elif moment - self._checked_at >= SECONDS_BETWEEN_CHECKS:
            self._checked_at = moment
            self.folder.check_liveness(self.state)

    def _delta(self, events: list[Event], lines: list[str], patch: Message) -> Message | None:
        if not events and not lines and not patch:
            return None
        kept = thin(events, self._delta_bytes)
        self._thinned = self._thinned or len(kept) < len(events)
        message: Message = {
            "type": "delta",
            "from": self._told + 1,
            "seq": self.state.seq,
            "events": kept,
        }
        self._told = self.state.seq
        if lines:
            message["log"] = lines
        if patch:
            message["patch"] = patch
        return message


def _size(events: list[Event]) -> int:
    return len(json.dumps(events, ensure_ascii=False).encode("utf-8", errors="replace"))
