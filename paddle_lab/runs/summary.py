"""A run as a list shows it: in the sidebar, over HTTP, in the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.i18n import Text
from paddle_lab.runs.about import read_about
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.model_name import model_name
from paddle_lab.runs.registry import RunRef
from paddle_lab.runs.spec import OWN_TRAINER, RunSpec
from paddle_lab.runs.state import LIVE_STATES, RunState

#: The state of a run whose folder cannot be read; ``reason`` says why.
UNREADABLE: Final = "unreadable"
SPARK_POINTS: Final = 48
#: Fewer steps say nothing about whether a loss falls.
_MIN_STEPS: Final = 120
#: The codes of the errors that training ends with when memory ran out, and when the loss was lost.
_NO_MEMORY: Final = "run.out_of_memory"
_NO_NUMBER: Final = "run.diverged"


@dataclass(frozen=True)
class RunSummary:
    """A run in one row. Times are seconds since the epoch; ``spark`` holds losses.

    ``metrics`` are those of the best evaluation, ``best`` is the run's own among them, ``coverage``
    says which classes they leave out, None for none. ``result`` is the run's own metric as its
    report measured it, ``note`` what a person wrote about the run. ``place`` is that of a run that
    waits in the queue, 1 for the next. ``no_bundle`` says that its export failed and there is
    still no bundle; ``own_trainer``, that a person's own Trainer made it.
    """

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
    share: float | None = None
    stopping: str | None = None
    started: float | None = None
    ended: float | None = None
    heard: float | None = None
    pid: int | None = None
    phase: str | None = None
    detail: Text | None = None
    place: int | None = None
    spark: tuple[float | None, ...] = ()
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    best: tuple[str, float] | None = None
    result: tuple[str, float] | None = None
    coverage: dict[str, Any] | None = None
    note: str = ""
    error: dict[str, Any] | None = None
    reason: Text | None = None
    no_bundle: bool = False
    loss_lost: bool = False
    loss_flat: bool = False
    out_of_memory: bool = False
    diverged: bool = False
    checkpoint: int | None = None
    own_trainer: bool = False

    @property
    def live(self) -> bool:
        """Whether more events may come."""
        return self.state in LIVE_STATES

    @property
    def resumable(self) -> bool:
        """Whether the run ended before its end and can go on from a checkpoint."""
        ended = ("crashed", "aborted", "stopped", "failed")
        return not self.own_trainer and self.state in ended

    def to_json(self, *, spark: bool = True) -> dict[str, Any]:
        """The row as the topic ``runs`` and the JSON snapshot hold it."""
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
            "share": self.share,
            "stopping": self.stopping,
            "phase": self.phase,
            "place": self.place,
            "started": self.started,
            "ended": self.ended,
            "pid": self.pid,
            "best": list(self.best) if self.best else None,
            "error": self.error,
            "reason": self.reason.to_json() if self.reason else None,
            "no_bundle": self.no_bundle,
        }
        if spark:
            data["spark"] = list(self.spark)
        return data

    def listed(self) -> dict[str, Any]:
        """The row as ``GET paddle-lab/runs`` gives it."""
        head: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "created": self.created,
            "folder": self.folder,
            "state": self.state,
        }
        if self.reason is not None:
            return {**head, "reason": str(self.reason)}
        return {
            **head,
            "phase": self.phase,
            "step": self.step,
            "total_steps": self.total_steps,
            "left_s": self.left_s,
            "share": self.share,
            "loss": self.loss,
            "best": dict(self.metrics) or None,
            "coverage": self.coverage,
            "spark": [loss for loss in self.spark if loss is not None],
            "ended": self.ended,
            "no_bundle": self.no_bundle,
        }


def unreadable_summary(ref: RunRef, reason: Text) -> RunSummary:
    """The row of a run whose folder cannot be read: what the registry knows, and why."""
    return RunSummary(
        id=ref.id, name=ref.name, folder=str(ref.folder.path), created=ref.created,
        notebook=None, kernel=None, task="", model="", device="",
        state=UNREADABLE, reason=reason,
    )  # fmt: skip


def summary_of(
    ref: RunRef, info: Mapping[str, Any], spec: RunSpec, state: RunState, heard: float | None
) -> RunSummary:
    """The row of a run; ``heard`` is the time of its last event."""
    losses = state.columns["loss"]
    error = (state.end or {}).get("error")
    code = (error or {}).get("code")
    metrics = dict(state.best["metrics"]) if state.best else {}
    # Where the metric asked for means nothing on the rows, the next that does chose the weights.
    names = [name for name in (spec.metric, *metrics) if metrics.get(name) is not None]
    about = read_about(ref.folder)
    return RunSummary(
        id=ref.id,
        name=about.name or ref.name,
        folder=str(ref.folder.path),
        created=ref.created,
        notebook=info.get("notebook") or None,
        kernel=info.get("kernel") or None,
        task=spec.task,
        model=model_name(spec.model),
        device=spec.device,
        state=state.state,
        step=state.step,
        total_steps=state.total_steps,
        loss=_short(losses[-1]) if losses else None,
        left_s=state.left_s,
        share=None if state.share is None else round(state.share, 3),
        stopping=state.stopping,
        started=state.started,
        ended=state.ended,
        heard=heard,
        pid=state.process.pid if state.process and state.process.lives() else None,
        phase=state.phase["phase"] if state.phase else None,
        detail=_detail(state),
        place=(state.phase or {}).get("place") if state.state == "queued" else None,
        spark=tuple(_short(loss) for loss in decimate(state.columns, SPARK_POINTS)["loss"]),
        metrics=metrics,
        best=(names[0], metrics[names[0]]) if names else None,
        result=_result(spec, state),
        coverage=state.best.get("coverage") if state.best else None,
        note=about.note,
        error=error,
        no_bundle=ref.folder.lacks_bundle(state.export),
        loss_lost=bool(losses) and losses[-1] is None,
        loss_flat=does_not_fall(losses),
        out_of_memory=code == _NO_MEMORY,
        diverged=code == _NO_NUMBER,
        checkpoint=_checkpoint(state),
        own_trainer=spec.train == OWN_TRAINER,
    )


def _detail(state: RunState) -> Text | None:
    """What the phase says beside its name: the place of a run that waits in a queue."""
    told = (state.phase or {}).get("detail")
    return None if told is None else Text.from_json(told)


def _result(spec: RunSpec, state: RunState) -> tuple[str, float] | None:
    """The run's own metric in its report, or the first that the report has."""
    measured: Mapping[str, Any] = (state.end or {}).get("metrics") or {}
    names = [name for name in (spec.metric, *measured) if measured.get(name) is not None]
    return (names[0], measured[names[0]]) if names else None


def does_not_fall(losses: Sequence[float | None]) -> bool:
    """Whether the last third of a long curve is no lower than its first tenth."""
    values = [loss for loss in losses if loss is not None]
    if len(values) < _MIN_STEPS:
        return False
    first = statistics.fmean(values[: len(values) // 10])
    return statistics.fmean(values[-len(values) // 3 :]) > 0.98 * first


def _checkpoint(state: RunState) -> int | None:
    """The step a resumed run would go on from; None when it would begin anew."""
    return max((event["step"] for event in state.checkpoints), default=None)


def _short(value: float | None) -> float | None:
    """Four significant digits: enough for a sparkline, half the bytes."""
    return None if value is None else float(f"{value:.4g}")
