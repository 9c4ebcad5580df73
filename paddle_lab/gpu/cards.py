"""Every run of every notebook as a card, read from run folders; unchanged files cost a stat."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import EventTail, Registry, RunRef, RunState
from paddle_lab.runs.snapshot import decimate

SPARK_POINTS: Final = 48
#: Fewer steps say nothing about whether a loss falls.
_MIN_STEPS: Final = 120
#: How training says that memory ran out, in its own words and in Paddle's and Python's.
_NO_MEMORY: Final = (
    "memory does not suffice",
    "out of memory",
    "resourceexhausted",
    "memoryerror",
)
#: How training says that the loss was lost.
_NO_NUMBER: Final = ("the loss is not a number",)


@dataclass(frozen=True)
class Card:
    """A run as the list shows it. Times are seconds since the epoch; ``spark`` holds losses."""

    id: str
    name: str
    folder: str
    created: float
    notebook: str | None
    kernel: str | None
    task: str
    model: str
    device: str
    state: str
    step: int = 0
    total_steps: int | None = None
    loss: float | None = None
    left_s: float | None = None
    started: float | None = None
    ended: float | None = None
    heard: float | None = None
    pid: int | None = None
    spark: tuple[float | None, ...] = ()
    best: tuple[str, float] | None = None
    error: dict[str, Any] | None = None
    loss_lost: bool = False
    loss_flat: bool = False
    out_of_memory: bool = False
    diverged: bool = False
    checkpoint: int | None = None

    @property
    def live(self) -> bool:
        """Whether more events may come."""
        return self.state in ("queued", "starting", "training", "paused", "finishing")

    @property
    def resumable(self) -> bool:
        """Whether the run ended before its end and can go on from a checkpoint."""
        return self.state in ("crashed", "aborted", "stopped", "failed")

    def to_json(self, *, spark: bool = True) -> dict[str, Any]:
        """The card as the stream and the JSON snapshot hold it."""
        data: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "folder": self.folder,
            "created": self.created,
            "notebook": self.notebook,
            "kernel": self.kernel,
            "task": self.task,
            "model": self.model,
            "device": self.device,
            "state": self.state,
            "live": self.live,
            "resumable": self.resumable,
            "checkpoint": self.checkpoint,
            "resume": f"%ernie_finetune --resume {self.id}" if self.resumable else None,
            "step": self.step,
            "total_steps": self.total_steps,
            "loss": self.loss,
            "left_s": self.left_s,
            "started": self.started,
            "ended": self.ended,
            "pid": self.pid,
            "best": list(self.best) if self.best else None,
            "error": self.error,
        }
        if spark:
            data["spark"] = list(self.spark)
        return data


@dataclass
class _Followed:
    """A run being read: how far, and what was learnt."""

    ref: RunRef
    info: Mapping[str, Any]
    tail: EventTail
    mark: tuple[int, int] = (-1, -1)
    state: RunState | None = field(default_factory=RunState)
    card: Card | None = None


class RunsBoard:
    """The cards of all registered runs; reads only what changed."""

    def __init__(self, registry: Registry | None = None, limit: int = 200) -> None:
        self._registry = registry if registry is not None else Registry()
        self._limit = limit
        self._followed: dict[str, _Followed] = {}
        # A cancelled task leaves its thread reading; the next one waits for that thread here.
        self._reading = threading.Lock()

    def refresh(self) -> list[Card]:
        """All cards, newest run first. A run whose folder cannot be read is left out."""
        with self._reading:
            return self._refresh()

    def _refresh(self) -> list[Card]:
        refs = self._registry.list()[: self._limit]
        known = {ref.id for ref in refs}
        for gone in set(self._followed) - known:
            del self._followed[gone]
        cards = [self._card(ref) for ref in refs]
        return [card for card in cards if card is not None]

    def _card(self, ref: RunRef) -> Card | None:
        followed = self._followed.get(ref.id)
        if followed is None or followed.ref != ref:
            try:
                info = ref.folder.info()
            except PaddleLabError:
                return None
            followed = _Followed(ref, info, EventTail(ref.folder.events_path))
            self._followed[ref.id] = followed
        return _read(followed)


def _read(followed: _Followed) -> Card:
    """Fold what is new; a card that is whole and whose file has not changed is kept as it is."""
    path = followed.ref.folder.events_path
    try:
        stat = path.stat()
        mark = (stat.st_mtime_ns, stat.st_size)
    except OSError:
        mark = (0, 0)
    card = followed.card
    if card is not None and not card.live and mark == followed.mark:
        return card
    if followed.state is None or mark[1] < followed.tail.offset:
        followed.state, followed.tail = RunState(), EventTail(path)
    state = followed.state
    changed = card is None or mark != followed.mark
    heard = card.heard if card is not None else None
    try:
        for event in followed.tail.read() if changed else ():
            state.fold(event)
            heard = event["t"]
    except OSError:
        return card or _make(followed, state, heard)
    before = state.state
    state.check_liveness()
    if changed or state.state != before or card is None:
        card = _make(followed, state, heard)
    followed.card, followed.mark = card, mark
    if not card.live:
        # An ended run needs no curve in memory; should it be resumed it is read again.
        followed.state = None
    return card


def _make(followed: _Followed, state: RunState, heard: float | None) -> Card:
    ref, info = followed.ref, followed.info
    spec = info["spec"]
    losses = state.columns["loss"]
    error = (state.end or {}).get("error")
    return Card(
        id=ref.id,
        name=ref.name,
        folder=str(ref.folder.path),
        created=ref.created,
        notebook=_text(info.get("notebook")),
        kernel=_text(info.get("kernel")),
        task=str(spec.get("task", "")),
        model=str(spec.get("model", "")),
        device=str(spec.get("device", "")),
        state=state.state,
        step=state.step,
        total_steps=state.total_steps,
        loss=_short(losses[-1]) if losses else None,
        left_s=state.left_s,
        started=state.started,
        ended=state.ended,
        heard=heard,
        pid=state.process.pid if state.process and state.process.lives() else None,
        spark=tuple(_short(loss) for loss in decimate(state.columns, SPARK_POINTS)["loss"]),
        best=_best(state, str(spec.get("metric", ""))),
        error=error,
        loss_lost=bool(losses) and losses[-1] is None,
        loss_flat=does_not_fall(losses),
        out_of_memory=_says(error, _NO_MEMORY),
        diverged=_says(error, _NO_NUMBER),
        checkpoint=_checkpoint(state),
    )


def does_not_fall(losses: Sequence[float | None]) -> bool:
    """Whether the last third of a long curve is no lower than its first tenth."""
    values = [loss for loss in losses if loss is not None]
    if len(values) < _MIN_STEPS:
        return False
    first = statistics.fmean(values[: len(values) // 10])
    return statistics.fmean(values[-len(values) // 3 :]) > 0.98 * first


def _best(state: RunState, metric: str) -> tuple[str, float] | None:
    best = state.best
    value = (best or {}).get("metrics", {}).get(metric)
    return (metric, value) if isinstance(value, (int, float)) else None


def _checkpoint(state: RunState) -> int | None:
    """The step a resumed run would go on from; None when it would begin anew."""
    steps = [event.get("step") for event in state.checkpoints]
    return max((step for step in steps if isinstance(step, int)), default=None)


def _says(error: Any, phrases: Sequence[str]) -> bool:
    """Whether the error a run ended with holds one of these phrases, in its English words."""
    text = str(error).lower() if error else ""
    return any(phrase in text for phrase in phrases)


def _short(value: float | None) -> float | None:
    """Four significant digits: enough for a sparkline, half the bytes."""
    return None if value is None else float(f"{value:.4g}")


def _text(value: Any) -> str | None:
    return str(value) if value else None
