"""Which column is which: by what was asked for, by well-known names, by another part's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Role
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.text.close_names import did_you_mean

#: Rows that are looked at to tell a column by its shape.
SAMPLE: Final = 2000
#: A column with more different values than this share of its rows is no class.
MOSTLY_DIFFERENT: Final = 0.5
ENOUGH_ROWS: Final = 20


def named_columns(
    records: Records, reading: Reading, roles: Sequence[Role], target: Role
) -> dict[str, int]:
    """Indices of the columns by role, without those that no name tells.

    Columns that were asked for win (by name, or by number from 0 where there is no header); then
    well-known names, the target's first; then those of another part. Raises DataError when a column
    that was asked for is missing, or is asked for twice.
    """
    asked = asked_columns(records, reading, roles, target)
    header = [folded(column) for column in records.header or []]
    found = dict(asked)
    for role in (target, *roles):
        if role.name not in found:
            index = known_column(header, role.names, found.values())
            if index is not None:
                found[role.name] = index
    names = records.column_names()
    if reading.like and set(reading.like.values()) <= set(names):
        for name, column in reading.like.items():
            found.setdefault(name, names.index(column))
    refuse_same_column(found, records, reading.name, roles, target)
    return {role.name: found[role.name] for role in (*roles, target) if role.name in found}


def asked_columns(
    records: Records, reading: Reading, roles: Sequence[Role], target: Role
) -> dict[str, int]:
    """The columns that the person named, by role. Raises DataError for one that is not there."""
    return {
        role.name: _asked(records, reading.name, reading.columns[role.name], option)
        for role, option in options_of_roles(roles, target)
        if role.name in reading.columns
    }


def options_of_roles(roles: Sequence[Role], target: Role | None) -> list[tuple[Role, str]]:
    """Each role with the option that names its column."""
    found = [(roles[0], "--text"), *([] if target is None else [(target, "--label")])]
    return found + [(role, f"--column {role.name}=") for role in roles[1:]]


def column_names(records: Records, found: Mapping[str, int]) -> dict[str, str]:
    """Names of the columns by role, as the provenance holds them."""
    names = records.column_names()
    return {role: names[index] for role, index in found.items()}


def known_column(header: Sequence[str], names: Sequence[str], taken: Any = ()) -> int | None:
    """The column of the surest of ``names`` among the folded ``header`` that is not taken."""
    used = set(taken)
    for known in names:
        if known in header and header.index(known) not in used:
            return header.index(known)
    return None


def sample_values(records: Records) -> list[list[str]]:
    """The first values of each column, as texts."""
    rows = records.cells[:SAMPLE]
    return [[shown(row[index]) for row in rows] for index in range(records.width)]


def like_text(values: Sequence[str]) -> bool:
    """Long, mostly different, and not mere numbers or identifiers."""
    worded = sum(len(value) >= 4 and (not value.isascii() or " " in value) for value in values)
    return 2 * worded > len(values) and len(set(values)) > MOSTLY_DIFFERENT * len(values)


def shown(value: Any) -> str:
    """A cell as text, whatever it is."""
    try:
        return "" if value is None else str(value)
    except Exception:  # whatever a stranger's class does
        return type(value).__name__


def all_names(records: Records, most: int = 200) -> str:
    """The columns, for a message."""
    return excerpt(", ".join(records.column_names()), most) or "-"


def choose(roles: Sequence[Role], target: Role | None) -> Text:
    """What to do when columns cannot be told; ``target`` None where none is needed."""
    options = " ".join(
        f"{option}COLUMN" if option.endswith("=") else f"{option} COLUMN"
        for _, option in options_of_roles(roles, target)
    )
    return T("Name the columns: {options} (a name, or a number from 0).",
             "请指定列：{options}（列名，或从 0 开始的编号）。", options=options)  # fmt: skip


def _asked(records: Records, name: str, column: str, option: str) -> int:
    names = records.column_names()
    if column in names:
        return names.index(column)
    folds = [folded(known) for known in names]
    if folded(column) in folds:
        return folds.index(folded(column))
    gap = "" if option.endswith("=") else " "
    raise DataError(
        T("{name} has no column '{column}'.", "{name} 中没有列“{column}”。",
          name=name, column=excerpt(column)),
        T("Its columns: {columns}.", "已有的列：{columns}。", columns=all_names(records, 300))
        if records.header is not None
        else T("It has no header; its columns are 0 to {last}.",
               "文件没有表头；列编号为 0 到 {last}。", last=max(0, records.width - 1)),
        did_you_mean(column, names, show=lambda close: f"{option}{gap}{excerpt(close)}")
        or T("Name one of them with {option}.", "请用 {option} 指定其中之一。", option=option),
        code="data.column",
    )  # fmt: skip


def refuse_same_column(
    found: Mapping[str, int], records: Records, name: str, roles: Sequence[Role], target: Role
) -> None:
    """Raise DataError when one column would be read as two things."""
    titles = {role.name: role.title for role in (*roles, target)}
    by_index: dict[int, str] = {}
    for role in (one.name for one in (*roles, target) if one.name in found):
        first = by_index.setdefault(found[role], role)
        if first != role:
            raise DataError(
                T("{name}: column '{column}' cannot be both {first} and {second}.",
                  "{name}：列“{column}”不能既是{first}又是{second}。",
                  name=name, column=excerpt(records.column_names()[found[role]]),
                  first=titles[first], second=titles[role]),
                T("Columns found: {columns}.", "找到的列：{columns}。",
                  columns=all_names(records)),
                choose(roles, target),
                code="data.column",
            )  # fmt: skip
