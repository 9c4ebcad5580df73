"""Read rows for a task from a file, a notebook variable, or a sample."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any, Final

from paddle_lab.data.dataset import Dataset, in_file, spot
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import FileHead, head_of, read_file, read_text
from paddle_lab.data.hub_rows import shown_source
from paddle_lab.data.label_values import label_values
from paddle_lab.data.names import folded
from paddle_lab.data.objects import records_of
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.data.samples import read_sample_part, sample_names
from paddle_lab.data.schema import Reading, RowSchema, RowsRead
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.text.close_names import did_you_mean

NAMED_ROWS: Final = 5

Bad = list[tuple[int, Text]]


def read(
    schema: RowSchema,
    source: Any,
    *,
    names: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    skip_bad: bool = False,
    like: Mapping[str, str] | None = None,
    found: Mapping[str, str] | None = None,
    options: Any = None,
    most: int | None = None,
) -> Dataset:
    """The rows of ``source`` as the task ``schema`` takes them: a path, a table, or a name.

    A name is first a variable in ``names``, then a sample (``reviews``, ``reviews:dev``), then a
    file: nothing else names a variable, while ``./reviews`` still names the file. ``columns`` are
    those asked for by role, by name or by number from 0; ``sep`` and ``encoding`` are told from the
    content unless given; ``sheet`` is that of a workbook, the first unless given; ``like`` are the
    columns of another part, to be taken before any guess, ``found`` its settings; ``options`` are
    the task's own; of a large source on a hub about ``most`` rows are enough. Rows that cannot be
    used (wrong number of columns, empty text, missing label) are an error that names them, or
    dropped and told of with ``skip_bad``.

    Raises DataError with what happened, why, and what to do; UsageError for an unknown role.
    """
    if isinstance(source, Dataset):
        return source
    asked = dict(columns or {})
    check_roles(schema, asked)
    source, name = _named(source, names)
    if isinstance(source, Dataset):
        return source
    if name is None and source in sample_names():
        return read_sample_part(source, schema)
    if isinstance(source, (str, PathLike)):
        path = expanded(source)
        name = shown_source(path)
        how = _how(schema, name, asked, sep, sheet)
        records, provenance = read_file(path, encoding, how, most)
    else:
        name = name or "data"
        records, provenance = records_of(source, name), {"variable": name}
    reading = Reading(name, asked, like or {}, options, found or {})
    return _dataset(schema, records, reading, skip_bad, provenance)


def read_typed(
    schema: RowSchema,
    content: str,
    name: str,
    *,
    columns: Mapping[str, str] | None = None,
    sep: str | None = None,
    skip_bad: bool = False,
    options: Any = None,
) -> Dataset:
    """Rows typed by hand, as lines of TSV, CSV or JSON. Raises DataError."""
    asked = dict(columns or {})
    check_roles(schema, asked)
    records = read_text(content, _how(schema, name, asked, sep))
    reading = Reading(name, asked, options=options)
    return _dataset(schema, records, reading, skip_bad, {"variable": name})


def head_of_source(
    source: Any,
    *,
    names: Mapping[str, Any] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> FileHead:
    """The beginning of ``source``, which is no sample, to tell what it is. Raises DataError."""
    source, name = _named(source, names)
    if isinstance(source, (str, PathLike)):
        return head_of(expanded(source), encoding, sheet)
    return FileHead(name or "data", rows=records_of(source, name or "data"))


def records_for(
    schema: RowSchema, head: FileHead, columns: Mapping[str, str], sep: str | None = None
) -> Records:
    """The first records of a source as a task would read them. Raises DataError."""
    return head.records(_how(schema, head.name, columns, sep))


def _named(source: Any, names: Mapping[str, Any] | None) -> tuple[Any, str | None]:
    """What a name stands for, and the name of a variable; one that holds a text names a file."""
    if isinstance(source, str) and names is not None and source in names:
        value = names[source]
        if isinstance(value, (str, PathLike)):
            return fspath(value), None
        return value, source
    return source, None if isinstance(source, (str, PathLike)) else "data"


def _how(
    schema: RowSchema,
    name: str,
    asked: Mapping[str, str],
    sep: str | None,
    sheet: str | None = None,
) -> TextReading:
    known = {folded(one) for role in (*schema.roles, schema.target) for one in role.names}
    return TextReading(name, "", sep, tuple(asked.values()), frozenset(known), sheet)


def check_roles(schema: RowSchema, asked: Mapping[str, str]) -> None:
    """Raise UsageError for a role that the task does not read."""
    roles = [role.name for role in (*schema.roles, schema.target)]
    for name in asked:
        if name not in roles:
            raise UsageError(
                T("The task {task} reads no column '{name}'.", "任务 {task} 不读取列“{name}”。",
                  task=schema.name, name=excerpt(name)),
                T("It reads: {roles}.", "它读取：{roles}。", roles=", ".join(roles)),
                did_you_mean(name, roles, cutoff=0.4),
                code="usage.unknown_name",
            )  # fmt: skip


def _dataset(
    schema: RowSchema,
    records: Records,
    reading: Reading,
    skip_bad: bool,
    provenance: dict[str, Any],
) -> Dataset:
    name = reading.name
    if records.form not in schema.forms:
        raise schema.other_form(records, name)
    total = len(records.cells) + len(records.bad)
    if not records.cells:
        refuse_rows(records.bad, name, records, total)
        raise _no_rows(schema, name)
    read = schema.rows(records, reading)
    bad = sorted(records.bad + read.bad, key=lambda item: item[0])
    if bad and (not skip_bad or not read.targets):
        refuse_rows(bad, name, records, total)
    notices = [
        _unusual_encoding(name, provenance),
        _guessed(schema, name, read) if read.guessed and records.width > 2 else None,
        _dropped(bad, name, records, total),
        *records.notices,
        *read.notices,
    ]
    provenance |= records.layout
    provenance |= {"header": records.header is not None and records.unit == "line",
                   "columns": read.columns, "dropped": len(bad)}  # fmt: skip
    if values := _label_values(records, read.columns.get(schema.target.name)):
        provenance["label_values"] = values
    if read.settings:
        provenance["settings"] = read.settings
    return Dataset(
        name,
        read.given,
        read.targets,
        list(read.lines),
        tuple(notice for notice in notices if notice is not None),
        provenance,
        records.unit,
        read.groups,
    )


def _label_values(records: Records, column: str | None) -> dict[str, Any]:
    """What the labels were, where they stand in one column."""
    if column is None or column not in records.column_names():
        return {}
    cells = records.column(records.column_names().index(column))
    return label_values(cells, written=records.layout.get("format") == "delimited")


# -- what is said of rows -----------------------------------------------------------------------


def refuse_rows(bad: Bad, name: str, records: Records, total: int) -> None:
    """Raise DataError that names the first of the rows that cannot be used, if there are any."""
    if not bad:
        return
    line, reason = bad[0]
    others = [_brief(records, number, why, reason) for number, why in bad[1:NAMED_ROWS]]
    raise DataError(
        T("{spot}: {reason}", "{spot}：{reason}",
          spot=spot(*in_file(name, line, records.files), records.unit), reason=reason),
        _count(len(bad), total, others),
        T("Fix these rows, or drop them with --skip-bad.",
          "请修正这些行，或用 --skip-bad 丢弃。"),
        code="data.bad_rows",
    )  # fmt: skip


def _count(bad: int, total: int, others: list[Text]) -> Text:
    if not others:
        return T("1 of {total} rows cannot be used.", "{total} 行中有 1 行不能使用。", total=total)
    return T(
        "{bad} of {total} rows cannot be used; also {others}{more}",
        "{total} 行中有 {bad} 行不能使用；还有{others}{more}",
        bad=bad,
        total=total,
        others=Text(
            ", ".join(other.in_language("en") for other in others),
            "、".join(other.in_language("zh") for other in others),
        ),
        more=Text(" …", "……") if bad > len(others) + 1 else Text(".", "。"),
    )


def _brief(records: Records, number: int, why: Text, known: Text) -> Text:
    """A further row, with its reason unless that was said already."""
    where = _short_spot(records, number)
    if why.in_language("en") == known.in_language("en"):
        return where
    return T("{spot} ({why})", "{spot}（{why}）", spot=where, why=why)


def _short_spot(records: Records, number: int) -> Text:
    if records.files:
        return spot(*in_file("", number, records.files), records.unit)
    if records.unit == "line":
        return T("line {n}", "第 {n} 行", n=number)
    return T("row {n}", "第 {n} 条", n=number)


def _dropped(bad: Bad, name: str, records: Records, total: int) -> Text | None:
    if not bad:
        return None
    line, reason = bad[0]
    return T(
        "{name}: {n} of {total} rows dropped, the first at {spot}: {reason}",
        "{name}：{total} 行中丢弃了 {n} 行，第一处在{spot}：{reason}",
        name=name,
        n=len(bad),
        total=total,
        spot=_short_spot(records, line),
        reason=reason,
    )


def _guessed(schema: RowSchema, name: str, read: RowsRead) -> Text:
    """Which column was taken for what, where their names did not say."""
    taken = [
        (role.title, excerpt(read.columns[role.name]))
        for role in (*schema.roles, schema.target)
        if role.name in read.columns
    ]
    return T("{name}: {columns}, by their shape (--text and --label say otherwise).",
             "{name}：根据内容，{columns}（可用 --text 和 --label 指定）。", name=name,
             columns=Text(
                 ", ".join(f"column {column} is taken as {title.en}" for title, column in taken),
                 "，".join(f"列 {column} 作为{title.zh}" for title, column in taken),
             ))  # fmt: skip


def _unusual_encoding(name: str, provenance: Mapping[str, Any]) -> Text | None:
    encoding = provenance.get("encoding", "utf-8")
    if encoding in ("utf-8", "utf-8-sig"):
        return None
    return T("{name} was read as {encoding} (--encoding says otherwise).",
             "{name} 按 {encoding} 编码读取（可用 --encoding 指定）。",
             name=name, encoding=encoding)  # fmt: skip


def _no_rows(schema: RowSchema, name: str) -> DataError:
    wanted = [role.title for role in (*schema.roles, schema.target) if not role.optional]
    return DataError(
        T("{name} has no rows.", "{name} 没有数据行。", name=name),
        T("There is a header at most.", "最多只有表头。"),
        T("Each row needs: {wanted}.", "每行需要：{wanted}。",
          wanted=Text(", ".join(one.en for one in wanted), "、".join(one.zh for one in wanted))),
        code="data.no_rows",
    )  # fmt: skip
