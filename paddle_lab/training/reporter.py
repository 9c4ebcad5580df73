"""From a training loop to events, and from requests to the loop. Knows nothing of paddle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.runs.events import EventLog
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.process import ProcessMark

SECONDS_BETWEEN_POINTS: Final = 0.25
SECONDS_BETWEEN_LOOKS: Final = 0.1


_STOP_ASKED: Final = {
    "step": T("Asked to stop.", "已请求停止。"),
    "epoch": T("Asked to stop after this epoch.", "已请求在本轮结束后停止。"),
}


class Aborted(Exception):
    """The run was told to leave at once, without keeping anything."""


@dataclass
class Control:
    """What people ask of this run, as the loop sees it: one in-memory flag.

    ``save``: whether a stopped run still restores its best weights, reports and exports.
    """

    stop: str | None = None
    save: bool = True
    abort: bool = False
    _paused: threading.Event = field(default_factory=threading.Event)

    def heed(self, ask: str, when: str, *, save: bool = True) -> None:
        """Take one request in. A stop also ends a pause."""
        if ask == "stop":
            self.stop = when if self.stop != "step" else "step"
            self.save = self.save and save
            self._paused.clear()
        elif ask == "pause":
            self._paused.set()
        elif ask == "resume":
            self._paused.clear()

    def raise_if_aborted(self) -> None:
        """Leave the run from wherever this is called, once it is aborted."""
        if self.abort:
            raise Aborted

    @property
    def paused(self) -> bool:
        """Whether the loop should wait."""
        return self._paused.is_set() and self.stop is None and not self.abort


class Reporter:
    """Writes a run's events and keeps its :class:`Control` current.

    A log that cannot be written (full disk) never ends the training: the loss of events is
    remembered and told once the disk takes lines again. ``since`` is the place in the file of
    requests from which on they are heeded; left out, those made from now on.
    """

    def __init__(
        self, folder: RunFolder, control: Control | None = None, since: int | None = None
    ) -> None:
        self.folder = folder
        self.control = control if control is not None else Control()
        self._log: EventLog = folder.open_log()
        self._requests = folder.watch_requests(since)
        self._last_look = self._last_point = 0.0
        self._window = _Window()
        self._lost = 0
        self._also: Callable[[str, Mapping[str, Any]], None] | None = None

    def tell_also(self, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Give ``listener`` the kind and the fields of every event from now on."""
        self._also = listener

    def write(self, kind: str, *, durable: bool = False, **fields: Any) -> None:
        """Append an event; a full disk is survived and counted."""
        try:
            self._log.append(kind, durable=durable, **fields)
        except OSError:
            self._lost += 1
        if self._also is not None:
            self._also(kind, fields)

    @property
    def lost_events(self) -> int:
        """Events that no disk would take."""
        return self._lost

    def phase(self, phase: str, **fields: Any) -> None:
        """Say what the run is doing now."""
        self.write("phase", phase=phase, **fields)

    def begin(self, phase: str, **fields: Any) -> None:
        """The first event of this process: readers learn whom to look for."""
        self.phase(phase, process=ProcessMark.of_this_process().to_json(), **fields)

    def notice(self, level: str, code: str, text: Text) -> None:
        """Tell people something that is not a number."""
        self.write("notice", level=level, code=code, text=text.to_json())

    def look(self, *, now: bool = False) -> None:
        """Look for requests, at most ten times a second."""
        moment = time.monotonic()
        if not now and moment - self._last_look < SECONDS_BETWEEN_LOOKS:
            return
        self._last_look = moment
        for request in self._requests.poll():
            if request.ask == "stop" and self.control.stop is None:
                # Every view of the run learns it, not only the one where it was clicked.
                self.notice("info", "stop-asked", _STOP_ASKED[request.when])
            self.control.heed(request.ask, request.when, save=request.save)

    def wait_while_paused(self) -> None:
        """Hold the loop here while the run is paused; says so in the log, once."""
        if not self.control.paused:
            return
        self.phase("paused")
        paused_at = time.monotonic()
        while self.control.paused:
            time.sleep(0.05)
            self.look()
        self._window.skip(time.monotonic() - paused_at)
        if not self.control.abort:
            self.phase("train")

    def point_is_due(self) -> bool:
        """Whether the loop should work out a point now: the first, then four a second."""
        return time.monotonic() - self._last_point >= SECONDS_BETWEEN_POINTS

    def leave_out(self, seconds: float) -> None:
        """Time since the last point that no step took: an evaluation, a checkpoint."""
        self._window.leave_out(seconds)

    def start_steps(self, step: int, total_steps: int) -> None:
        """Begin to measure speed; ``step`` have been done before."""
        self._window = _Window(step, total_steps)

    def point(self, step: int, epoch: float, loss: float | None, lr: float, samples: int) -> None:
        """Write one point of the curve; ``loss`` is the mean since the last, ``samples`` too."""
        self._last_point = time.monotonic()
        speed, left = self._window.measure(step, samples)
        memory, gpu_memory = memory_now()
        self.write(
            "step",
            step=step,
            epoch=round(epoch, 4),
            loss=loss,
            lr=lr,
            samples_per_s=speed,
            left_s=left,
            memory_mb=memory,
            gpu_memory_mb=gpu_memory,
        )

    def end(self, state: str, step: int, **fields: Any) -> None:
        """The last event, on disk before this returns."""
        self.write("end", durable=True, state=state, step=step, **fields)
        self._log.close()


class _Window:
    """Speed since the last point, and time left from the mean since the start."""

    def __init__(self, step: int = 0, total_steps: int = 0) -> None:
        self._first_step = step
        self._total = total_steps
        self._start = self._last = time.monotonic()

    def skip(self, seconds: float) -> None:
        """Leave a pause out of the measure."""
        self._start += seconds
        self._last += seconds

    def leave_out(self, seconds: float) -> None:
        """Keep it out of the speed; the time left has such work ahead of it too."""
        self._last += seconds

    def measure(self, step: int, samples: int) -> tuple[float | None, float | None]:
        moment = time.monotonic()
        elapsed, whole = moment - self._last, moment - self._start
        self._last = moment
        done = step - self._first_step
        speed = round(samples / elapsed, 2) if elapsed > 0 else None
        left = round(whole / done * max(0, self._total - step), 1) if done > 0 else None
        return speed, left


def memory_now() -> tuple[float | None, float | None]:
    """Resident memory of this process and, where paddle runs on one, memory of its GPU, in MB."""
    import sys

    import psutil

    resident = psutil.Process().memory_info().rss / 2**20
    paddle = sys.modules.get("paddle")
    gpu = None
    if paddle is not None and paddle.device.is_compiled_with_cuda():
        place = str(paddle.device.get_device())
        if place.startswith("gpu"):
            gpu = paddle.device.cuda.memory_reserved() / 2**20
    return round(resident, 1), None if gpu is None else round(gpu, 1)
