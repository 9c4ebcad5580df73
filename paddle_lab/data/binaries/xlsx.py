"""Excel workbooks: the rows of one sheet of an ``.xlsx``, as Excel, WPS and pandas write it.

Read with the standard library: a workbook is XML in a zip archive. Formulas are never computed,
macros, links and pictures never looked at.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from paddle_lab.data.binaries import BinaryReading
from paddle_lab.data.binaries._xlsx_rows import Sheet, read_sheet
from paddle_lab.data.binaries._xlsx_values import date_styles, shared_texts
from paddle_lab.data.binaries._xml_zip import BROKEN, TooMuch, XmlZip
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.text.close_names import did_you_mean

_WORKBOOK: Final = "xl/workbook.xml"


@dataclass(frozen=True)
class _Entry:
    """A sheet of the workbook: its name, its document, and whether a person sees it."""

    name: str
    part: str
    visible: bool


class Xlsx:
    """One sheet of a workbook."""

    title: Final = T("an Excel workbook", "Excel 工作簿")
    form: Final = "table"
    starts: Final = (b"PK\x03\x04",)
    sheets: Final = True

    def recognises(self, content: bytes) -> bool:
        """Whether it is a zip archive with the parts of a workbook."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = {name.replace("\\", "/").lower() for name in archive.namelist()}
        except BROKEN:
            return False
        return _WORKBOOK in names

    def read(self, content: bytes, how: BinaryReading) -> Records:
        """The rows of the sheet, in columns that hold something; lines are the sheet's own rows.

        Raises DataError for a damaged workbook, and for a sheet that is not there.
        """
        try:
            archive = XmlZip(content, how.most)
            entries, from_1904 = _entries(archive)
            entry = _chosen(entries, how)
            texts = shared_texts(archive, "xl/sharedStrings.xml")
            dates = date_styles(archive, "xl/styles.xml")
            sheet = read_sheet(archive, entry.part, texts, dates, from_1904, how.rows)
            columns = sheet.columns()
        except TooMuch as error:
            raise _too_much(how.name, error) from error
        except BROKEN as error:
            raise _damaged(how.name, error) from error
        records = Records(None, unit="row", layout={"format": "Excel", "sheet": entry.name})
        for number, row in zip(sheet.numbers, sheet.rows, strict=True):
            records.add(number, [row.get(column) for column in columns])
        if not records.cells:
            raise _empty(how.name, entry, entries)
        records.notices += _notices(sheet, entry, entries, how)
        return records


READER: Final = Xlsx()


def _entries(archive: XmlZip) -> tuple[list[_Entry], bool]:
    """The sheets of rows in their order, and whether days count from 1904."""
    parts: dict[str, str] = {}
    entries: list[_Entry] = []
    from_1904 = False

    def relation(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "").replace("\\", "/")
            parts[attributes.get("Id", "")] = posixpath.normpath(
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )

    def part(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal from_1904
        if tag == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet":
            # The prefix of the relation's id is the writer's choice.
            key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if key not in parts:
                return
            visible = attributes.get("state", "visible") == "visible"
            entries.append(_Entry(attributes.get("name", ""), parts[key], visible))

    archive.parse("xl/_rels/workbook.xml.rels", relation)
    archive.parse(_WORKBOOK, part)
    found = [entry for entry in entries if entry.part in archive]
    if not found:
        raise ValueError("it has no sheet of rows")
    return found, from_1904


def _chosen(entries: Sequence[_Entry], how: BinaryReading) -> _Entry:
    """The sheet that was asked for; else the first that is not hidden."""
    if how.sheet is None:
        return next((entry for entry in entries if entry.visible), entries[0])
    wanted = how.sheet.strip()
    for entry in entries:
        if entry.name.strip().casefold() == wanted.casefold():
            return entry
    if wanted.isdecimal() and int(wanted[:9]) < len(entries):
        return entries[int(wanted[:9])]
    names = [entry.name for entry in entries]
    raise DataError(
        T("{name} has no sheet '{sheet}'.", "{name} 中没有工作表“{sheet}”。", name=how.name,
          sheet=excerpt(wanted)),
        T("Its sheets: {names}.", "已有的工作表：{names}。",
          names=excerpt(", ".join(f"{n} {name}" for n, name in enumerate(names)), 300)),
        did_you_mean(wanted, names, show=lambda close: f"--sheet {excerpt(close)}")
        or T("Name one of them, or give its number, from 0: --sheet 0",
             "请给出其中一个的名称，或从 0 开始的编号：--sheet 0"),
        code="data.sheet",
    )  # fmt: skip


def _notices(
    sheet: Sheet, entry: _Entry, entries: Sequence[_Entry], how: BinaryReading
) -> list[Text]:
    said = []
    others = [other.name for other in entries if other is not entry]
    if others and how.sheet is None:
        said.append(
            T("{name}: sheet '{sheet}' is read; others: {others} (--sheet takes one of them).",
              "{name}：读取工作表“{sheet}”；其他工作表：{others}（可用 --sheet 指定）。",
              name=how.name, sheet=excerpt(entry.name), others=excerpt(", ".join(others), 120))
        )  # fmt: skip
    if sheet.filled:
        said.append(
            T("{name}: {n} cells merged with the one above were given its value.",
              "{name}：{n} 个与上方合并的单元格取上方的值。", name=how.name, n=sheet.filled)
        )  # fmt: skip
    if sheet.without_value:
        said.append(
            T("{name}: {n} formulas have no stored result and count as empty; open the workbook "
              "in Excel or WPS and save it.",
              "{name}：{n} 个公式没有保存结果，按空单元格处理；"
              "请在 Excel 或 WPS 中打开并保存。",
              name=how.name, n=sheet.without_value)
        )  # fmt: skip
    return said


def _empty(name: str, entry: _Entry, entries: Sequence[_Entry]) -> DataError:
    others = [other.name for other in entries if other is not entry]
    return DataError(
        T("{name}: sheet '{sheet}' is empty.", "{name}：工作表“{sheet}”是空的。", name=name,
          sheet=excerpt(entry.name)),
        T("Other sheets: {names}.", "其他工作表：{names}。",
          names=excerpt(", ".join(others), 300) or "-"),
        T("Name the sheet with the rows: --sheet NAME", "请指定有数据的工作表：--sheet 名称"),
        code="data.empty",
    )  # fmt: skip


def _too_much(name: str, error: Exception) -> DataError:
    return DataError(
        T("{name} holds more than can be read.", "{name} 的内容过多，无法读取。", name=name),
        T("{error}", "{error}", error=error),
        T("Save the sheet as CSV, or give a part of it.", "请把工作表另存为 CSV，或只给出一部分。"),
        code="data.too_large",
    )


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(
        T("{name} cannot be read as a workbook.", "{name} 不能按工作簿读取。", name=name),
        T("It is damaged, or was written wrongly: {error}", "文件已损坏或写入有误：{error}",
          error=excerpt(f"{type(error).__name__}: {error}", 160)),
        T("Open it in Excel or WPS and save it again, as .xlsx or CSV.",
          "请在 Excel 或 WPS 中打开后重新保存为 .xlsx 或 CSV。"),
        code="data.damaged",
    )  # fmt: skip
