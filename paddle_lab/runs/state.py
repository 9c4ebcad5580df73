"""Fold events into the state that every view draws. TypeScript folds the same way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.runs.curve import COLUMNS, decimate
from paddle_lab.runs.events import Event
from paddle_lab.runs.process import ProcessMark

#: A longer curve is halved; its highest and lowest points stay.
MOST_POINTS: Final = 400_000
LIVE_STATES: Final = ("queued", "starting", "training", "paused", "finishing")


@dataclass(frozen=True)
class Standing:
    """How a run stood before a process took it up again: its end (None: it crashed), its export."""

    end: Event | None
    export: Event | None


@dataclass
class RunState:
    """What is known of a run after its events so far.

    ``columns`` holds one list per name in :data:`COLUMNS`, all of one length, None where a value is
    missing. ``state`` is one of queued, starting, training, paused, finishing, finished, stopped,
    failed, aborted, crashed. ``points`` counts the steps; of more than :data:`MOST_POINTS` the
    columns hold some. ``passed_over`` counts the lines of the log that were no events.
    ``started`` is moved on by the time in which a run that was taken up again had no process, so
    that ``ended - started`` is what it took.
    ``share`` is how much of the whole job is done (0 to 1), None where nobody said; ``stopping``
    is None until a stop was asked for: then ``step``, ``epoch``, or ``discard`` where nothing more
    is made. ``before`` is how the run stood before the resumption that has not yet
    begun to train, None when there is none.
    """

    state: str = "queued"
    phase: Event | None = None
    process: ProcessMark | None = None
    started: float | None = None
    ended: float | None = None
    total_steps: int | None = None
    epochs: float | None = None
    left_s: float | None = None
    share: float | None = None
    stopping: str | None = None
    seq: int = -1
    points: int = 0
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    evals: list[Event] = field(default_factory=list)
    checkpoints: list[Event] = field(default_factory=list)
    notices: list[Event] = field(default_factory=list)
    export: Event | None = None
    end: Event | None = None
    before: Standing | None = None
    passed_over: int = 0

    def fold(self, event: Event) -> None:
        """Take one more event in; unknown kinds and repeated sequence numbers change nothing."""
        if event["seq"] <= self.seq:
            return
        self.seq = event["seq"]
        handler = _HANDLERS.get(event["kind"])
        if handler is not None:
            handler(self, event)

    def check_liveness(self) -> None:
        """Look whether a run that seems active has lost its process: then it has crashed.

        One whose resumption had not begun to train stands as it did before.
        """
        if self.state in LIVE_STATES and self.process and self.process.lives() is False:
            before, self.before = self.before, None
            self.state = "crashed"
            self.left_s = self.stopping = None
            if before is not None and before.end is not None:
                self.end, self.export, self.ended = before.end, before.export, before.end["t"]
                self.state = str(before.end.get("state", "finished"))

    @property
    def live(self) -> bool:
        """Whether more events may come."""
        return self.state in LIVE_STATES

    @property
    def step(self) -> int:
        """The last optimiser step seen."""
        steps = self.columns["step"]
        return int(steps[-1]) if steps else 0

    @property
    def best(self) -> Event | None:
        """The evaluation marked best, if any."""
        return next((event for event in reversed(self.evals) if event.get("best")), None)


def _fold_phase(state: RunState, event: Event) -> None:
    phase = event.get("phase")
    state.started = state.started if state.started is not None else event["t"]
    if "process" in event:
        # Taken up again: while no process had it, it took no time.
        state.started += event["t"] - (_last_heard(state) or event["t"])
    state.phase = event
    if "process" in event:
        process = ProcessMark.from_json(event["process"])
        if state.before is None and (state.end or state.process not in (None, process)):
            state.before = Standing(state.end, state.export)
        state.process = process
        # A process has taken the run up: how the one before it ended is over.
        state.end = state.export = state.ended = None
        state.share = state.stopping = None
    if "total_steps" in event:
        state.total_steps = event["total_steps"]
        state.epochs = event.get("epochs")
    if "from_step" in event:
        _rewind(state, event["from_step"])
        state.before = None
    if phase == "paused":
        state.state = "paused"
    elif phase in ("train", "evaluate"):
        state.state = "training"
    elif phase in ("report", "compare", "export", "verify"):
        state.state = "finishing"
    elif phase == "queued":
        state.state = "queued"
    else:
        state.state = "starting"
    _take_progress(state, event)


def _last_heard(state: RunState) -> float | None:
    """When the process before this one was last heard of; None for a run that had not trained."""
    if state.end is not None:
        return float(state.end["t"])
    if not state.columns["t"]:
        return None
    moments = [state.columns["t"][-1] or 0.0, state.phase["t"] if state.phase else 0.0]
    return float(max(moments))


def _take_progress(state: RunState, event: Event) -> None:
    """How far it is and what is left, where an event says so; the share never falls."""
    if event.get("share") is not None:
        state.share = max(state.share or 0.0, event["share"])
        state.left_s = event.get("left_s")


def _fold_progress(state: RunState, event: Event) -> None:
    _take_progress(state, event)
    if state.phase is not None and "total" in event:
        state.phase = {**state.phase, "done": event.get("done", 0), "total": event["total"]}


def _fold_asked(state: RunState, event: Event) -> None:
    if event.get("ask") == "stop":
        when = "epoch" if event["when"] == "epoch" else "step"
        state.stopping = when if event["save"] else "discard"


def _rewind(state: RunState, step: int) -> None:
    """A resumed run repeats the steps after its checkpoint: forget the first telling of them."""
    steps = state.columns["step"]
    keep = next((i for i, value in enumerate(steps) if value > step), len(steps))
    state.points -= len(steps) - keep
    for column in state.columns.values():
        del column[keep:]
    state.evals = [item for item in state.evals if item.get("step", 0) <= step]
    state.checkpoints = [item for item in state.checkpoints if item.get("step", 0) <= step]


def _fold_step(state: RunState, event: Event) -> None:
    for name, column in state.columns.items():
        column.append(event.get(name))
    state.points += 1
    if len(state.columns["step"]) >= MOST_POINTS:
        state.columns = decimate(state.columns, MOST_POINTS // 2)
    _take_progress(state, event)
    state.left_s = event.get("left_s")
    state.state = "training"


def _fold_eval(state: RunState, event: Event) -> None:
    if event.get("best"):
        for earlier in state.evals:
            earlier["best"] = False
    state.evals.append(dict(event))


def _fold_notice(state: RunState, event: Event) -> None:
    """What is told again, as by a run that was resumed, stands once: where it was told last."""
    said = (event.get("code"), event.get("text"))
    state.notices = [one for one in state.notices if (one.get("code"), one.get("text")) != said]
    state.notices.append(event)


def _fold_end(state: RunState, event: Event) -> None:
    state.end = event
    state.before = None
    state.ended = event["t"]
    state.left_s = state.stopping = None
    state.state = str(event.get("state", "finished"))


def _fold_export(state: RunState, event: Event) -> None:
    state.export = event


_HANDLERS: Final = {
    "phase": _fold_phase,
    "step": _fold_step,
    "progress": _fold_progress,
    "asked": _fold_asked,
    "eval": _fold_eval,
    "checkpoint": lambda state, event: state.checkpoints.append(event),
    "notice": _fold_notice,
    "export": _fold_export,
    "end": _fold_end,
}
