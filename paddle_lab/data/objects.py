"""Notebook variables to records: DataFrames, `datasets` tables, lists of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeGuard

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError, HubError
from paddle_lab.i18n import T

#: Rows of a dataset that may have no end.
_MOST_ROWS: Final = 5_000_000


def records_of(value: Any, name: str) -> Records:
    """Records of a variable called ``name``; lines are rows, from 1.

    Taken: a pandas DataFrame, whatever turns into one (`datasets`, polars, pyarrow), a mapping of
    equally long columns, a sequence of mappings, a sequence of (text, label), and datasets of such
    rows (PaddleNLP's `MapDataset` and `IterDataset`).

    Raises DataError for anything else, and for a variable that fails when it is looked at.
    """
    try:
        return _records_of(value, name)
    except (DataError, HubError):  # rows may come over the network
        raise
    except Exception as problem:  # whatever a stranger's class does, or memory that runs out
        raise _not_readable(value, name, problem) from problem


def _records_of(value: Any, name: str) -> Records:
    layout = {"format": type(value).__name__}
    records = Records(header=None, unit="row", layout=layout)
    if is_parts(value):
        raise _parts_given(value, name)
    names_of_classes = _class_names(value)
    if hasattr(value, "to_pandas"):
        value = value.to_pandas()
    if hasattr(value, "itertuples") and hasattr(value, "columns"):
        _add_frame(records, value, names_of_classes)
    elif isinstance(value, Mapping):
        _add_columns(records, value, name)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        _add_rows(records, value)
    elif _is_dataset(value):
        _add_rows(records, _rows_of_dataset(value, name), names_of_classes)
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


def _add_rows(
    records: Records, rows: Sequence[Any], names_of_classes: Mapping[str, list[str]] | None = None
) -> None:
    names = names_of_classes or {}
    if rows and isinstance(rows[0], Mapping):
        objects = [
            (n, {key: class_name(cell, names[key]) if key in names else cell
                 for key, cell in row.items()} if names else row)
            for n, row in enumerate(rows, start=1) if isinstance(row, Mapping)
        ]  # fmt: skip
        records.add_objects(objects)
    else:
        records.header = ["text", "label"]
        for number, row in enumerate(rows, start=1):
            if _is_pair(row):
                text, label = row
                records.add(number, [text, class_name(label, names["label"])
                                     if "label" in names else label])  # fmt: skip
    taken = set(records.lines)
    records.bad += [
        (number, T("{kind}: not a text with a label", "{kind}：不是带标签的文本", kind=_kind(row)))
        for number, row in enumerate(rows, start=1)
        if number not in taken
    ]


def _is_pair(row: Any) -> bool:
    return isinstance(row, Sequence) and not isinstance(row, (str, bytes)) and len(row) == 2


def is_parts(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is several tables under the names of their parts, such as a `DatasetDict`."""
    return isinstance(value, Mapping) and any(
        hasattr(part, "to_pandas") or _is_dataset(part) for part in value.values()
    )


def _is_dataset(value: Any) -> bool:
    """Whether rows can be taken one by one, more than once: PaddleNLP's and Paddle's datasets.

    An array or a column holds cells, and what is its own iterator can be read once only.
    """
    if isinstance(value, (str, bytes, bytearray, Mapping, Sequence, set, frozenset, type)):
        return False
    if hasattr(value, "dtype"):
        return False
    kind = type(value)
    if hasattr(kind, "__getitem__") and hasattr(kind, "__len__"):
        return True
    return hasattr(kind, "__iter__") and not hasattr(kind, "__next__")


def _rows_of_dataset(value: Any, name: str) -> list[Any]:
    kind = type(value)
    if hasattr(kind, "__getitem__") and hasattr(kind, "__len__"):
        if len(value) <= _MOST_ROWS:
            return [value[number] for number in range(len(value))]
    else:
        rows = list(islice(value, _MOST_ROWS + 1))
        if len(rows) <= _MOST_ROWS:
            return rows
    raise DataError(
        T("The variable {name} gives more than {n} rows.", "变量 {name} 超过 {n} 行。",
          name=name, n=_MOST_ROWS),
        T("All of them are held in memory.", "所有数据行都要放入内存。"),
        T("Give a part of it: list(itertools.islice({name}, 1000000))",
          "请只给出一部分：list(itertools.islice({name}, 1000000))", name=name),
        code="data.too_large",
    )  # fmt: skip


def _class_names(value: Any) -> dict[str, list[str]]:
    """The names of classes that are kept as numbers: by `datasets` and by PaddleNLP."""
    features = getattr(value, "features", None)
    if isinstance(features, Mapping):
        return {
            str(key): list(kind.names) for key, kind in features.items() if hasattr(kind, "names")
        }
    names = getattr(value, "label_list", None)
    if _is_dataset(value) and isinstance(names, Sequence) and not isinstance(names, str) and names:
        return {key: list(map(str, names)) for key in ("label", "labels")}
    return {}


def class_name(cell: Any, names: Sequence[str]) -> Any:
    """The name of a class that is kept as a number; None where there is no label.

    What is no number is a name already.
    """
    if isinstance(cell, (list, tuple)):
        return [class_name(one, names) for one in cell]
    if isinstance(cell, float):  # a column with gaps
        cell = int(cell) if cell.is_integer() else -1
    if not isinstance(cell, int) or isinstance(cell, bool):
        return cell
    # -1 is how `datasets` says that a row has no label.
    return names[cell] if 0 <= cell < len(names) else None


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


def _parts_given(value: Mapping[Any, Any], name: str) -> DataError:
    parts = list(map(str, value))
    return DataError(
        T("The variable {name} holds several tables.", "变量 {name} 中有多个数据表。", name=name),
        T("They are: {parts}", "它们是：{parts}", parts=excerpt(", ".join(parts), 200)),
        T("Name one of them: {name}:{part}", "请指定其中之一：{name}:{part}", name=name,
          part=excerpt(parts[0])),
        code="data.part",
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
