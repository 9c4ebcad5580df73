"""The Trainer's hooks, turned into events, evaluations, checkpoints and stops.

Imports paddlenlp at its top: itself imported only inside functions of this package.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from paddlenlp.trainer import TrainerCallback

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs.spec import RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.api import higher_is_better
from paddle_lab.tasks.coverage import Coverage
from paddle_lab.training.checkpoint import Checkpoint, prune
from paddle_lab.training.job import evaluation_steps, evaluations_due
from paddle_lab.training.lab_trainer import seed_step
from paddle_lab.training.reporter import Reporter


@dataclass
class Best:
    """The best evaluation so far, and for how many evaluations it has stood."""

    step: int = -1
    metric: float | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)
    since: int = 0
    higher: bool = True

    def offer(self, step: int, value: float, metrics: dict[str, float | None]) -> bool:
        """Take an evaluation in; True when it is the new best."""
        if not self.beats(value):
            self.step, self.metric, self.metrics, self.since = step, value, dict(metrics), 0
            return True
        self.since += 1
        return False

    def beats(self, value: float) -> bool:
        """Whether ``value`` is no better; NaN never is."""
        if math.isnan(value):
            return True
        if self.metric is None:
            return False
        return value <= self.metric if self.higher else value >= self.metric


class LiveHooks(TrainerCallback):
    """Points of the curve and requests that are acted on: what any Trainer can have.

    ``batch_rows`` is how many rows an optimiser step takes.
    """

    def __init__(self, reporter: Reporter, batch_rows: int) -> None:
        self.reporter = reporter
        self.batch_rows = batch_rows
        self._logged_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Say how long the way is."""
        self._logged_step = state.global_step
        self.reporter.phase(
            "train", total_steps=int(state.max_steps), epochs=float(args.num_train_epochs)
        )
        self.reporter.start_steps(state.global_step, int(state.max_steps))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After each optimiser step: look for requests, decide whether a point is due."""
        reporter = self.reporter
        reporter.look()
        reporter.wait_while_paused()
        reporter.control.raise_if_aborted()
        if reporter.control.stop == "step":
            control.should_training_stop = True
        last = state.global_step >= state.max_steps
        if control.should_training_stop or last or reporter.point_is_due():
            control.should_log = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A stop leaves at once: no evaluation and no save of the Trainer's own follows it."""
        if self.reporter.control.stop is not None:
            control.should_training_stop = True
        if control.should_training_stop:
            control.should_evaluate = control.should_save = False

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """A point of the curve; the Trainer's closing summary has no ``loss`` and is none."""
        if not logs or "loss" not in logs:
            return
        steps = state.global_step - self._logged_step
        self._logged_step = state.global_step
        self.reporter.point(
            state.global_step,
            float(state.epoch or 0),
            logs["loss"],
            float(logs.get("learning_rate", 0.0)),
            steps * self.batch_rows,
        )


