"""From a training loop to events, and from requests to the loop. Knows nothing of paddle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.runs.events import EventLog
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.reserve import Reserve

SECONDS_BETWEEN_POINTS: Final = 0.25
SECONDS_BETWEEN_LOOKS: Final = 0.1
SECONDS_BETWEEN_TRIES: Final = 5.0
_STANDSTILL_S: Final = 2.0

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

    def apply(self, ask: str, when: str, *, save: bool = True) -> None:
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

    A log that cannot be written (full disk) never ends the training: points of the curve are left
    out, which is told once, and what else there is to tell goes into space that was kept back for
    it. ``since`` is the offset in the file of requests from which on they count; left out,
    those made from now on.
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
        self._reserve = Reserve(folder.reserve_path)
        self._reserve.hold()
        self._full_since: float | None = None
        self._also: Callable[[str, Mapping[str, Any]], None] | None = None

    def add_listener(self, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Give ``listener`` the kind and the fields of every event from now on."""
        self._also = listener

    def write(self, kind: str, *, durable: bool = False, **fields: Any) -> None:
        """Append an event; a full disk is survived and counted."""
        if self._full_since is None or kind != "step" or self._has_space_again():
            self._append(kind, durable, fields)
        else:
            self._lost += 1
        if self._also is not None:
            self._also(kind, fields)

    def _append(self, kind: str, durable: bool, fields: Mapping[str, Any]) -> None:
        try:
            self._log.append(kind, durable=durable, **fields)
            return
        except OSError as error:
            if self._full_since is None:
                self._reserve.release()
                self._full_since = time.monotonic()
                self._tell_of_loss(error)
                if kind != "step":
                    self._append(kind, durable, fields)
                    return
        self._lost += 1

    def _tell_of_loss(self, error: OSError) -> None:
        text = _events_lost(error).to_json()
        self._append("notice", False, {"level": "warning", "code": "events-lost", "text": text})

    def _has_space_again(self) -> bool:
        """Whether a full disk takes points again; looked at now and then."""
        moment = time.monotonic()
        if self._full_since is None or moment - self._full_since < SECONDS_BETWEEN_TRIES:
            return self._full_since is None
        self._full_since = moment
        if not self._reserve.hold():
            return False
        self._full_since = None
        self.notice("info", "events-again", _events_again(self._lost))
        return True

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
        try:
            requests = self._requests.poll()
        except OSError:
            # A disk that answers no more must not end the training: the next look tries again.
            return
        for request in requests:
            if request.ask == "stop" and self.control.stop is None:
                # Every view of the run learns it, not only the one where it was clicked.
                self.notice("info", "stop-asked", _STOP_ASKED[request.when])
            self.control.apply(request.ask, request.when, save=request.save)

    def wait_while_paused(self) -> None:
        """Hold the loop here while the run is paused; says so in the log, once."""
        if not self.control.paused:
            return
        self.phase("paused")
        paused_at = time.monotonic()
        while self.control.paused:
            time.sleep(0.05)
            self.look()
            if not os.path.lexists(self.folder.path):
                # Nobody can ask it to go on any more.
                self.control.apply("resume", "step")
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
        self.close()

    def close(self) -> None:
        """Close the log; nothing is written after it."""
        self._log.close()
        self._reserve.release()


def _events_lost(error: OSError) -> Text:
    return T(
        "The run's folder cannot be written any more ({error}): the curve has a gap from here on. "
        "Training goes on; free some space.",
        "运行目录无法继续写入（{error}）：曲线从此处开始缺失。训练继续进行；请释放磁盘空间。",
        error=error.strerror or error,
    )


def _events_again(lost: int) -> Text:
    return T(
        "The run's folder takes lines again; {n} events were lost.",
        "运行目录又可以写入；丢失了 {n} 个事件。",
        n=lost,
    )


class _Window:
    """Speed since the last point, and time left from the mean since the start.

    A process that was stopped (SIGSTOP) or swapped out does not notice: one stretch that took far
    longer than those before is measured as they were.
    """

    def __init__(self, step: int = 0, total_steps: int = 0) -> None:
        self._first_step = self._last_step = step
        self._total = total_steps
        self._start = self._last = time.monotonic()
        self._stood_still = False

    def skip(self, seconds: float) -> None:
        """Leave a pause out of the measure."""
        self._start += seconds
        self._last += seconds

    def leave_out(self, seconds: float) -> None:
        """Keep it out of the speed; the time left has such work ahead of it too."""
        self._last += seconds

    def measure(self, step: int, samples: int) -> tuple[float | None, float | None]:
        moment = time.monotonic()
        self._leave_out_standstill(moment, step)
        elapsed, whole = moment - self._last, moment - self._start
        self._last, self._last_step = moment, step
        done = step - self._first_step
        speed = round(samples / elapsed, 2) if elapsed > 0 else None
        left = round(whole / done * max(0, self._total - step), 1) if done > 0 else None
        return speed, left

    def _leave_out_standstill(self, moment: float, step: int) -> None:
        before = self._last_step - self._first_step
        if before <= 0:
            return
        usual = (self._last - self._start) / before * (step - self._last_step)
        surplus = (moment - self._last) - usual
        # Twice in a row is no standstill any more: the machine has become slow.
        self._stood_still = not self._stood_still and surplus > _STANDSTILL_S + 10 * usual
        if self._stood_still:
            self.skip(surplus)


def memory_now() -> tuple[float | None, float | None]:
    """Resident memory of this process and, where paddle runs on one, memory of its GPU, in MB."""
    import sys

    import psutil

    resident = psutil.Process().memory_info().rss / 2**20
    paddle = sys.modules.get("paddle")
    gpu = None
    if paddle is not None and paddle.device.is_compiled_with_cuda():
        device = str(paddle.device.get_device())
        if device.startswith("gpu"):
            gpu = paddle.device.cuda.memory_reserved() / 2**20
    return round(resident, 1), None if gpu is None else round(gpu, 1)
