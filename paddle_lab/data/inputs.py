"""Rows that a trained model is asked about: what it reads of each, beside all that stands there.

Unlike :func:`paddle_lab.data.read`, which wants what should be answered as well, and drops rows.
Here every row keeps its place; one that lacks what the model reads is told, and gets no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, Final

from paddle_lab.data.cells import make_whole, texts_of
from paddle_lab.data.column_cells import ColumnCells
from paddle_lab.data.columns import (
    ENOUGH_ROWS,
    all_names,
    asked_columns,
    choose,
    known_column,
    like_text,
    sample_values,
)
from paddle_lab.data.dataset import Unit
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import head_of, read_file
from paddle_lab.data.names import PAIR_NAMES, folded
from paddle_lab.data.objects import records_of
from paddle_lab.data.read import check_roles, refuse_rows
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Role, RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded

_MOST_EMPTY: Final = 0.5


@dataclass(frozen=True)
class InputReading:
    """How rows are read: ``needed`` are the roles that the model reads, in order.

    ``columns`` are those asked for by role, ``like`` those that training read; ``sep``,
    ``encoding`` and ``sheet`` as :func:`paddle_lab.data.read` has them. With ``skip_bad`` rows
    that have no cells are left out.
    """

    needed: Sequence[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    like: Mapping[str, str] = field(default_factory=dict)
    sep: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    skip_bad: bool = False


@dataclass(frozen=True)
class Inputs:
    """Rows to answer; ``cells``, ``lines`` and the columns of ``given`` are of one length.

    ``given`` is what the model reads, by role, "" where it is missing; ``missing`` says why, by
    index from 0. ``header`` names the columns of ``cells``, None where nothing does. ``columns``
    says which column has which role; ``label`` is the one of right answers, None for none.
    """

    name: str
    header: list[str] | None
    cells: Sequence[Sequence[Any]]
    given: dict[str, list[str]]
    missing: dict[int, Text]
    lines: Sequence[int]
    columns: dict[str, int]
    label: int | None = None
    unit: Unit = "line"
    notices: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return len(self.cells)

    def column_names(self) -> list[str]:
        """The columns as a person may name them."""
        width = len(self.cells[0]) if len(self.cells) else 0
        return self.header if self.header is not None else [str(n) for n in range(width)]


def read_inputs(schema: RowSchema, path: str | PathLike[str], reading: InputReading) -> Inputs:
    """The rows of a file that holds a table, in any format that data are read from.

    Raises DataError when it cannot be read, or when the columns cannot be told; UsageError for an
    unknown role.
    """
    check_roles(schema, reading.columns)
    place = expanded(path)
    records, _ = read_file(place, reading.encoding, text_reading(schema, place.name, reading))
    return inputs_of(schema, records, excerpt(place.name, 120), reading)


def inputs_of_variable(schema: RowSchema, value: Any, name: str, reading: InputReading) -> Inputs:
    """The rows of a table that is a variable: a DataFrame, a mapping of columns, a list of rows.

    Raises DataError as :func:`read_inputs`.
    """
    check_roles(schema, reading.columns)
    return inputs_of(schema, records_of(value, name), name, reading)


def inputs_of(schema: RowSchema, records: Records, name: str, reading: InputReading) -> Inputs:
    """The inputs among records. Raises DataError."""
    records = _with_header(schema, records, reading)
    if records.bad and not (reading.skip_bad and len(records.cells)):
        refuse_rows(records.bad, name, records, len(records.cells) + len(records.bad))
    if not len(records.cells):
        raise _no_rows(name)
    roles = [role for role in schema.roles if role.name in reading.needed]
    found = _columns(schema, records, name, reading, roles)
    missing: dict[int, Text] = {}
    given: dict[str, list[str]] = {}
    for role in roles:
        values = texts_of(records.column(found[role.name]))
        make_whole(values)
        for index, value in enumerate(values):
            if isinstance(value, Text):
                missing.setdefault(index, value if len(roles) == 1 else T(
                    "{role}: {why}", "{role}：{why}", role=role.title, why=value))  # fmt: skip
        given[role.name] = ["" if isinstance(value, Text) else value for value in values]
    notices = list(records.notices)
    if records.bad:
        notices.append(_left_out(len(records.bad), records))
    return Inputs(
        name, records.header, records.cells, given, missing, list(records.lines), found,
        _label(schema, records, reading, found), records.unit, tuple(notices),
    )  # fmt: skip


def inputs_of_texts(
    name: str,
    role: str,
    texts: Sequence[str],
    lines: Sequence[int],
    header: str,
    unit: Unit = "line",
) -> Inputs:
    """Rows of one text each. Blank ones are missing, and keep their place."""
    found = texts_of(texts)
    missing = {index: text for index, text in enumerate(found) if isinstance(text, Text)}
    given = ["" if isinstance(text, Text) else text for text in found]
    cells = ColumnCells([list(texts)])
    return Inputs(name, [header], cells, {role: given}, missing, lines, {role: 0}, unit=unit)


def is_table(schema: RowSchema, path: str | PathLike[str], reading: InputReading) -> bool | None:
    """Whether a file holds a table, not one text a line; None where it may well be either.

    It does when it is called so, when a column or separator was asked for, when it is JSON or any
    other format that says so itself, or when tabs or a known header part its lines alike. Raises
    DataError when it cannot be read.
    """
    place = expanded(path)
    if reading.columns or reading.sep or reading.sheet:
        return True
    head = head_of(place, reading.encoding, None)
    if head.rows is not None or head.suffix in (".csv", ".tsv", ".json", ".jsonl", ".ndjson"):
        return True
    if not head.text.strip():
        return False
    return text_is_table(head.records(text_reading(schema, place.name, reading)))


def text_is_table(records: Records) -> bool | None:
    """As :func:`is_table` for the records of a text that nothing is known of."""
    if records.layout.get("format") != "delimited":
        return True
    rows = len(records.cells)
    if records.width < 2 or not rows or len(records.bad) > max(1, rows // 20):
        return False
    if records.layout["separator"] not in (",", ";", "|", " ") or records.header is not None:
        return True
    if rows < 3 or records.bad:
        return False
    values = sample_values(records)
    return None if any(map(_no_texts, values)) else False


def undecided(name: str) -> DataError:
    """What to say where a text may be a table as well as one text a line."""
    return DataError(
        T("{name} may be a table, or hold one text a line.",
          "{name} 可能是表格，也可能是每行一条文本。", name=excerpt(name, 120)),
        T("Every line has the same number of separators, and a column holds no texts.",
          "每行的分隔符数量相同，且有一列不是文本。"),
        T("Say which: --lines, or --sep comma (and --text COLUMN).",
          "请指定：--lines，或 --sep comma（以及 --text 列）。"),
        code="data.lines_or_table",
    )  # fmt: skip


def _no_texts(values: Sequence[str]) -> bool:
    """Whether a column holds numbers, or few different values."""
    filled = [value.strip() for value in values if value.strip()]
    numbers = sum(value.replace(".", "", 1).removeprefix("-").isdecimal() for value in filled)
    return numbers == len(filled) or len(set(filled)) <= max(2, len(filled) // 5)


def text_reading(schema: RowSchema, name: str, reading: InputReading) -> TextReading:
    """How a text is read for these inputs: names of columns that training had are known."""
    names = {folded(one) for role in (*schema.roles, schema.target) for one in role.names}
    names |= {folded(one) for one in reading.like.values() if not one.isdecimal()}
    return TextReading(name, "", reading.sep, tuple(reading.columns.values()), frozenset(names),
                       reading.sheet, one_column=True)  # fmt: skip


def _with_header(schema: RowSchema, records: Records, reading: InputReading) -> Records:
    """One column alone is headed by a name that is known or asked for, which no row begins with."""
    if records.header is not None or records.width != 1 or len(records.cells) < 2:
        return records
    how = text_reading(schema, "", reading)
    first = folded(str(records.cells[0][0]))
    if first not in how.known and first not in map(folded, how.asked):
        return records
    return replace(records, header=[str(records.cells[0][0]).strip()], cells=records.cells[1:],
                   lines=list(records.lines)[1:])  # fmt: skip


# -- which column is which ----------------------------------------------------------------------


def _columns(
    schema: RowSchema, records: Records, name: str, reading: InputReading, roles: Sequence[Role]
) -> dict[str, int]:
    """Indices by role: asked for, read in training, of a known name, or the only texts."""
    asked = asked_columns(records, Reading(name, reading.columns), schema.roles, schema.target)
    needed = [role.name for role in roles]
    found = {role: index for role, index in asked.items() if role in needed}
    _as_in_training(records, reading, found, needed)
    header = [folded(column) for column in records.header or []]
    _pairs(header, found, needed)
    target = asked.get(schema.target.name)
    for role in roles:
        if role.name not in found:
            index = known_column(header, role.names, (*found.values(), target))
            if index is not None:
                found[role.name] = index
    free = [role for role in needed if role not in found]
    if free:
        taken = {*found.values(), *({target} if target is not None else ())}
        found |= zip(free, _by_shape(schema, records, len(free), taken), strict=False)
    lacking = [role for role in roles if role.name not in found]
    if lacking or len(set(found.values())) < len(found):
        raise _no_columns(schema, records, name, lacking or roles)
    return {role: found[role] for role in needed}


def _as_in_training(
    records: Records, reading: InputReading, found: dict[str, int], needed: Sequence[str]
) -> None:
    """Columns of the names that training read; of its numbers where no row is headed."""
    names = records.column_names()
    folds = [folded(one) for one in names]
    headed = records.header is not None
    like = {role: column for role, column in reading.like.items() if role in needed}
    if not headed and not all(column in names for column in reading.like.values()):
        return  # other columns than in training: their numbers say nothing
    for role, column in like.items():
        numbered = column.isdecimal() and headed and column not in names
        if role not in found and not numbered and folded(column) in folds:
            index = folds.index(folded(column))
            if index not in found.values():
                found[role] = index


def _pairs(header: Sequence[str], found: dict[str, int], needed: Sequence[str]) -> None:
    """Two texts by names that go together."""
    if len(needed) != 2 or found:
        return
    for first, second in PAIR_NAMES:
        if first in header and second in header:
            found |= {needed[0]: header.index(first), needed[1]: header.index(second)}
            return


def _by_shape(schema: RowSchema, records: Records, wanted: int, taken: set[int]) -> Sequence[int]:
    """The columns that look like texts, if they are as many as are wanted; none else."""
    values = sample_values(records)
    free = [index for index in range(records.width) if index not in taken]
    if len(free) == wanted:
        return free
    header = [folded(column) for column in records.header or []]
    labels = {index for index in free if header and header[index] in schema.target.names}
    filled = [index for index in free if index not in labels and _filled(values[index])]
    texts = [index for index in filled if like_text(values[index])]
    if len(texts) == wanted:
        return texts
    if texts:
        return ()
    # Texts too short or too few to look like ones: what is left beside numbers and classes.
    few = len(records.cells) < ENOUGH_ROWS
    rest = [index for index in filled if not (_numbers(values[index]) if few
                                              else _no_texts(values[index]))]  # fmt: skip
    return rest if len(rest) == wanted else ()


def _filled(values: Sequence[str]) -> bool:
    return sum(not value.strip() for value in values) <= _MOST_EMPTY * len(values)


def _numbers(values: Sequence[str]) -> bool:
    return all(value.strip().replace(".", "", 1).isdecimal() for value in values if value.strip())


def _label(
    schema: RowSchema, records: Records, reading: InputReading, found: Mapping[str, int]
) -> int | None:
    """The column of right answers: asked for, or called as in training or as such ones are."""
    target = schema.target
    if target.name in reading.columns:
        name = reading.columns[target.name]
        return asked_columns(records, Reading("", {target.name: name}), schema.roles, target)[
            target.name
        ]
    header = [folded(column) for column in records.header or []]
    like = reading.like.get(target.name)
    names = [folded(like)] if like is not None and not like.isdecimal() else []
    return known_column(header, (*names, *target.names), found.values())


# -- what is said -------------------------------------------------------------------------------


def _left_out(rows: int, records: Records) -> Text:
    line, reason = records.bad[0]
    return T("Rows left out because they have other columns than the rest: {n}; the first, in line "
             "{line}: {reason}",
             "列数与其余行不同而略去的行：{n}；第一处在第 {line} 行：{reason}",
             n=rows, line=line, reason=reason)  # fmt: skip


def _no_rows(name: str) -> DataError:
    return DataError(
        T("{name} has no rows.", "{name} 没有数据行。", name=name),
        T("There is a header at most.", "最多只有表头。"),
        T("Give a file with a text in each row.", "请给出每行一条文本的文件。"),
        code="data.no_rows",
    )


def _no_columns(
    schema: RowSchema, records: Records, name: str, lacking: Sequence[Role]
) -> DataError:
    wanted = Text(", ".join(role.title.en for role in lacking),
                  "、".join(role.title.zh for role in lacking))  # fmt: skip
    return DataError(
        T("{name}: it cannot be told which column is the {wanted}.",
          "{name}：无法判断哪一列是{wanted}。", name=name, wanted=wanted),
        T("Columns: {columns}.", "列：{columns}。", columns=all_names(records)),
        choose([role for role in schema.roles if not role.optional], None),
        code="data.columns",
    )  # fmt: skip
