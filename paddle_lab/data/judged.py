"""Rows that a person has judged, in a table beside the data, and which rows of the data they mean.

Such a table is the list of likely wrong labels of which a person confirmed some
(``--drop-issues``). As with the rows of ``--add`` (:mod:`paddle_lab.data.added`), a row is known by
what it says (:meth:`Dataset.key`), never by its line, so that the data may be moved, sorted or
added to meanwhile. It is read as any table is: a person may have saved it in a spreadsheet program.

:func:`read_judged` reads one, :class:`RowsByContent` finds the rows, :func:`judged_table` writes
one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.data.cells import label_of, text_of, whole
from paddle_lab.data.columns import all_names, known_column
from paddle_lab.data.dataset import Dataset, canonical
from paddle_lab.data.excerpt import same_text
from paddle_lab.data.files import read_file
from paddle_lab.data.names import folded
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.data.schema import RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.text.spreadsheet import harmless, without_guard


@dataclass(frozen=True)
class JudgedRow:
    """A row that a person judged: what is given, in the order of the roles, and the label beside.

    ``line`` is that of the judged file; ``others`` are its further cells by the names asked for.
    """

    line: int
    given: tuple[str, ...]
    label: str
    others: Mapping[str, str]

    @property
    def keys(self) -> tuple[str, ...]:
        """What :meth:`Dataset.key` may be of the rows it means."""
        plain = "\0".join(same_text(text) for text in self.given)
        unguarded = "\0".join(same_text(text) for text in self.plain)
        return tuple(dict.fromkeys((plain, unguarded)))

    @property
    def plain(self) -> tuple[str, ...]:
        """What is given, without the marks that keep spreadsheet programs from running it."""
        return tuple(without_guard(text) for text in self.given)


@dataclass(frozen=True)
class JudgedFile:
    """All rows of such a file that say something; ``sha256`` is that of the file."""

    path: str
    sha256: str
    rows: tuple[JudgedRow, ...]


class RowsByContent:
    """Indices of a dataset's rows, by what is given in them, whatever its white space."""

    def __init__(self, dataset: Dataset) -> None:
        self._targets = [canonical(target) for target in dataset.targets]
        self._rows: dict[str, list[int]] = {}
        for row in range(len(dataset)):
            self._rows.setdefault(dataset.key(row), []).append(row)

    def of(self, judged: JudgedRow) -> list[int]:
        """The rows with that text and that label."""
        found = (row for key in judged.keys for row in self._rows.get(key, ()))
        return [row for row in found if self._targets[row] == judged.label]


def read_judged(
    schema: RowSchema, path: str | Path, others: Mapping[str, Sequence[str]] | None = None
) -> JudgedFile:
    """The rows of a judged file for a task of one label a row.

    Its columns are the task's roles and its label, under any of the names that people use for them.
    ``others`` are further columns that it must have, by name, with what else they are called.

    Raises DataError when the file cannot be read or lacks a column, and for a row without text or
    label.
    """
    path = expanded(path)
    others = others or {}
    names = {role.name: (role.name, *role.names) for role in (schema.target, *schema.roles)}
    names |= {name: (name, *more) for name, more in others.items()}
    known = frozenset(folded(one) for several in names.values() for one in several)
    records, provenance = read_file(path, None, TextReading(path.name, known=known))
    found = _columns(records, names, path.name)
    rows, bad = [], list(records.bad)
    for line, cells in zip(records.lines, records.cells, strict=True):
        given = [text_of(cells[found[role.name]]) for role in schema.roles]
        label = label_of(cells[found[schema.target.name]])
        wrong = next((one for one in (*given, label) if isinstance(one, Text)), None)
        if wrong is not None:
            bad.append((line, wrong))
            continue
        rows.append(
            JudgedRow(
                line,
                tuple(whole(str(text)) for text in given),
                whole(str(label)),
                {name: _written(cells[found[name]]) for name in others},
            )
        )
    if bad:
        raise _bad_row(path.name, *min(bad, key=lambda one: one[0]))
    return JudgedFile(str(path), provenance["sha256"], tuple(rows))


def judged_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Such a file's content, separated by tabs: each row on one line, None as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_on_one_line(cell) for cell in row])
    return text.getvalue()


def _on_one_line(cell: object) -> str:
    return "" if cell is None else harmless(same_text(str(cell)).replace("\0", " "))


def _written(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _columns(records: Records, names: Mapping[str, Sequence[str]], file: str) -> dict[str, int]:
    """The index of each column. Raises DataError for one that is not there."""
    header = [folded(name) for name in records.header or ()]
    found: dict[str, int] = {}
    for name, several in names.items():
        index = known_column(header, [folded(one) for one in several], set(found.values()))
        if index is None:
            raise DataError(
                T("{file} has no column {name}.", "{file} 中没有列 {name}。", file=file, name=name),
                T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
                T("It needs a header with: {names}.", "需要的表头：{names}。",
                  names=", ".join(names)),
                code="data.judged_columns",
            )  # fmt: skip
        found[name] = index
    return found


def _bad_row(file: str, line: int, reason: Text) -> DataError:
    return DataError(
        T("{file} line {n}: {reason}.", "{file} 第 {n} 行：{reason}。",
          file=file, n=line, reason=reason),
        T("A row is found by its text and its label.", "数据行按文本和标签查找。"),
        T("Correct that line, or take it out.", "请修正该行，或将其删除。"),
        code="data.judged_row",
    )  # fmt: skip
