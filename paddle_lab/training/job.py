"""The parts of one of our runs: of how many units each is, and what these take.

Seconds are guesses until this run has measured them, or an earlier run on this machine with the
same model, length and device.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from paddle_lab.bundle.export import MOST_ROWS
from paddle_lab.cgroup import usable_cores
from paddle_lab.data import Dataset, Prepared
from paddle_lab.models.config import read_config
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.runs.pace import Like, Unit, Work
from paddle_lab.runs.progress import JobProgress
from paddle_lab.runs.speeds import read_speeds, remember_speeds
from paddle_lab.tasks import Task, get_task
from paddle_lab.tasks.settings import own_options
from paddle_lab.training.batches import batches_in
from paddle_lab.training.estimate import Shape, estimate, matrix_speed, slowness
from paddle_lab.training.proof_time import proof_seconds
from paddle_lab.training.windows import amount_of
from paddle_lab.training.work import EvaluatedWork, EvenWork, TrainedWork, even_work

if TYPE_CHECKING:
    from paddle_lab.training.inputs import TrainingInputs

#: The phases of a run in their order, with what has no phase of its own: writing checkpoints, and
#: the model as it came asked beside the trained one.
PARTS: Final = (
    "load", "data", "model", "tokenize", "train", "evaluate", "save",
    "report", "compare", "alternatives", "export", "verify",
)  # fmt: skip
LOOP: Final = ("train", "evaluate", "save")
#: Parts that do the same whatever the model and the rows, and those that do whatever the model.
_ALIKE: Final = ("load", "import")
_OF_THE_TASK: Final = ("compare",)
#: Seconds of a part, of a row, of a checkpoint where `slowness` is 1, on two cores.
_LOAD_S: Final = 2.4
_LOADED_S: Final = 0.1
_IMPORT_S: Final = 0.65
_ROW_S: Final = 0.0003
_PREPARE_S: Final = 0.8
_SAVE_S: Final = 0.05
_EXPORT_S: Final = 0.75
#: Writing the program and its weights beside writing a checkpoint.
_EXPORT_SAVES: Final = 1.6
_TOKEN_S: Final = 0.0001
#: Products of narrower matrices do not reach the speed that the estimate takes.
_WIDE: Final = 400
#: Most models that are trained on a CPU have so many layers.
_LAYERS: Final = 6
#: A token of an evaluation beside the training on it; of a model that was not made fast.
FORWARD: Final = 0.25
_PLAIN_FORWARD: Final = 3.0
#: How much of reading the answers in an evaluation the report is spared.
_READ_ONCE: Final = 0.8
#: Rows that the report looks at beside those it is about.
REPORT_SAMPLE: Final = 512


class RunJob(JobProgress):
    """The progress of one run. ``prepared`` are its data where they were read already."""

    def __init__(self, spec: RunSpec, prepared: Prepared | None = None) -> None:
        super().__init__(PARTS, loop=LOOP)
        self._spec = spec
        self._task: Task = get_task(spec.task)
        self._speeds = read_speeds()
        self._slow = slowness()
        self._decode = self._task.decode_token_s * self._slow
        self._computing = self._reading = 0.0
        self._layers = spec.layers or _LAYERS
        self._import_s = self._speeds.get("import", _IMPORT_S * self._slow)
        self._imported_here = False
        self._warm = "paddlenlp.trainer" in sys.modules
        self._row = float(spec.max_len)  # tokens of a row, with all its windows
        self._expect("load", 1, self._slow * (_LOADED_S if self._warm else _LOAD_S))
        rows = 0 if prepared is None else len(prepared.train) + len(prepared.evaluated)
        self._expect("data", 1, self._slow)
        self._expect("model", 1, 0.5)
        self._expect("tokenize", max(rows, 1), self._slow * (_PREPARE_S / max(rows, 1) + _ROW_S))
        if prepared is None:
            self._expect("train", 100, _TOKEN_S, work=EvenWork(1000))
        else:
            self._know_rows(prepared)
        self._after_training(prepared)

    def imported(self, seconds: float) -> None:
        """Importing Paddle took so long in this process; the proof imports it once more."""
        self._import_s = seconds
        self._imported_here = True

    def evaluated(self, computing_s: float, reading_s: float) -> None:
        """Seconds of an evaluation: computing the outputs, and reading the answers from them."""
        self._computing += computing_s
        self._reading += reading_s

    def computing_share(self) -> float:
        """What computing outputs takes of an evaluation, 0 to 1: as in those that were."""
        computing, reading = self._computing, self._reading
        if not computing:
            computing, reading = FORWARD * (self._unit("train") or _TOKEN_S), self._decode
        return computing / (computing + reading)

    def know_inputs(self, inputs: TrainingInputs, per_epoch: int) -> None:
        """The rows are windows of tokens now, in ``per_epoch`` batches."""
        spec = self._spec
        shape = Shape.from_config(read_config(inputs.resolved.folder))
        self._layers = shape.layers
        steps = int(per_epoch * spec.epochs)
        train, dev = inputs.train.lengths(), inputs.dev.lengths()
        evaluated = inputs.test.lengths() if inputs.test is not None else dev
        trained = TrainedWork(train, spec.batch_size, spec.seed)
        known = self._key("train") in self._speeds
        guess = None if known else self._seconds_of_a_token(shape, inputs)
        self._expect("train", steps, guess, work=trained)
        self._evaluations(per_epoch, steps, len(dev), EvaluatedWork(dev))
        self._row = float(evaluated.sum()) / max(1, len(inputs.prepared.evaluated))
        report = EvaluatedWork(evaluated, train[:REPORT_SAMPLE])
        self._report(len(evaluated) + min(REPORT_SAMPLE, len(train)), report)
        self._after_training(inputs.prepared)

    def _know_rows(self, prepared: Prepared) -> None:
        """There are rows, of which only the mean length is known yet."""
        spec, long_text = self._spec, self._task.long_text
        most = self._task.most_windows(own_options(self._task, spec.extra))
        train = amount_of(prepared.train, long_text, spec.max_len, most)
        dev = amount_of(prepared.dev, long_text, spec.max_len)
        evaluated = dev if prepared.test is None else amount_of(
            prepared.test, long_text, spec.max_len
        )  # fmt: skip
        per_epoch = max(1, int(batches_in(train.windows, spec.batch_size)))
        steps = max(1, int(per_epoch * spec.epochs))
        each = even_work(train)(train.windows) / per_epoch
        self._expect("train", steps, _TOKEN_S, work=EvenWork(each))
        self._evaluations(per_epoch, steps, dev.windows, even_work(dev))
        sample = min(REPORT_SAMPLE, train.windows)
        self._report(evaluated.windows + sample, even_work(evaluated))

    def _evaluations(self, per_epoch: int, steps: int, dev: int, work: Work) -> None:
        """What is computed without training, for so many windows of the dev part."""
        times = len(evaluation_steps(per_epoch, steps, self._spec.evals_per_epoch))
        self._expect("evaluate", times * dev, None, like=self._evaluation, work=work)
        self._expect("save", times, _SAVE_S * self._slow)

    def _report(self, windows: int, work: Work) -> None:
        self._expect("report", windows, None, like=self._reporting, work=work)

    def _evaluation(self, unit: Unit) -> float | None:
        """The model without its gradients, and reading its answers."""
        token = unit("train")
        return None if token is None else FORWARD * token + self._decode

    def _reporting(self, unit: Unit) -> float | None:
        """As an evaluation; answers are read once, where that may try several thresholds."""
        token = unit("evaluate")
        return None if token is None else token * (1 - _READ_ONCE * (1 - self.computing_share()))

    def _after_training(self, data: Prepared | None) -> None:
        spec, task = self._spec, self._task
        compared = asked = 0.0
        if data is not None and spec.baseline:
            compared = task.compare_seconds(data.train, data.evaluated)
            asked = 0 if spec.random_init else task.asked_untrained(data.train, data.evaluated)
            each = _mean_size(data.evaluated, spec.max_len)
            like = _times("evaluate", _PLAIN_FORWARD)
            self._expect("alternatives", asked, None, like=like, work=EvenWork(each))
        self._expect("compare", compared, self._slow)
        export = 1 if spec.export else 0
        self._expect("export", export, None, like=self._export)
        self._expect("verify", export, None, like=self._proof)

    def _export(self, unit: Unit) -> float | None:
        """Tracing, writing, and asking the model the rows that the proof asks again."""
        token = _PLAIN_FORWARD * self._asked(unit)
        written = _EXPORT_SAVES * (unit("save") or 0.0)
        return self._slow * _EXPORT_S + written + token * MOST_ROWS * self._row

    def _proof(self, unit: Unit) -> float | None:
        return proof_seconds(
            self._import_s, self._asked(unit), self._layers, self._spec.max_len, self._row,
            slow=self._slow,
        )  # fmt: skip

    def _asked(self, unit: Unit) -> float:
        """A token through the model alone."""
        return (unit("evaluate") or _TOKEN_S) * self.computing_share()

    def remember(self) -> None:
        """Keep what was measured for the next run on this machine."""
        self.finish()
        measured = self.measured()
        if self._warm:
            measured.pop("load", None)
        if self._imported_here:
            measured["import"] = self._import_s
        remember_speeds({self._key(name): value for name, value in measured.items()})

    def _expect(
        self,
        name: str,
        units: float,
        guess: float | None,
        like: Like | None = None,
        work: Work | None = None,
    ) -> None:
        known = None if name == "load" and self._warm else self._speeds.get(self._key(name))
        self.plan(
            name, units, expected=known or guess, earlier=known is not None, like=like, work=work
        )

    def _key(self, name: str) -> str:
        spec = self._spec
        if name in _ALIKE:
            return name
        if name in _OF_THE_TASK:
            return f"{name}|{spec.task}"
        device = spec.device if spec.procs == 1 else f"{spec.device}*{spec.procs}"
        parts = (name, _model(spec), spec.task, device, spec.max_len)
        cost = (spec.batch_size, spec.precision, spec.threads or usable_cores())
        return "|".join(str(one) for one in (*parts, *(cost if name == "train" else ())))

    def _seconds_of_a_token(self, shape: Shape, inputs: TrainingInputs) -> float | None:
        """What training on a token may take, before one was; None where nobody knows: on a GPU."""
        spec = self._spec
        if spec.device not in ("cpu", "auto"):
            return None
        tokens = max(1, int(inputs.train.lengths().mean() * spec.batch_size))
        every = any(target.per_token for target in self._task.targets)
        speed = matrix_speed(spec.threads or usable_cores())
        cost = estimate(shape, tokens, spec.batch_size, spec.max_len, speed, every_token=every)
        return cost.seconds / tokens * max(1.0, _WIDE / shape.hidden)


def _times(name: str, factor: float) -> Like:
    """So many times what a unit of another part takes."""

    def like(unit: Unit) -> float | None:
        found = unit(name)
        return None if found is None else factor * found

    return like


def _mean_size(rows: Dataset, most: int) -> float:
    """Characters of a row, about as many tokens."""
    sample = range(0, len(rows), max(1, len(rows) // 200))
    return min(most, sum(map(rows.size, sample)) / max(1, len(sample)))


def _model(spec: RunSpec) -> str:
    name = model_name(spec.model)
    return name if spec.layers is None else f"{name}/{spec.layers}"


def know_inputs(job: JobProgress, inputs: TrainingInputs, per_epoch: int) -> None:
    """Tell a run's progress what there is to train on; a Trainer of somebody's own has no parts."""
    if isinstance(job, RunJob):
        job.know_inputs(inputs, per_epoch)


def computing_share(job: JobProgress) -> float:
    """What computing outputs is expected to take of an evaluation, 0 to 1."""
    return job.computing_share() if isinstance(job, RunJob) else 1.0


def know_evaluation(job: JobProgress, computing_s: float, reading_s: float) -> None:
    """Tell a run's progress what the two halves of an evaluation took, in seconds."""
    if isinstance(job, RunJob):
        job.evaluated(computing_s, reading_s)


def remember_job(job: JobProgress) -> None:
    """Keep what the parts of a finished run took."""
    if isinstance(job, RunJob):
        job.remember()


def evaluations_due(per_epoch: int, evals_per_epoch: int) -> set[int]:
    """The steps of an epoch, counted from 1, after which the dev part is evaluated."""
    return {round(per_epoch * k / evals_per_epoch) for k in range(1, evals_per_epoch + 1)}


def evaluation_steps(per_epoch: int, total: int, evals_per_epoch: int) -> list[int]:
    """The steps after which the dev part is evaluated; the last step always is one."""
    due = evaluations_due(per_epoch, evals_per_epoch)
    found = [step for step in range(1, total) if (step % per_epoch or per_epoch) in due]
    return [*found, total] if total > 0 else []
