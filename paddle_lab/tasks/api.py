"""What the rest of Paddle Lab knows of a task: the engine, export and views ask for this alone.

A task is one package under ``paddle_lab/tasks`` (or of another installed package, by an entry point
of the group ``paddle_lab.tasks``) with an object ``TASK`` that has the members of :class:`Task`.
It is stateless: everything it needs is passed. Nothing at its top imports paddle or paddlenlp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from paddle_lab.data.schema import RowSchema
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.codec import Codec, IntArray, Outputs, Windows

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.models import Resolved
    from paddle_lab.tasks.blocks import Block, Format, Mark
    from paddle_lab.tasks.trial import TrialBase

BoolArray = npt.NDArray[np.bool_]
#: A heading and its rows, as they are written into a CSV file beside the report.
FileTable = tuple[Sequence[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class MetricSpec:
    """A figure of the evaluation: its name, how it is written, and which way is better."""

    name: str
    format: Format = "percent"
    higher_is_better: bool = True


@dataclass(frozen=True)
class TargetSpec:
    """What the loss compares with: an array for each window.

    ``per_token`` arrays are [tokens, ...] and padded with ``pad``; others are one value a window.
    """

    name: str
    dtype: str = "int64"
    per_token: bool = False
    pad: float = -100


@dataclass(frozen=True)
class ModelOptions:
    """What a person may say of the network: ``dropout`` None leaves the model's own.

    ``own`` is an instance of :attr:`Task.options`, None where the task has none.
    """

    dropout: float | None = None
    random_init: bool = False
    own: Any = None


@dataclass(frozen=True)
class Evaluation:
    """One split with what the model said of it: all that a report is made from.

    ``options`` are the task's own.
    """

    split: str
    data: Dataset
    codec: Codec
    windows: Windows
    outputs: Outputs
    options: Any = None


@dataclass(frozen=True)
class Training:
    """What the advice may use of the training; None where it is not known.

    ``train_metrics`` are the model's on (some of) its own training rows; ``metric`` is what chose
    the best weights; ``alternatives`` are those of :meth:`Task.alternatives`.
    """

    metric: str
    train: Dataset | None = None
    train_metrics: Mapping[str, float] | None = None
    model: str | None = None
    epochs: float | None = None
    lr: float | None = None
    still_improving: bool | None = None
    alternatives: Sequence[Baseline] = ()


@dataclass(frozen=True)
class Baseline:
    """A simple model's answers to the evaluation rows, in the task's own form.

    ``rows`` were fitted on; ``seconds`` is what fitting and answering took; ``short`` is what the
    verdict calls it, the name where there is none.
    """

    name: Text | str
    answers: Any
    seconds: float
    rows: int
    short: Text | str = ""

    @property
    def called(self) -> Text | str:
        """Its short name."""
        return self.short or self.name


def fitted_on(name: Text, used: int, rows: int) -> Text:
    """The name of a baseline, with how many of the rows it was fitted on where that is not all."""
    if used >= rows:
        return name
    en, zh = "{name} ({used} of {rows} rows)", "{name}（{rows} 条中的 {used} 条）"
    return T(en, zh, name=name, used=used, rows=rows)


@dataclass(frozen=True)
class Untrained:
    """The model that a training began with, to be asked as it came.

    ``random_init`` tells that the training took nothing of its weights.
    """

    resolved: Resolved
    tokenizer_json: str
    max_len: int
    random_init: bool = False


class Task(RowSchema, Protocol):
    """One kind of problem; as a :class:`~paddle_lab.data.schema.RowSchema` it says which rows.

    Most derive from :class:`paddle_lab.tasks.base.TaskBase`, which has what they share.
    """

    @property
    def title(self) -> Text:
        """What it does, for help and pages."""

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """The figures of :meth:`measure`; the first chooses the best weights unless told."""

    @property
    def classes(self) -> Text | None:
        """What of :meth:`counted` its figures are of, in the plural: they are marked where an
        evaluation lacks some. None for figures of no classes.
        """

    @property
    def targets(self) -> tuple[TargetSpec, ...]:
        """The arrays that :meth:`encode_targets` gives."""

    @property
    def soft_target(self) -> str | None:
        """Which of :attr:`targets` may also hold probabilities [windows, labels], from a larger
        model, and then be compared with as such. None for a task that learns from no such model.
        """

    @property
    def problem_type(self) -> str | None:
        """What a text has of the codec's ``labels``, by transformers' names: a checkpoint's own
        classifier is gone on with where its classes are these. None: no such head is used.
        """

    @property
    def decode_token_s(self) -> float:
        """Seconds that an evaluation takes for a token beside the model: reading its answers.

        Where :func:`paddle_lab.training.estimate.slowness` is 1; 0 where the model takes most.
        """

    @property
    def options(self) -> type | None:
        """The dataclass of its own options, all with defaults (``paddle_lab.options.option``).

        A person gives them as ``--set NAME=VALUE``. None where it has none.
        """

    def advised(self, model: str) -> Mapping[str, Any]:
        """Values of a run's options that suit this task with that model, by name.

        They go before what the model's card advises.
        """

    def codec(self, tokenizer_json: str, max_len: int, train: Dataset, own: Any) -> Codec:
        """The codec for these training rows; ``own`` are the task's options."""

    def codec_from(self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]) -> Codec:
        """The codec whose ``to_json`` gave ``content``, which may be anything.

        Raises KeyError, TypeError or ValueError for what is none.
        """

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """The network: called with the codec's inputs by name, it gives its outputs in order.

        The new head is random: paddle is seeded before.
        """

    def encode_targets(
        self, codec: Codec, windows: Windows, data: Dataset
    ) -> dict[str, Sequence[npt.NDArray[Any]] | npt.NDArray[Any]]:
        """For each of :attr:`targets`, an array or value for each window."""

    def trained(self, windows: Windows, targets: Mapping[str, Any], own: Any) -> IntArray | None:
        """Indices of the training part's windows that training reads; None: all of them.

        ``targets`` are those of :meth:`encode_targets`. The same for the same arguments: a resumed
        run reads the same windows.
        """

    def most_windows(self, own: Any) -> float | None:
        """About how many windows of one row training reads at most, for the estimate of its time.

        None: all.
        """

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """The loss of each window [windows]: so a batch may be computed in parts."""

    def learn(self, codec: Codec, model: Any, evaluation: Evaluation) -> Codec:
        """The codec with what training taught beside the program.

        Called after each evaluation of the dev part, with the codec as :meth:`codec` made it: to
        take over parameters of ``model`` that are outside the program, and thresholds that suit the
        dev rows. The result is kept with the weights of that step and travels in the bundle.
        """

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """All :attr:`metrics`, and others if it likes."""

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """A simple model fitted on the same training rows; None where none can be fitted."""

    def features(self, data: Dataset) -> Any:
        """What simple models read of each row: a sparse matrix [rows, features], none negative.

        For labels that the data contradict, of tasks whose target is one label. None where the task
        is another, or the rows hold nothing.
        """

    def alternatives(
        self, train: Dataset, evaluation: Dataset, codec: Codec, untrained: Untrained
    ) -> Sequence[Baseline]:
        """Further ways to answer, that use the model without the training; often none."""

    def compare_seconds(self, train: Dataset, evaluation: Dataset) -> float:
        """About how long :meth:`baseline` and the report take, before a run has measured it.

        In seconds where :func:`paddle_lab.training.estimate.slowness` is 1.
        """

    def asked_untrained(self, train: Dataset, evaluation: Dataset) -> int:
        """About how many rows :meth:`alternatives` asks the model."""

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report, the most important first."""

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """What the report leaves out, by the name of the CSV file that holds it."""

    def headings(self, top_k: int) -> list[Text]:
        """The columns of a table of answers, behind that of the row itself."""

    def cells(self, answer: Any, top_k: int) -> Sequence[Any]:
        """An answer in those columns: texts, or what a page draws (``text/html_table.py``)."""

    def answer_from(self, content: Mapping[str, Any]) -> Any:
        """What :meth:`cells` and :meth:`marks` read, of an answer as JSON: a service's."""

    @property
    def answer_columns(self) -> Sequence[str]:
        """The columns that :meth:`beside` gives, ``prediction`` first."""

    def beside(self, answer: Any) -> Mapping[str, Any]:
        """An answer as columns beside its row, each a JSON value."""

    def is_right(self, answer: Any, cell: Any) -> bool | None:
        """Whether a cell of the target's column agrees with the answer; None: it does not tell."""

    def marks(self, answer: Any) -> Mapping[str, Sequence[Mark]]:
        """Spans of what was given that the answer marks, by role; none: ``{}``."""

    @property
    def trial(self) -> TrialBase | None:
        """What trying it in place needs; None where it cannot be tried so."""

    @property
    def example_call(self) -> str:
        """What ``predict`` may be called with, as Python source: for help and model cards."""


def higher_is_better(task: Task, metric: str) -> bool:
    """Which way is better for one of the figures that ``task`` gives."""
    return all(spec.higher_is_better for spec in task.metrics if spec.name == metric)
