"""The parts of one of our runs: of how many units each is, and what these take.

Seconds are guesses until this run has measured them, or an earlier run on this machine with the
same model, length and device.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.data import Prepared
from paddle_lab.models.config import read_config
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.runs.progress import JobProgress
from paddle_lab.runs.speeds import read_speeds, remember_speeds
from paddle_lab.tasks import get_task
from paddle_lab.training.batches import batches_in
from paddle_lab.training.estimate import Shape, estimate, matrix_speed

if TYPE_CHECKING:
    from paddle_lab.training.inputs import TrainingInputs

#: The phases of a run in their order, with what has no phase of its own: writing checkpoints.
PARTS: Final = (
    "load", "data", "model", "tokenize", "train", "evaluate", "save",
    "report", "compare", "export", "verify",
)  # fmt: skip
LOOP: Final = ("train", "evaluate", "save")
#: Parts that do the same whatever the model and the rows.
_ALIKE: Final = ("load",)
#: Measured on two cores: seconds of a part, of a row, of a checkpoint.
_LOAD_S: Final = 9.0
_LOADED_S: Final = 0.1
_ROW_S: Final = 0.0005
_PREPARE_S: Final = 2.0
_SAVE_S: Final = 0.4
_EXPORT_S: Final = 2.0
_VERIFY_S: Final = 5.5
_STEP_S: Final = 0.5
#: An evaluation of a row beside the training on it.
FORWARD: Final = 0.28
#: Rows that the report looks at beside those it is about.
REPORT_SAMPLE: Final = 512


class RunJob(JobProgress):
    """The progress of one run. ``prepared`` are its data where they were read already."""

    def __init__(self, spec: RunSpec, prepared: Prepared | None = None) -> None:
        super().__init__(PARTS, loop=LOOP)
        self._spec = spec
        self._speeds = read_speeds()
        loaded = "paddlenlp.trainer" in sys.modules
        self._expect("load", 1, _LOADED_S if loaded else _LOAD_S)
        self._warm = loaded
        rows = 0 if prepared is None else len(prepared.train) + len(prepared.evaluated)
        self._expect("data", 1, 1.0)
        self._expect("model", 1, 0.5)
        self._expect("tokenize", max(rows, 1), _PREPARE_S / max(rows, 1) + _ROW_S)
        steps = 100.0
        if prepared is not None:
            per_epoch = max(1, int(batches_in(len(prepared.train), spec.batch_size)))
            steps = max(1.0, per_epoch * spec.epochs)
            self._evaluations(
                per_epoch, int(steps), len(prepared.train), len(prepared.dev),
                len(prepared.evaluated),
            )  # fmt: skip
        self._expect("train", steps, _STEP_S)
        self._after_training(rows)

    def know_inputs(self, inputs: TrainingInputs, per_epoch: int) -> None:
        """The rows are windows of tokens now, in ``per_epoch`` batches."""
        spec, data = self._spec, inputs.prepared
        steps = int(per_epoch * spec.epochs)
        known = self._key("train") in self._speeds
        self._expect("train", steps, None if known else _step_seconds(spec, inputs))
        evaluated = inputs.test if inputs.test is not None else inputs.dev
        self._evaluations(per_epoch, steps, len(inputs.train), len(inputs.dev), len(evaluated))
        self._after_training(len(data.train) + len(data.evaluated))

    def _evaluations(
        self, per_epoch: int, steps: int, train: int, dev: int, evaluated: int
    ) -> None:
        """What is computed without training, for so many rows or windows of each part."""
        spec = self._spec
        evaluations = len(evaluation_steps(per_epoch, steps, spec.evals_per_epoch))
        forward = ("train", FORWARD / spec.batch_size)
        self._expect("evaluate", evaluations * dev, None, like=forward)
        self._expect("save", evaluations, _SAVE_S)
        report = evaluated + min(REPORT_SAMPLE, train)
        self._expect("report", report, None, like=("evaluate", 1.0))

    def _after_training(self, rows: int) -> None:
        spec = self._spec
        self._expect("compare", max(rows, 1) if spec.baseline else 0, 0.002)
        for name, seconds in (("export", _EXPORT_S), ("verify", _VERIFY_S)):
            self._expect(name, 1 if spec.export else 0, seconds)

    def remember(self) -> None:
        """Keep what was measured for the next run on this machine."""
        self.finish()
        measured = self.measured()
        if self._warm:
            measured.pop("load", None)
        remember_speeds({self._key(name): value for name, value in measured.items()})

    def _expect(
        self, name: str, units: float, guess: float | None, like: tuple[str, float] | None = None
    ) -> None:
        known = None if name == "load" and guess != _LOAD_S else self._speeds.get(self._key(name))
        self.plan(name, units, expected=known or guess, earlier=known is not None, like=like)

    def _key(self, name: str) -> str:
        spec = self._spec
        if name in _ALIKE:
            return name
        parts = (name, _model(spec), spec.task, spec.device, spec.max_len)
        cost = (spec.batch_size, spec.precision, spec.threads or usable_cores())
        return "|".join(str(one) for one in (*parts, *(cost if name == "train" else ())))


def _model(spec: RunSpec) -> str:
    name = model_name(spec.model)
    return name if spec.layers is None else f"{name}/{spec.layers}"


def know_inputs(job: JobProgress, inputs: TrainingInputs, per_epoch: int) -> None:
    """Tell a run's progress what there is to train on; a Trainer of somebody's own has no parts."""
    if isinstance(job, RunJob):
        job.know_inputs(inputs, per_epoch)


def remember_job(job: JobProgress) -> None:
    """Keep what the parts of a finished run took."""
    if isinstance(job, RunJob):
        job.remember()


def _step_seconds(spec: RunSpec, inputs: TrainingInputs) -> float | None:
    """What a step may take, before one was made; None where nobody can say (on a GPU)."""
    if spec.device not in ("cpu", "auto"):
        return None
    shape = Shape.from_config(read_config(inputs.resolved.folder))
    tokens = int(inputs.train.lengths().mean() * spec.batch_size)
    per_token = any(target.per_token for target in get_task(spec.task).targets)
    cost = estimate(
        shape, tokens, spec.batch_size, spec.max_len,
        matrix_speed(spec.threads or usable_cores()), every_token=per_token,
    )  # fmt: skip
    return cost.seconds


def evaluations_due(per_epoch: int, evals_per_epoch: int) -> set[int]:
    """The steps of an epoch, counted from 1, after which the dev part is evaluated."""
    return {round(per_epoch * k / evals_per_epoch) for k in range(1, evals_per_epoch + 1)}


def evaluation_steps(per_epoch: int, total: int, evals_per_epoch: int) -> list[int]:
    """The steps after which the dev part is evaluated; the last step always is one."""
    due = evaluations_due(per_epoch, evals_per_epoch)
    found = [step for step in range(1, total) if (step % per_epoch or per_epoch) in due]
    return [*found, total] if total > 0 else []
