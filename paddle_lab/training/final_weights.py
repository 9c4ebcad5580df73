"""The weights that a run ends with: the best ones seen, in the model and on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.coverage import Coverage
from paddle_lab.text.numbers import figure
from paddle_lab.training.callbacks import Best, RunHooks
from paddle_lab.training.checkpoint import (
    Checkpoint,
    checkpoint_path,
    latest_step,
    prune,
    read_checkpoint,
)
from paddle_lab.training.lab_trainer import LabTrainer
from paddle_lab.training.reporter import Reporter
from paddle_lab.views.words import name_of


class FinalWeights:
    """Finds, restores and keeps them once a loop has ended.

    ``evaluate`` gives the metrics of the current weights on the dev part, none when the person
    says stop; ``restore`` puts a checkpoint's weights into the model. ``coverage`` as that of the
    metric by which the best are chosen.
    """

    def __init__(
        self,
        checkpoints: Path,
        hooks: RunHooks,
        reporter: Reporter,
        trainer: LabTrainer,
        *,
        evaluate: Callable[[], dict[str, float]],
        restore: Callable[[Checkpoint], None],
        coverage: Coverage | None,
    ) -> None:
        self._checkpoints = checkpoints
        self._hooks = hooks
        self._reporter = reporter
        self._trainer = trainer
        self._evaluate = evaluate
        self._restore = restore
        self._coverage = coverage

    @property
    def step(self) -> int:
        """The step that they are of."""
        return self._hooks.best.step if self._hooks.best.step >= 0 else self._hooks.step

    def on_disk(self) -> bool:
        """Whether a checkpoint holds them."""
        return self._path_of(self.step).is_dir()

    def put_back(self) -> None:
        """Put them into the model; evaluates a stopped run's last ones first.

        Sees to it that they are on the disk: :meth:`on_disk` says whether they are.
        """
        hooks = self._hooks
        if hooks.step != hooks.best.step and self._reporter.control.stop is not None:
            self._reporter.control.stop = None
            metrics = self._evaluate()
            if metrics:
                hooks.take_evaluation(hooks.step, hooks.epoch, metrics)
        if not self._in_memory() and not self._path_of(hooks.best.step).is_dir():
            self._fall_back()
        if not self._in_memory():
            self._restore(read_checkpoint(self._path_of(hooks.best.step)))
        if not self.on_disk():
            self._save()
        newest = latest_step(self._checkpoints)
        prune(self._checkpoints, lambda step: step in (newest, *hooks.steps_to_keep()))

    def text(self) -> Text:
        """Which weights the run ends with."""
        best = self._hooks.best
        if best.step < 0:
            return T(
                "Kept the weights of step {step}.",
                "保留了第 {step} 步的权重。",
                step=self._hooks.step,
            )
        return T(
            "Kept the weights of step {step}, the best on the dev part ({metric} "
            "{value}{lacking}).",
            "保留了第 {step} 步的权重，它在验证集上最好（{metric} {value}{lacking}）。",
            step=best.step,
            metric=name_of("metric", self._hooks.metric),
            value=figure(self._hooks.metric, best.metric),
            lacking=""
            if self._coverage is None
            else T(", {mark}", "，{mark}", mark=self._coverage.mark),
        )

    def _in_memory(self) -> bool:
        """Whether the best weights are those that the training ended with."""
        return self._hooks.best.step in (-1, self._hooks.step)

    def _path_of(self, step: int) -> Path:
        return checkpoint_path(self._checkpoints, step)

    def _fall_back(self) -> None:
        """The disk did not take the best weights, and they are gone: say which are kept."""
        hooks, lost = self._hooks, self._hooks.best.step
        kept = hooks.kept if self._path_of(hooks.kept.step).is_dir() else Best()
        last = hooks.last if hooks.last.step == hooks.step else Best()
        hooks.best = kept if last.metric is None or kept.beats(last.metric) else last
        text = T(
            "The best weights, of step {lost}, could not be written: those of step {step} are "
            "kept.",
            "最佳权重（第 {lost} 步）未能写入：保留第 {step} 步的权重。",
            lost=lost,
            step=self.step,
        )
        self._reporter.notice("warning", "best-lost", text)

    def _save(self) -> None:
        """Without the optimizer's state they take a third of a checkpoint's space."""
        step = self.step
        try:
            saved = self._trainer.save_weights(step)
        except OSError as error:
            self._hooks.on_checkpoint(error)
            return
        self._reporter.write(
            "checkpoint", durable=True, step=step, path=saved.path.name, best=step >= 0
        )
