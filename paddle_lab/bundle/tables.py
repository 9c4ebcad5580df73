"""Answers beside the rows that they are of: a DataFrame from whatever holds rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from paddle_lab.bundle.shown import ShownAnswers
from paddle_lab.data.cells import is_missing
from paddle_lab.data.column_cells import ColumnCells
from paddle_lab.data.dataset import Dataset
from paddle_lab.data.inputs import (
    InputReading,
    Inputs,
    inputs_of_texts,
    inputs_of_variable,
    read_inputs,
)
from paddle_lab.data.table_file import free_names
from paddle_lab.errors import EnvError
from paddle_lab.i18n import T
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Rows

if TYPE_CHECKING:
    from paddle_lab.bundle.predictor import Predictor
    from paddle_lab.bundle.side_by_side import Answering


class Answers(ShownAnswers):
    """Answers in the order of their rows, None where a row had nothing to answer.

    :meth:`table` gives the rows with the answers beside them.
    """

    def __init__(
        self, answers: Sequence[Any], inputs: Inputs, data: Any, predictor: Predictor
    ) -> None:
        super().__init__(answers, inputs.given, predictor.task, predictor.who)
        self._inputs, self._data = inputs, data

    def table(self) -> Any:
        """A pandas DataFrame: the person's own columns and index, then ``prediction`` and more."""
        return _frame(self._data, self._inputs, self, get_task(self._task))


def reading_of(
    predictor: Predictor, columns: Mapping[str, Any] | None = None, **how: Any
) -> InputReading:
    """How rows are read for this predictor: what its codec reads, as training read it."""
    like = predictor.manifest.source.get("columns")
    like = {str(role): str(name) for role, name in like.items()} if isinstance(like, dict) else {}
    asked = {str(role): str(name) for role, name in (columns or {}).items()}
    return InputReading(needed_roles(predictor), asked, like, **how)


def needed_roles(predictor: Predictor) -> list[str]:
    """What the model reads of a row, in the order of the task's roles."""
    known = predictor.codec.neutral_rows()
    roles = [role.name for role in get_task(predictor.task).roles if role.name in known]
    return roles or list(known)


def inputs_from(predictor: Predictor, data: Any, name: str, reading: InputReading) -> Inputs:
    """The inputs in a value: a table of any kind, or texts in a list. Raises DataError."""
    schema = get_task(predictor.task)
    if isinstance(data, PathLike):
        return read_inputs(schema, data, reading)
    if isinstance(data, Dataset):
        cells = ColumnCells(list(data.given.values()))
        roles = {role: index for index, role in enumerate(data.given)}
        lines = [line or number for number, line in enumerate(data.lines, start=1)]
        return Inputs(name, list(data.given), cells, data.given, {}, lines, roles, unit=data.unit)
    if is_table_value(data):
        return inputs_of_variable(schema, data, name, reading)
    return _of_list(predictor, data, name, reading.needed)


def is_table_value(data: Any) -> bool:
    """Whether a value has columns: a DataFrame, a mapping, a list of mappings, a `datasets` one."""
    if isinstance(data, Mapping) or hasattr(data, "columns") or hasattr(data, "column_names"):
        return True
    if isinstance(data, str) or not isinstance(data, Sequence):
        return False
    return bool(data) and isinstance(data[0], Mapping)


def _of_list(predictor: Predictor, data: Any, name: str, needed: Sequence[str]) -> Inputs:
    """Rows of a list, a Series, an array: a missing text keeps its place."""
    if hasattr(data, "to_pandas"):
        data = data.to_pandas()
    header = getattr(data, "name", None)
    values = data.tolist() if hasattr(data, "tolist") and getattr(data, "ndim", 0) == 1 else data
    if len(needed) == 1 and isinstance(values, (list, tuple)):
        missing = [is_missing(value) for value in values]
        known = [value for value, gone in zip(values, missing, strict=True) if not gone]
        whole = iter(predictor.rows_of(known)[needed[0]])
        texts = ["" if gone else next(whole) for gone in missing]
        return inputs_of_texts(name, needed[0], texts, range(1, len(texts) + 1),
                               header if isinstance(header, str) else needed[0], "row")  # fmt: skip
    rows = predictor.rows_of(values)
    given = {role: list(column) for role, column in rows.items()}
    count = len(next(iter(given.values()), []))
    cells = ColumnCells(list(given.values()))
    roles = {role: index for index, role in enumerate(given)}
    return Inputs(name, list(given), cells, given, {}, range(1, count + 1), roles, unit="row")


def answered(
    predictor: Answering, inputs: Inputs, *, batch_size: int = 32, long_text: str | None = None
) -> Iterator[tuple[int, Any]]:
    """Each row's index with its answer, in order; None for a row without a text."""
    known = [index for index in range(len(inputs)) if index not in inputs.missing]
    rows: Rows = inputs.given
    if inputs.missing:
        rows = {role: [values[index] for index in known] for role, values in inputs.given.items()}
    position = 0
    for group in predictor.stream(rows, batch_size=batch_size, long_text=long_text):
        yield from zip(known[position : position + len(group)], group, strict=True)
        position += len(group)


def table(
    predictor: Predictor,
    data: Any,
    *,
    columns: Mapping[str, Any] | None = None,
    batch_size: int = 32,
    long_text: str | None = None,
) -> Any:
    """:meth:`paddle_lab.bundle.Predictor.table`."""
    inputs = inputs_from(predictor, data, "data", reading_of(predictor, columns))
    answers: list[Any] = [None] * len(inputs)
    for index, answer in answered(predictor, inputs, batch_size=batch_size, long_text=long_text):
        answers[index] = answer
    return _frame(data, inputs, answers, get_task(predictor.task))


def _frame(data: Any, inputs: Inputs, answers: Sequence[Any], task: Any) -> Any:
    try:
        import pandas as pd
    except ImportError as error:
        raise EnvError(
            T("pandas is not installed here.", "这里没有安装 pandas。"),
            T("A table of answers is a pandas DataFrame.", "结果表是 pandas DataFrame。"),
            T("Install it: pip install pandas - or write a file: paddle-lab predict --out",
              "请安装：pip install pandas；或写入文件：paddle-lab predict --out"),
            code="env.no_pandas",
        ) from error  # fmt: skip

    if isinstance(data, pd.DataFrame):
        frame = data.copy()
    elif isinstance(data, pd.Series):
        frame = data.to_frame()
    else:
        names = inputs.column_names()
        frame = pd.DataFrame(
            {name: [row[n] for row in inputs.cells] for n, name in enumerate(names)}
        )
    # An answer to what the model cannot read means nothing: its place is empty.
    beside = [{} if answer is None or answer.empty else task.beside(answer) for answer in answers]
    keys = list(task.answer_columns)
    for key, name in zip(keys, free_names([str(one) for one in frame.columns], keys), strict=True):
        values = [row.get(key) for row in beside]
        typed = pd.Series(values, index=frame.index, dtype=_dtype(values))
        frame[name] = typed
    return frame


def _dtype(values: Sequence[Any]) -> Any:
    """What keeps values as they are: pandas would make 1.0 of 1 beside a missing value."""
    known = [value for value in values if value is not None]
    if known and all(type(value) is float for value in known):
        return float
    whole = len(known) == len(values)
    return None if whole and not any(isinstance(one, (list, dict)) for one in known) else object
