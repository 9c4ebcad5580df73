"""What the training engine, the export and the report ask of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from paddle_lab.models import Resolved
    from paddle_lab.tasks.blocks import Block

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
#: A heading and its rows, as they are written into a CSV file beside the report.
FileTable = tuple[Sequence[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Evaluation:
    """Rows of one split with what the model said of them: all that a report is made from.

    ``gold`` are class indices [rows], ``logits`` are [rows, labels]; ``lines`` are the rows' places
    in their source, None where there are none.
    """

    split: str
    texts: Sequence[str]
    lines: Sequence[int | None]
    gold: IntArray
    logits: FloatArray
    labels: Sequence[str]


@dataclass(frozen=True)
class Training:
    """What the advice may use of the training; None where it is not known.

    ``rows_by_label`` counts training rows in the order of the labels; ``train_metrics`` are the
    model's on (some of) its own training rows; ``metric`` is what the best weights were chosen by.
    """

    metric: str = "accuracy"
    rows_by_label: Sequence[int] | None = None
    train_metrics: Mapping[str, float] | None = None
    model: str | None = None
    epochs: float | None = None
    lr: float | None = None
    still_improving: bool | None = None


@dataclass(frozen=True)
class Baseline:
    """A simple model's answers to the evaluation rows: class indices; ``rows`` were fitted on."""

    name: str
    predicted: IntArray
    seconds: float
    rows: int


class Task(Protocol):
    """One kind of problem. Stateless: everything it needs is passed."""

    @property
    def name(self) -> str:
        """As ``--task`` has it."""

    def tokenizer(self, folder: Path | str, max_len: int) -> Tokenizer:
        """The tokenizer of the model in ``folder``, cutting at ``max_len`` tokens."""

    def encode(self, tokenizer: Tokenizer, texts: Sequence[str]) -> list[IntArray]:
        """Token ids of each text, with the special tokens."""

    def build_model(self, resolved: Resolved, labels: Sequence[str], **options: Any) -> Any:
        """The PaddleNLP model with a new head for ``labels``."""

    def metrics(self, logits: FloatArray, gold: IntArray) -> dict[str, float]:
        """Figures of logits [rows, labels] against class indices [rows]."""

    def baseline(
        self,
        texts: Sequence[str],
        gold: IntArray,
        eval_texts: Sequence[str],
    ) -> Baseline | None:
        """A simple model fitted on the same training rows; None where none can be fitted."""

    def report(
        self,
        evaluation: Evaluation,
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report, the most important first."""

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """What the report leaves out, by the name of the CSV file that holds it."""
