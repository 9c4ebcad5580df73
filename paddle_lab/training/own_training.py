"""One training of somebody else's Trainer as a run: written beside it, never in its way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from paddle_lab.i18n import T, Text
from paddle_lab.paths import runs_dir
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.training.reporter import Reporter
from paddle_lab.training.running_loss import MeanLoss, running_sum
from paddle_lab.training.surroundings import surroundings


class OwnTraining:
    """The run of one ``train()`` of a person's Trainer.

    The Trainer is only looked at, with one exception: a person who asks the run to stop or to pause
    asks the Trainer. One of several processes cannot stop alone, so there nobody is asked.
    """

    def __init__(self, folder: RunFolder, args: Any, state: Any) -> None:
        self.folder = folder
        self.reporter = Reporter(folder)
        self.ended = False
        self._rows = max(1, int(args.train_batch_size * args.gradient_accumulation_steps))
        self._rows *= max(1, int(args.dataset_world_size))
        self._alone = int(args.world_size) <= 1
        self._step = int(state.global_step)
        self._loss = MeanLoss(self._step)
        reporter = self.reporter
        reporter.begin("model")
        reporter.phase(
            "train", total_steps=int(state.max_steps), epochs=float(args.num_train_epochs)
        )
        reporter.start_steps(self._step, int(state.max_steps))
        if not self._alone:
            reporter.notice("info", "several-processes", _SEVERAL)

    def step_ended(self, state: Any, control: Any, optimizer: Any) -> None:
        """After an optimiser step: act on requests, write a point when one is due."""
        self._step = int(state.global_step)
        self._act_on_requests(control)
        last = self._step >= state.max_steps or control.should_training_stop
        if control.should_log or not (last or self.reporter.point_is_due()):
            return  # the Trainer is about to tell the loss itself, or it is too early
        running = running_sum()
        if running is not None:
            self._point(state, running, _rate(optimizer))

    def _act_on_requests(self, control: Any) -> None:
        if not self._alone:
            return
        self.reporter.look()
        self.reporter.wait_while_paused()
        if self.reporter.control.stop == "step":
            control.should_training_stop = True

    def epoch_ended(self, control: Any) -> None:
        """A stop that waited for this. Without saving it also leaves out what would follow."""
        asked = self.reporter.control
        if self._alone and asked.stop is not None:
            control.should_training_stop = True
            if not asked.save:
                control.should_evaluate = control.should_save = False

    def logged(self, state: Any, logs: Any) -> None:
        """The Trainer's own log; its closing summary has no ``loss`` and is no point."""
        if not logs or "loss" not in logs:
            return
        self._loss.logged(int(state.global_step), float(logs["loss"]))
        self._point(state, 0.0, float(logs.get("learning_rate", 0.0)))

    def _point(self, state: Any, running: float, rate: float) -> None:
        step = int(state.global_step)
        steps = self._loss.steps_since(step)
        loss = self._loss.point(step, running)
        if loss is not None:
            self.reporter.point(step, float(state.epoch or 0), loss, rate, steps * self._rows)

    def evaluated(self, state: Any, metrics: Any) -> None:
        """A point of evaluation, under the names the Trainer gives."""
        values = {
            str(name).removeprefix("eval_"): float(value)
            for name, value in (metrics or {}).items()
            if isinstance(value, (int, float)) and not name.endswith(("runtime", "per_second"))
        }
        self.reporter.write(
            "eval",
            step=int(state.global_step),
            epoch=float(state.epoch or 0),
            split="dev",
            metrics=values,
            best=False,
        )

    def saved(self, args: Any, state: Any) -> None:
        """A checkpoint that the Trainer wrote."""
        path = str(Path(args.output_dir).absolute() / f"checkpoint-{state.global_step}")
        self.reporter.write("checkpoint", step=int(state.global_step), path=path, best=False)

    def end(self, state: str | None = None) -> None:
        """Write the end, once; by default as it was asked for: finished, or stopped."""
        if self.ended:
            return
        self.ended = True
        state = state or ("finished" if self.reporter.control.stop is None else "stopped")
        try:
            self.reporter.end(state, self._step, metrics={})
        finally:
            self.reporter.close()


def begin_own_training(
    name: str, out: str | None, args: Any, state: Any, model: Any
) -> OwnTraining:
    """Make the run's folder, and write that its training begins. Raises RunError, OSError."""
    registry = Registry()
    folder = RunFolder.create(
        _spec_of(args, name, model),
        Path(out) if out else runs_dir(),
        created=registry.next_moment(),
        trainer=_trainer_facts(args, model),
        **surroundings(),
    )
    try:
        training = OwnTraining(folder, args, state)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    try:
        registry.add(folder)
    except OSError as error:
        training.reporter.notice("warning", "not-registered", _not_registered(folder, error))
    return training


def trainer_facts(folder: RunFolder) -> dict[str, Any] | None:
    """What ``run.json`` says of the Trainer that made the run; None for a run of ours.

    ``output_dir`` is absolute; ``architecture`` is the model's class, ``started_from`` the name or
    folder that its weights came from, where that is known.
    """
    facts = folder.info().get("trainer")
    return facts if isinstance(facts, dict) else None


def _trainer_facts(args: Any, model: Any) -> dict[str, Any]:
    config = getattr(model, "config", None)
    return {
        "output_dir": str(Path(args.output_dir).absolute()),
        "architecture": type(model).__name__,
        "started_from": str(getattr(config, "name_or_path", None) or "") or None,
    }


def _spec_of(args: Any, name: str, model: Any) -> RunSpec:
    spec = RunSpec(
        train=OWN_TRAINER,
        name=name,
        epochs=float(args.num_train_epochs),
        batch_size=int(args.per_device_train_batch_size),
        lr=float(args.learning_rate),
        seed=int(args.seed),
        export=False,
    )
    return replace(spec, model=type(model).__name__) if model is not None else spec


def _rate(optimizer: Any) -> float:
    return float(optimizer.get_lr()) if hasattr(optimizer, "get_lr") else 0.0


def _not_registered(folder: RunFolder, error: OSError) -> Text:
    return T(
        "The run is not in the list of runs ({error}); its folder names it: {path}",
        "该运行未能列入运行列表（{error}）；可用其目录指明：{path}",
        error=error.strerror or error,
        path=folder.path,
    )


_SEVERAL = T(
    "This training runs in several processes: it cannot be stopped or paused from here.",
    "该训练在多个进程中运行，无法从这里停止或暂停。",
)
