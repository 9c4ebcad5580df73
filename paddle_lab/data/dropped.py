"""Rows left out because a person confirmed that their label is wrong: ``--drop-issues FILE``.

They are left out of every part, after splitting: no other row moves to another part, so that what
is left of an evaluation is the same rows as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.judged import JudgedFile, JudgedRow, RowsByContent, read_judged
from paddle_lab.data.names import folded
from paddle_lab.data.schema import RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

#: The column in which a person says that a label is wrong, and what else it may be called.
CONFIRMED: Final = "confirmed"
HEADINGS: Final = ("confirmed", "确认", "已确认")
_YES: Final = frozenset({"yes", "y", "true", "1", "x", "√", "✓", "是", "对", "确认"})
_NO: Final = frozenset({"", "no", "n", "false", "0", "-", "否", "不", "不是", "×"})
_SHOWN: Final = 3


def confirmed_rows(schema: RowSchema, path: str) -> JudgedFile:
    """The rows of a file of label issues that a person confirmed.

    Raises DataError for a file that cannot be read, one that confirms nothing, and a word in the
    column ``confirmed`` that is neither yes nor no.
    """
    judged = read_judged(schema, path, {CONFIRMED: HEADINGS})
    name = PurePath(judged.path).name
    rows = tuple(row for row in judged.rows if _is_yes(row, name))
    if not rows:
        raise DataError(
            T("{name} confirms no row.", "{name} 没有确认任何一行。", name=name),
            T("Its {n} rows are proposals: which labels are wrong, a person says.",
              "其中的 {n} 行只是建议：标签是否有误由人来判断。", n=len(judged.rows)),
            T("Write yes into the column {column} of the rows whose label is wrong.",
              "请在标签有误的行的 {column} 列写 yes。", column=CONFIRMED),
            code="data.nothing_confirmed",
        )  # fmt: skip
    return replace(judged, rows=rows)


def without_confirmed(parts: Mapping[str, Dataset], confirmed: JudgedFile) -> dict[str, Dataset]:
    """``parts`` without the rows that were confirmed, found by their text and label.

    A notice of ``train`` says how many were dropped of each part, and which were not found; its
    provenance the same, with the hash of the file. Raises DataError when nothing is left to train
    on.
    """
    met: set[int] = set()
    left: dict[str, Dataset] = {}
    dropped: dict[str, int] = {}
    for name, part in parts.items():
        content = RowsByContent(part)
        found = [content.of(row) for row in confirmed.rows]
        met |= {number for number, rows in enumerate(found) if rows}
        gone = {row for rows in found for row in rows}
        dropped[name] = len(gone)
        left[name] = part.take([row for row in range(len(part)) if row not in gone])
    emptied = next((name for name, part in left.items() if not len(part)), None)
    if emptied is not None:
        raise _nothing_left(confirmed, emptied)
    strange = [row for number, row in enumerate(confirmed.rows) if number not in met]
    file = PurePath(confirmed.path).name
    left["train"] = replace(
        left["train"],
        notices=(*left["train"].notices, *_said(file, confirmed, dropped, strange)),
        provenance={
            **left["train"].provenance,
            "dropped_issues": {
                "file": confirmed.path,
                "sha256": confirmed.sha256,
                "confirmed": len(confirmed.rows),
                "dropped": dropped,
                "not_found": len(strange),
            },
        },
    )
    return left


def _is_yes(row: JudgedRow, file: str) -> bool:
    word = row.others[CONFIRMED]
    if folded(word) in _YES or folded(word) in _NO:
        return folded(word) in _YES
    raise DataError(
        T("{file} line {n}: '{word}' is neither yes nor no.",
          "{file} 第 {n} 行：“{word}”既不是 yes 也不是 no。",
          file=file, n=row.line, word=excerpt(word)),
        T("The column {column} says which labels are wrong.", "{column} 列说明哪些标签有误。",
          column=CONFIRMED),
        T("Write yes there, or leave it empty.", "请写 yes，或留空。"),
        code="data.judged_row",
    )  # fmt: skip


def _said(
    file: str, confirmed: JudgedFile, dropped: Mapping[str, int], strange: list[JudgedRow]
) -> list[Text]:
    of_parts = [(name, n) for name, n in dropped.items() if n]
    notices = [
        T("{file}: {n} rows with a label that a person called wrong are left out ({parts}).",
          "{file}：去掉了 {n} 行被确认标签有误的数据（{parts}）。",
          file=file, n=sum(dropped.values()),
          parts=", ".join(f"{name} {n}" for name, n in of_parts) or "0"),
    ]  # fmt: skip
    others = [name for name, n in of_parts if name != "train"]
    if others:
        notices.append(
            T("{parts}: figures are those of the rows that are left, not the same as before.",
              "{parts}：指标基于剩下的数据，与之前的不可直接比较。", parts=", ".join(others))
        )  # fmt: skip
    if strange:
        notices.append(
            T("{file}: {n} of {all} confirmed rows are not in the data with that text and label, "
              "such as {examples}.",
              "{file}：{all} 行确认中有 {n} 行在数据中找不到相同的文本和标签，例如：{examples}。",
              file=file, n=len(strange), all=len(confirmed.rows),
              examples=Text(
                  ", ".join(f"'{excerpt(row.given[0])}'" for row in strange[:_SHOWN]),
                  "".join(f"“{excerpt(row.given[0])}”" for row in strange[:_SHOWN]),
              ))
        )  # fmt: skip
    return notices


def _nothing_left(confirmed: JudgedFile, part: str) -> DataError:
    return DataError(
        T("Without the confirmed rows no row of {part} is left.",
          "去掉被确认的行之后，{part} 中没有剩下任何数据。", part=part),
        T("{file} confirms {n} rows.", "{file} 确认了 {n} 行。",
          file=PurePath(confirmed.path).name, n=len(confirmed.rows)),
        T("Confirm fewer rows, or correct their labels in the data.",
          "请少确认一些行，或在数据中更正它们的标签。"),
        code="data.nothing_left",
    )  # fmt: skip
