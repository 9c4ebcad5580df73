"""What a report is made of: typed blocks that every view draws and no view knows a task by.

``runs/schema.json`` describes the same forms (``Block``); TypeScript's types are generated from it.
A task builds a list of blocks, the most important first. Text that a person reads is a
:class:`~paddle_lab.i18n.Text`; what comes from the data is a plain string and never markup.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Final, Literal

from paddle_lab.i18n import T, Text

#: The version of the report's form; reports without one are of version 1.
REPORT_VERSION: Final = 2

Outcome = Literal["better", "level", "worse"]
Format = Literal["text", "number", "percent", "count", "amount"]
MarkKind = Literal["right", "missed", "wrong"]
Cell = Text | str | float | int | None

#: The files of all mistakes, or all answers: ``mistakes``, ``answers`` among a task's tables.
MISTAKES: Final = "mistakes.csv"
ANSWERS: Final = "answers.csv"
#: The row of the trained model in every table beside a baseline.
FINE_TUNED: Final = T("fine-tuned", "微调模型")


@dataclass(frozen=True)
class Block:
    """One part of a report; ``type`` names it in JSON, its fields are what it holds."""

    type: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The block as ``report.json`` and the page hold it, numbers to six digits."""
        return {"type": self.type, **_fields(self)}


def _fields(item: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(item, field.name)) for field in fields(item)}


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.to_json()
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def rounded(value: float) -> float | None:
    """A figure as JSON holds it: to six digits; None for NaN, which JSON cannot write."""
    return None if math.isnan(value) else round(value, 6)


@dataclass(frozen=True)
class Verdict(Block):
    """How the model stands beside the baseline, in one sentence; ``detail`` says how that is known:
    the test and the interval.
    """

    type: ClassVar = "verdict"

    outcome: Outcome
    text: Text
    detail: Text | None = None


@dataclass(frozen=True)
class Metric:
    """One figure; ``margin`` is half of its 95 % interval, in the figure's own unit.

    NaN is a figure that would mean nothing here. ``note`` stands behind it, such as "3 of 5
    classes".
    """

    name: str
    value: float
    format: Format = "number"
    margin: float | None = None
    note: Text | None = None


@dataclass(frozen=True)
class Metrics(Block):
    """Named figures of the evaluation; ``note`` says what none of them tells."""

    type: ClassVar = "metrics"

    items: Sequence[Metric]
    note: Text | None = None


@dataclass(frozen=True)
class Advice(Block):
    """Remarks on what to try or to mind, the most important first."""

    type: ClassVar = "advice"

    items: Sequence[Text]


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and how its cells are written."""

    name: Text
    format: Format = "text"


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells, one for each column; None is an empty cell. ``more`` rows are not shown.

    A string is from the data or a proper name; what is said in words is a Text.
    """

    type: ClassVar = "table"

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    more: int = 0


@dataclass(frozen=True)
class Matrix(Block):
    """Counts [labels, labels]: rows are what was expected, columns what was answered."""

    type: ClassVar = "matrix"

    title: Text
    labels: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Mark:
    """A span of a text in characters, end exclusive, and whether it was found."""

    start: int
    end: int
    kind: MarkKind
    label: str = ""


@dataclass(frozen=True)
class Sample:
    """One text with what was expected and answered; ``line`` is where it stands in its file.

    ``row`` is its index in the part that was evaluated: the run keeps it whole (``report/rows``).
    """

    text: str
    expected: str | None = None
    answered: str | None = None
    probability: float | None = None
    line: int | None = None
    marks: Sequence[Mark] = ()
    row: int | None = None


@dataclass(frozen=True)
class Examples(Block):
    """Texts with their answers, such as the worst mistakes.

    ``file`` is that of the run's ``report/`` which holds all of them, whole.
    """

    type: ClassVar = "examples"

    title: Text
    items: Sequence[Sample]
    file: str | None = None


@dataclass(frozen=True)
class Histogram(Block):
    """Counts between ``edges`` (one more than counts); ``line`` marks a value, such as a limit."""

    type: ClassVar = "histogram"

    title: Text
    edges: Sequence[float]
    counts: Sequence[int]
    line: float | None = None
    line_name: Text | None = None


def report_json(
    split: str,
    rows: int,
    metrics: Mapping[str, float],
    blocks: Sequence[Block],
    coverage: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The report of ``rows`` rows of the part ``split``, as ``schema.json`` has it (``Report``).

    ``metrics`` are the figures by name that lists, comparisons and the export use; ``coverage`` is
    that of :class:`paddle_lab.tasks.coverage.Coverage` where the rows lack classes.
    """
    return {
        "version": REPORT_VERSION,
        "split": split,
        "rows": rows,
        "metrics": {name: rounded(value) for name, value in metrics.items()},
        "coverage": coverage,
        "blocks": [block.to_json() for block in blocks],
    }
