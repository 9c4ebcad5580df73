"""From a training loop to events, and from requests to the loop. Knows nothing of paddle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.runs.events import PASSING, EventLog
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.progress import JobProgress
from paddle_lab.runs.requests import Request
from paddle_lab.runs.reserve import Reserve
from paddle_lab.training.heartbeat import Heartbeat
from paddle_lab.training.speed import Speed, memory_now

SECONDS_BETWEEN_POINTS: Final = 0.25
SECONDS_BETWEEN_LOOKS: Final = 0.1
SECONDS_BETWEEN_TRIES: Final = 5.0
#: A run that tells nothing else tells this often how far it is.
SECONDS_BETWEEN_TELLINGS: Final = 1.0

_STOP_ASKED: Final = {
    "step": T("Asked to stop.", "已请求停止。"),
    "epoch": T("Asked to stop after this epoch.", "已请求在本轮结束后停止。"),
}


class Aborted(Exception):
    """The run was told to leave at once, without keeping anything."""


class Discarded(Aborted):
    """The run was told to stop and to make nothing more: what is on the disk stays."""


@dataclass
class Control:
    """What people ask of this run, as the loop sees it: one in-memory flag.

    ``save``: whether a stopped run still restores its best weights, reports and exports.
    ``finish``: whether one that is trained reports and exports now.
    """

    stop: str | None = None
    save: bool = True
    finish: bool = True
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

    def raise_if_left(self) -> None:
        """As :meth:`raise_if_aborted`, and Discarded where what follows is not wanted any more."""
        self.raise_if_aborted()
        if not self.save:
            raise Discarded

    @property
    def paused(self) -> bool:
        """Whether the loop should wait."""
        return self._paused.is_set() and self.stop is None and not self.abort


class Reporter:
    """Writes a run's events and keeps its :class:`Control` current.

    A log that cannot be written (full disk) never ends the training: points of the curve are left
    out, which is told once, and what else there is to tell goes into space that was kept back for
    it. ``since`` is the offset in the file of requests from which on they count; left out,
    those made from now on. ``job`` knows the parts of the run: points and phases carry how far it
    is.
    """

    def __init__(
        self,
        folder: RunFolder,
        control: Control | None = None,
        since: int | None = None,
        job: JobProgress | None = None,
    ) -> None:
        self.folder = folder
        self.control = control if control is not None else Control()
        self.waiting: Callable[[], None] = self._wait
        """What a paused run does until it is asked again whether it still is."""
        self._open(since)
        self.job = job if job is not None else JobProgress(clock=_clock)
        self._last_look = self._last_point = self._last_told = 0.0
        self._speed = self._new_speed(0)
        self._looking = threading.Lock()
        self._telling = threading.RLock()
        self._beat: Heartbeat | None = None
        self._stop_heard = False
        self._over = False
        self._lost = 0
        self._full_since: float | None = None
        self._also: Callable[[str, Mapping[str, Any]], None] | None = None

    def _open(self, since: int | None) -> None:
        """Take the run's folder: its log, its requests, the space that is kept back."""
        self._log: EventLog = self.folder.open_log()
        self._requests = self.folder.watch_requests(since)
        self._reserve = Reserve(self.folder.reserve_path)
        self._reserve.hold()

    def add_listener(self, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Give ``listener`` the kind and the fields of every event from now on."""
        self._also = listener

    def write(self, kind: str, *, durable: bool = False, **fields: Any) -> None:
        """Append an event; a full disk is survived and counted."""
        with self._telling:
            # What beats beside the run says nothing after its end.
            self._over = self._over or kind == "end"
            if self._full_since is None or kind not in PASSING or self._has_space_again():
                self._append(kind, durable, fields)
            else:
                self._lost += 1
        if self._also is not None:
            self._also(kind, fields)

    def beat(self) -> None:
        """From now on hear requests and tell the progress also while nobody calls."""
        self._beat = Heartbeat(self._on_beat)

    def _on_beat(self) -> None:
        self.look()
        moment = time.monotonic()
        with self._telling:
            due = moment - self._last_told >= SECONDS_BETWEEN_TELLINGS
            if due and not self._over and not self.control.paused:
                self._tell_progress({})

    def count(self, done: int, total: int, share: float = 1.0) -> None:
        """So much of the current phase is done: told, but not too often.

        All that is counted is ``share`` of the phase's time.
        """
        self.job.count_here(done * share)
        if done >= total or time.monotonic() - self._last_told >= SECONDS_BETWEEN_POINTS:
            self._tell_progress({"done": done, "total": total})

    def tell(self, done: int, total: int) -> None:
        """So much of the current phase is done, which says nothing of the time it takes."""
        self._tell_progress({"done": done, "total": total})

    def _tell_progress(self, counted: Mapping[str, Any]) -> None:
        standing = self._standing()
        if standing:
            self.write("progress", **standing, **counted)

    def _standing(self) -> dict[str, Any]:
        """How far the run is, as events carry it; nothing where nobody can say."""
        self._last_told = time.monotonic()
        now = self.job.now()
        return {} if now.share is None else {"share": now.share, "left_s": now.left_s}

    def _append(self, kind: str, durable: bool, fields: Mapping[str, Any]) -> None:
        try:
            self._log.append(kind, durable=durable, **fields)
            return
        except OSError as error:
            if self._full_since is None:
                self._reserve.release()
                self._full_since = time.monotonic()
                self._tell_of_loss(error)
                if kind not in PASSING:
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
        self.job.enter(phase)
        self.write("phase", phase=phase, **self._standing(), **fields)

    def begin(self, phase: str, **fields: Any) -> None:
        """The first event of this process: readers learn whom to look for."""
        self.phase(phase, process=ProcessMark.of_this_process().to_json(), **fields)

    def notice(self, level: str, code: str, text: Text) -> None:
        """Tell people something that is not a number."""
        self.write("notice", level=level, code=code, text=text.to_json())

    def look(self, *, now: bool = False) -> None:
        """Look for requests, at most ten times a second; heard by whichever thread looks first."""
        moment = time.monotonic()
        if not now and moment - self._last_look < SECONDS_BETWEEN_LOOKS:
            return
        self._last_look = moment
        with self._looking:
            self._hear()

    def _hear(self) -> None:
        try:
            requests = self._requests.poll()
        except OSError:
            # A disk that answers no more must not end the training: the next look tries again.
            return
        for request in requests:
            self.take_in(request)

    def take_in(self, request: Request) -> None:
        """Let a request act."""
        if request.ask == "stop":
            self.stop(request.when, save=request.save)
        else:
            self.control.apply(request.ask, request.when)

    def stop(self, when: str = "step", *, save: bool = True) -> None:
        """Take a request to stop in. Every view learns it, not only the one where it was made."""
        control = self.control
        first, before = not self._stop_heard, (control.stop, control.save)
        control.apply("stop", when, save=save)
        if self._over:
            return
        if not save:
            self.job.drop("evaluate", "report", "compare", "export", "verify")
        if first:
            self.notice("info", "stop-asked", _STOP_ASKED[when])
        if first or before != (control.stop, control.save):
            self._stop_heard = True
            self.write("asked", ask="stop", when=control.stop or when, save=control.save)

    def wait_while_paused(self) -> None:
        """Hold the loop here while the run is paused; says so in the log, once."""
        if not self.control.paused:
            return
        self.phase("paused")
        paused_at = time.monotonic()
        while self.control.paused:
            self.waiting()
            if not os.path.lexists(self.folder.path):
                # Nobody can ask it to go on any more.
                self.take_in(Request("resume"))
        self._speed.skip(time.monotonic() - paused_at)
        if not self.control.abort:
            self.phase("train")

    def _wait(self) -> None:
        time.sleep(0.05)
        self.look()

    def point_is_due(self) -> bool:
        """Whether the loop should work out a point now: the first, then four a second."""
        return time.monotonic() - self._last_point >= SECONDS_BETWEEN_POINTS

    def leave_out(self, seconds: float) -> None:
        """Time since the last point that no step took: an evaluation, a checkpoint."""
        self._speed.leave_out(seconds)

    def start_steps(self, step: int, total_steps: int) -> None:
        """Begin to measure speed; ``step`` have been done before."""
        self.job.plan("train", total_steps)
        self.job.did_before("train", step)
        self.job.enter("train")
        self._speed = self._new_speed(step)

    def _new_speed(self, step: int) -> Speed:
        return Speed(step, clock=_clock, on_standstill=self.job.skip)

    def point(self, step: int, epoch: float, loss: float | None, lr: float, samples: int) -> None:
        """Write one point of the curve; ``loss`` is the mean since the last, ``samples`` too."""
        self._last_point = time.monotonic()
        speed = self._speed.measure(step, samples)
        self.job.count(step)
        memory, gpu_memory = memory_now()
        standing = self._standing()
        self.write(
            "step",
            step=step,
            epoch=round(epoch, 4),
            loss=loss,
            lr=lr,
            samples_per_s=speed,
            left_s=standing.get("left_s"),
            share=standing.get("share"),
            memory_mb=memory,
            gpu_memory_mb=gpu_memory,
        )

    def end(self, state: str, step: int, **fields: Any) -> None:
        """The last event, on disk before this returns."""
        self.write("end", durable=True, state=state, step=step, **fields)
        self.close()

    def close(self) -> None:
        """Close the log; nothing is written after it."""
        with self._telling:
            self._over = True
            if self._beat is not None:
                self._beat.stop()
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


def _clock() -> float:
    return time.monotonic()
