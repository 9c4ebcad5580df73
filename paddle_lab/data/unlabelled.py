"""The test part of a folder whose rows have no labels: there to be answered, not to be measured on.

Applications of PaddleNLP and competitions lay such a ``test`` file beside ``train``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Final

from paddle_lab.data.cells import is_missing
from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import head_of, read_file
from paddle_lab.data.folders import is_test_beside
from paddle_lab.data.inputs import InputReading, Inputs, inputs_of, text_reading
from paddle_lab.data.names import folded
from paddle_lab.data.schema import RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded

# Columns that number rows; no label is called so.
_NUMBERING: Final = frozenset({"id", "idx", "index", "guid", "uid", "qid", "no", "编号", "序号"})


def without_labels(
    schema: RowSchema,
    train: Dataset,
    sources: Mapping[str, Any],
    columns: Mapping[str, str],
    sep: str | None,
    encoding: str | None,
) -> Text | None:
    """What to say of a test part that is left out; None for one that is read as any other part.

    ``sources`` are what was given as ``train`` and ``test``. Of the rows' beginning it is told
    first, so that a labelled file is not read twice.
    """
    source, test = sources.get("train"), sources.get("test")
    if not isinstance(source, (str, PathLike)) or not isinstance(test, (str, PathLike)):
        return None
    if not is_test_beside(source, test):
        return None
    roles = [role.name for role in schema.roles if not role.optional or role.name in train.columns]
    asked = {role: column for role, column in columns.items() if role in roles}
    if sep is None and expanded(test).suffix == expanded(source).suffix:
        sep = train.provenance.get("separator")
    reading = InputReading(roles, asked, train.columns, sep, encoding)
    path = expanded(test)
    how = text_reading(schema, path.name, reading)
    try:
        head = inputs_of(schema, head_of(path, encoding).records(how), path.name, reading)
        if not _has_no_label(head, roles):
            return None
        whole = inputs_of(schema, read_file(path, encoding, how)[0], path.name, reading)
    except DataError:  # told when it is read as a part
        return None
    if not _has_no_label(whole, roles):
        return None
    return T("{name} has no labels and is left out: its {n} rows say nothing of a model. A model "
             "answers them: %ernie_predict RUN --file {file}",
             "{name} 中没有标签，其 {n} 行不参与评估。可用模型预测这些行："
             "%ernie_predict 运行 --file {file}",
             name=excerpt(path.name, 120), n=len(whole), file=excerpt(str(test), 300))  # fmt: skip


def _has_no_label(inputs: Inputs, roles: Sequence[str]) -> bool:
    """Whether no column is left that may be a label: all others are empty or number the rows."""
    read = {inputs.columns[role] for role in roles}
    names = inputs.column_names()
    return all(
        index in read
        or (inputs.header is not None and folded(names[index]) in _NUMBERING)
        or all(is_missing(row[index]) or not str(row[index]).strip() for row in inputs.cells)
        for index in range(len(names))
    )
