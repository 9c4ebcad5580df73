"""The one process that begins the runs that wait: ``python -m paddle_lab.queue.supervisor``.

Whoever adds a run starts it where none works; it ends when nothing waits and nothing is at work.
Nobody signals it: what is asked of it stands in the file of the queue and in the runs' folders.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.queue import store
from paddle_lab.queue.line import Entry, Line
from paddle_lab.queue.slots import share_of, slots_of, visible_gpus
from paddle_lab.runs import ProcessMark, RunFolder
from paddle_lab.runs.requests import RequestWatcher

_POLL_S: Final = 0.25
_LOG: Final = logging.getLogger(__name__)

Begin = Callable[..., Any]


class Supervisor:
    """Begins runs in order, so many at a time. :meth:`step` does what is due now."""

    def __init__(self, begin: Begin | None = None) -> None:
        self._begin = begin if begin is not None else _begin
        self._gpus = visible_gpus()
        self._requests: dict[str, RequestWatcher] = {}
        self._told: dict[str, int] = {}
        self._runs: dict[str, Any] = {}

    def step(self, until_empty: Callable[[], None]) -> bool:
        """Look at requests, ends and free slots; False when the queue is empty.

        ``until_empty`` is called then, while nobody can add a run.
        """
        first: Entry | None = None
        with store.held() as held:
            held.line = self._without_ended(self._without_stopped(held.line))
            slots = slots_of(held.line.slots, self._gpus)
            held.line, first = held.line.begun(slots)
            if held.line.empty:
                until_empty()
                return False
            line = held.line
        if first is not None:
            self._put_to_work(first, slots)
        self._tell_places(line)
        return True

    def _without_stopped(self, line: Line) -> Line:
        """A run that was asked to stop, or removed, leaves the line."""
        for entry in line.waiting:
            folder = RunFolder(Path(entry.folder))
            try:
                if not folder.info_path.is_file() or self._is_stopped(entry, folder):
                    line = line.left(entry.run)
            except (OSError, PaddleLabError) as error:
                _LOG.warning("%s leaves the queue: %s", entry.folder, error)
                line = line.left(entry.run)
        return line

    def _is_stopped(self, entry: Entry, folder: RunFolder) -> bool:
        from paddle_lab.training.standing import record_end

        watcher = self._requests.setdefault(
            entry.run, RequestWatcher(folder.requests_path, since=0)
        )
        if not any(request.ask == "stop" for request in watcher.poll()):
            return False
        record_end(
            folder, "stopped", kept=T("Left the queue before its turn.", "轮到之前离开了队列。")
        )
        return True

    def _without_ended(self, line: Line) -> Line:
        """A run that is over frees its slot; one of a supervisor before this is only looked at."""
        for entry in line.working:
            run = self._runs.get(entry.run)
            if run.working if run is not None else _is_live(entry):
                continue
            self._runs.pop(entry.run, None)
            line = line.left(entry.run)
        return line

    def _put_to_work(self, entry: Entry, slots: int) -> None:
        assert entry.slot is not None
        folder = RunFolder(Path(entry.folder))
        try:
            # A run that says which GPUs it takes chooses among all.
            chosen = folder.spec().gpus is not None
            share = contextlib.nullcontext() if chosen else share_of(entry.slot, slots, self._gpus)
            with share:
                self._runs[entry.run] = self._begin(folder)
        except PaddleLabError as error:  # its folder says it as well
            _LOG.warning("%s could not begin: %s", entry.folder, error)
            with store.held() as held:
                held.line = held.line.left(entry.run)

    def _tell_places(self, line: Line) -> None:
        """Each waiting run's card and row say its place, and that this process has it in hand."""
        mark = ProcessMark.of_this_process().to_json()
        for place, entry in enumerate(line.waiting, 1):
            if self._told.get(entry.run) == place:
                continue
            self._told[entry.run] = place
            detail = T("{nth} in line", "第 {n} 位", nth=_ordinal(place), n=place)
            try:
                with RunFolder(Path(entry.folder)).open_log() as log:
                    log.append("phase", phase="queued", process=mark, place=place,
                               detail=detail.to_json())  # fmt: skip
            except (OSError, PaddleLabError) as error:
                _LOG.warning("%s: its place cannot be told: %s", entry.folder, error)


def main() -> int:
    """Work until the queue is empty; at once over when another supervisor works."""
    mine = store.supervisor_lock(patience_s=1.0)
    if mine is None:
        return 0
    logging.basicConfig(format="%(asctime)s %(message)s")
    supervisor = Supervisor()
    while True:
        try:
            if not supervisor.step(_closing(mine)):
                return 0
        except PaddleLabError as error:  # a disk that is full, a lock that is held: both pass
            _LOG.warning("%s", error)
        time.sleep(_POLL_S)


def _closing(file: IO[bytes]) -> Callable[[], None]:
    """Let the lock go while the queue is held: who adds a run then sees that nobody works."""
    return file.close


def _ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
    return f"{n}{ending}"


def _is_live(entry: Entry) -> bool:
    try:
        return RunFolder(Path(entry.folder)).state().live
    except PaddleLabError:
        return False


def _begin(folder: RunFolder) -> Any:
    from paddle_lab.training.start import begin

    return begin(folder, resume=False, isolate=True)


if __name__ == "__main__":
    sys.exit(main())
