"""Notebook variables to records: DataFrames, `datasets` tables, lists of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T


def records_of(value: Any, name: str) -> Records:
    """Records of a variable called ``name``; lines are rows, from 1.

    Taken: a pandas DataFrame, whatever turns into one (`datasets`, polars, pyarrow), a mapping of
    equally long columns, a sequence of mappings, a sequence of (text, label).

    Raises DataError for anything else, and for a variable that fails when it is looked at.
    """
    try:
        return _records_of(value, name)
    except DataError:
        raise
    except Exception as problem:  # whatever a stranger's class does, or memory that runs out
        raise _not_readable(value, name, problem) from problem


def _records_of(value: Any, name: str) -> Records:
    layout = {"format": type(value).__name__}
    records = Records(header=None, unit="row", layout=layout)
    if _is_parts(value):
        raise _not_data(value, name, f"{name}_train = {name}['train']")
    names_of_classes = _class_names(value)
    if hasattr(value, "to_pandas"):
        value = value.to_pandas()
    if hasattr(value, "itertuples") and hasattr(value, "columns"):
        _add_frame(records, value, names_of_classes)
    elif isinstance(value, Mapping):
        _add_columns(records, value, name)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        _add_rows(records, value)
    else:
        raise _not_data(value, name, "pandas.DataFrame({'text': [...], 'label': [...]})")
    return records


def _add_frame(records: Records, frame: Any, names_of_classes: Mapping[str, list[str]]) -> None:
    records.header = [str(column) for column in frame.columns]
    columns: list[Sequence[Any]] = []
    for index, column in enumerate(records.header):
        cells = frame.iloc[:, index].tolist()
        names = names_of_classes.get(column)
        columns.append(cells if names is None else [class_name(cell, names) for cell in cells])
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        records.add(number, row)


def _add_columns(records: Records, columns: Mapping[Any, Any], name: str) -> None:
    lists = [value for value in columns.values() if isinstance(value, Sequence | tuple)]
    lengths = {len(value) for value in lists if not isinstance(value, str)}
    if len(lists) < len(columns) or len(lengths) != 1:
        raise _not_data(columns, name, "pandas.DataFrame({'text': [...], 'label': [...]})")
    records.header = [str(key) for key in columns]
    for number, row in enumerate(zip(*lists, strict=True), start=1):
        records.add(number, row)


def _add_rows(records: Records, rows: Sequence[Any]) -> None:
    if rows and isinstance(rows[0], Mapping):
        objects = [(n, row) for n, row in enumerate(rows, start=1) if isinstance(row, Mapping)]
        records.add_objects(objects)
    else:
        records.header = ["text", "label"]
        for number, row in enumerate(rows, start=1):
            if _is_pair(row):
                records.add(number, list(row))
    taken = set(records.lines)
    records.bad += [
        (number, T("{kind}: not a text with a label", "{kind}：不是带标签的文本", kind=_kind(row)))
        for number, row in enumerate(rows, start=1)
        if number not in taken
    ]


def _is_pair(row: Any) -> bool:
    return isinstance(row, Sequence) and not isinstance(row, (str, bytes)) and len(row) == 2


def _is_parts(value: Any) -> bool:
    """A `DatasetDict`: several tables under the names of their parts."""
    return isinstance(value, Mapping) and any(hasattr(part, "to_pandas") for part in value.values())


def _class_names(value: Any) -> dict[str, list[str]]:
    """`datasets` keeps classes as numbers and their names beside."""
    features = getattr(value, "features", None)
    if not isinstance(features, Mapping):
        return {}
    return {str(key): list(kind.names) for key, kind in features.items() if hasattr(kind, "names")}


def class_name(cell: Any, names: Sequence[str]) -> Any:
    """The name of a class that `datasets` keeps as a number; None where there is no label."""
    known = isinstance(cell, int) and 0 <= cell < len(names)
    # -1 is how `datasets` says that a row has no label.
    return names[cell] if known else None


def _kind(value: Any) -> str:
    size = f", {len(value)}" if isinstance(value, Sequence) and not isinstance(value, str) else ""
    return f"{type(value).__name__}{size}"


def _not_readable(value: Any, name: str, problem: Exception) -> DataError:
    return DataError(
        T("The variable {name} cannot be read as rows.", "变量 {name} 不能按数据行读取。",
          name=name),
        T("Its type {kind} failed: {problem}: {error}", "其类型 {kind} 出错：{problem}：{error}",
          kind=type(value).__name__, problem=type(problem).__name__, error=problem),
        T("Give a plain DataFrame or a list of (text, label).",
          "请提供普通的 DataFrame 或 (文本, 标签) 列表。"),
        code="data.variable",
    )  # fmt: skip


def _not_data(value: Any, name: str, example: str) -> DataError:
    return DataError(
        T("The variable {name} is a {kind}, which holds no rows.",
          "变量 {name} 的类型是 {kind}，不是数据表。", name=name, kind=type(value).__name__),
        T("A notebook variable comes before a file or sample of its name.",
          "同名时，笔记本变量优先于文件和示例数据。"),
        T("Give a DataFrame or a list of (text, label), e.g. {example}; "
          "or ./{name} for a file of that name.",
          "请提供 DataFrame 或 (文本, 标签) 列表，例如 {example}；同名文件请写 ./{name}。",
          example=example, name=name),
        code="data.variable",
    )  # fmt: skip