class RunHooks(LiveHooks):
    """The hooks of our own runs: seeds, evaluations, checkpoints, early stopping."""

    def __init__(
        self,
        reporter: Reporter,
        spec: RunSpec,
        steps_per_epoch: int,
        set_epoch: Callable[[int], None],
        coverage: Coverage | None = None,
        dev_windows: int = 0,
        rank: int = 0,
    ) -> None:
        super().__init__(reporter, spec.batch_size)
        self.spec = spec
        self.metric = spec.metric
        self._coverage = coverage
        self._dev_windows = dev_windows
        self._rank = rank
        self.best = Best(higher=higher_is_better(get_task(spec.task), spec.metric))
        self.kept = Best()  # the last best whose weights are on the disk
        self.last = Best()  # the last evaluation
        self.evaluations = 0
        self.step = 0
        self.epoch = 0.0
        self._set_epoch = set_epoch
        self._steps_per_epoch = steps_per_epoch
        self._saved_at = time.monotonic()
        self._saved_step: int | None = None
        self._unsaved = False
        self._goes_on: tuple[int, Callable[[], None]] | None = None

    def goes_on_from(self, step: int, on_begun: Callable[[], None]) -> None:
        """The run is taken up at ``step``; ``on_begun`` is called when that has come to something.

        Until its first step is done a resumption may fail, and the run then stands as before.
        """
        self._goes_on = step, on_begun

    def tell_begun(self) -> None:
        """Say, once, from which step a resumed run goes on: what was told after it is over."""
        if self._goes_on is None:
            return
        (step, on_begun), self._goes_on = self._goes_on, None
        self.reporter.phase("train", from_step=step)
        on_begun()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Say how long the way is; a resumed run stands where its checkpoint does."""
        self.step, self.epoch = int(state.global_step), float(state.epoch or 0)
        super().on_train_begin(args, state, control, **kwargs)
        per_epoch, each = self._steps_per_epoch, self.spec.evals_per_epoch
        done = len(evaluation_steps(per_epoch, self.step + 1, each)) - 1 if self.step else 0
        self.reporter.job.did_before("evaluate", done * self._dev_windows)
        self.reporter.job.did_before("save", done)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Each epoch has its own order, also when a resumed run starts in its middle."""
        self._set_epoch(state.global_step // self._steps_per_epoch)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Dropout of this step depends on seed, step and rank alone."""
        seed_step(self.spec.seed, state.global_step, self._rank)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate and save where the plan says so, and save from time to time."""
        self.tell_begun()
        super().on_step_end(args, state, control, **kwargs)
        self.step, self.epoch = int(state.global_step), float(state.epoch or 0)
        stopping = self.reporter.control.stop == "step"
        if self.reporter.control.stop is not None:
            self._cut_job(stopping)
        if not stopping and self._evaluation_is_due(state):
            control.should_log = control.should_evaluate = control.should_save = True
        minutes = (time.monotonic() - self._saved_at) / 60
        if (stopping and self.reporter.control.save) or 0 < self.spec.checkpoint_minutes <= minutes:
            control.should_save = True

    def _cut_job(self, now: bool) -> None:
        """Training ends after this step, or this epoch, and one evaluation follows."""
        job, each = self.reporter.job, self._steps_per_epoch
        job.cut("train", self.step if now else -(-self.step // each) * each)
        job.cut("evaluate", (self.evaluations + 1) * self._dev_windows)
        job.cut("save", self.evaluations + 1)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A stop "after this epoch" still saves what it keeps."""
        asked = self.reporter.control
        at_epoch = asked.stop == "epoch" and asked.save
        super().on_epoch_end(args, state, control, **kwargs)
        if at_epoch and self._saved_step != state.global_step:
            control.should_save = True

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """Mark the best, and stop early when patience is out; none: it was asked to stop."""
        if not metrics:
            control.should_training_stop = True
            control.should_save = control.should_save and self.reporter.control.save
            return
        self.take_evaluation(int(state.global_step), float(state.epoch or 0), dict(metrics))
        patience = self.spec.early_stopping
        if self.out_of_patience() and state.global_step < state.max_steps:
            control.should_training_stop = True
            self.reporter.notice(
                "info",
                "early-stopping",
                T(
                    "Stopped early: {n} evaluations without a better {metric}.",
                    "提前停止：连续 {n} 次评估的 {metric} 没有提高。",
                    n=patience,
                    metric=self.metric,
                ),
            )

    def out_of_patience(self) -> bool:
        """Whether so many evaluations were no better that training stops early."""
        return 0 < self.spec.early_stopping <= self.best.since

    def take_evaluation(self, step: int, epoch: float, metrics: dict[str, float]) -> None:
        """Write an evaluation down and remember it when it is the best."""
        self.evaluations += 1
        value = self._deciding(metrics)
        known = {name: None if math.isnan(one) else one for name, one in metrics.items()}
        self.last = Best(step, value, dict(known), higher=self.best.higher)
        is_best = self.best.offer(step, value, known)
        fields: dict[str, Any] = {"metrics": known, "best": is_best}
        if self._coverage is not None:
            fields["coverage"] = self._coverage.to_json()
        self.reporter.write("eval", step=step, epoch=round(epoch, 4), split="dev", **fields)

    def _deciding(self, metrics: dict[str, float]) -> float:
        """The figure that chooses the weights.

        Where the one asked for means nothing on these rows, another of the task's that does.
        """
        if not math.isnan(metrics[self.metric]):
            return metrics[self.metric]
        task = get_task(self.spec.task)
        others = [spec.name for spec in task.metrics
                  if spec.higher_is_better == self.best.higher
                  and not math.isnan(metrics.get(spec.name, math.nan))]  # fmt: skip
        if not others:
            return math.nan
        self.reporter.notice(
            "warning",
            "metric-undefined",
            T(
                "{metric} means nothing on the dev rows, which are of too few classes: the best "
                "weights are chosen by {other}.",
                "{metric} 在验证集上没有意义，因为其中的类别太少：改用 {other} 选择最佳权重。",
                metric=self.metric,
                other=others[0],
            ),
        )
        self.metric = others[0]
        return metrics[self.metric]

    def checkpoint_state(self) -> dict[str, Any]:
        """What a resumed run must know of the evaluations before it."""
        return {
            "best": dict(vars(self.best)),
            "kept": dict(vars(self.kept)),
            "evaluations": self.evaluations,
            "metric": self.metric,
        }

    def restore_state(self, saved: Checkpoint) -> None:
        """The reverse of :meth:`checkpoint_state`, for the checkpoint that holds it."""
        state = saved.state
        self.best = Best(**state["best"])
        # Its own weights were on the disk only when its state had been written.
        here = self.best.step == saved.step
        self.kept = Best(**state["best" if here else "kept"]) if "kept" in state else self.best
        self.evaluations = int(state.get("evaluations", 0))
        self.metric = str(state.get("metric", self.metric))
        self.step = saved.step

    def on_checkpoint(self, saved: Checkpoint | OSError) -> None:
        """Tell of a checkpoint, and keep only the newest and the best."""
        self._saved_at = time.monotonic()
        self.reporter.job.count_here(1)
        self.reporter.job.enter("train")
        if isinstance(saved, OSError):
            if not self._unsaved:  # once, not at each of the next that fail
                self.reporter.notice("warning", "checkpoint-failed", _not_saved(saved))
            self._unsaved = True
            return
        self._unsaved = False
        self._saved_step = saved.step
        best = saved.step == self.best.step
        if best:
            self.kept = replace(self.best)
        self.reporter.write(
            "checkpoint", durable=True, step=saved.step, path=saved.path.name, best=best
        )
        prune(saved.path.parent, lambda step: step in (saved.step, *self.steps_to_keep()))

    def steps_to_keep(self) -> tuple[int, int]:
        """The checkpoints that stay beside the newest: the best, and the best that was written."""
        return self.best.step, self.kept.step

    def _evaluation_is_due(self, state: Any) -> bool:
        if state.global_step >= state.max_steps:
            return True
        index = state.global_step % self._steps_per_epoch or self._steps_per_epoch
        return index in evaluations_due(self._steps_per_epoch, self.spec.evals_per_epoch)


def _not_saved(error: OSError) -> Text:
    return T(
        "No checkpoint could be written ({error}). Training goes on; free some space, "
        "the next one is tried at the next evaluation.",
        "无法写入检查点（{error}）。训练继续进行；请释放磁盘空间，下次评估时会再次尝试。",
        error=error.strerror or error,
    )


def diverged(step: int, lr: float) -> RunError:
    """The error of a loss that is no longer a number."""
    return RunError(
        T(
            "Training diverged at step {step}: the loss is not a number any more.",
            "训练在第 {step} 步发散：损失已不是有效数字。",
            step=step + 1,
        ),
        T(
            "Most often the learning rate is too high (here {lr:g}).",
            "最常见的原因是学习率过高（当前 {lr:g}）。",
            lr=lr,
        ),
        T(
            "Try --lr {lower:g}, or a longer --warmup 0.2; with fp16 try --precision fp32.",
            "请尝试 --lr {lower:g}，或更长的 --warmup 0.2；使用 fp16 时可改用 --precision fp32。",
            lower=lr / 5,
        ),
        code="run.diverged",
    )
