"""Workbooks as Excel and pandas write them, made from rows; for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>'
    '</numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/>'
    "</cellXfs></styleSheet>"
)


def letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def sheet_xml(
    rows: Sequence[Sequence[Any]], texts: list[str] | None, merged: Sequence[str] = (),
    first: tuple[int, int] = (1, 0),
) -> str:  # fmt: skip
    """A sheet; texts go into ``texts`` where it is given, else into the cells themselves.

    A cell may be XML already: a text that begins with ``<c``.
    """
    written = []
    for number, row in enumerate(rows, start=first[0]):
        cells = []
        for column, value in enumerate(row, start=first[1]):
            at = f"{letters(column)}{number}"
            if value is None:
                continue
            if isinstance(value, str) and value.startswith("<c"):
                cells.append(value.replace("<c", f'<c r="{at}"', 1))
            elif isinstance(value, bool):
                cells.append(f'<c r="{at}" t="b"><v>{int(value)}</v></c>')
            elif isinstance(value, (int, float)):
                cells.append(f'<c r="{at}"><v>{value!r}</v></c>')
            elif texts is None:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
            else:
                cells.append(f'<c r="{at}" t="s"><v>{len(texts)}</v></c>')
                texts.append(value)
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{"".join(written)}'
        f"</sheetData><mergeCells>{areas}</mergeCells></worksheet>"
    )


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    shared: bool = True,
    hidden: Sequence[str] = (),
    merged: Sequence[str] = (),
    first: tuple[int, int] = (1, 0),
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """The bytes of an ``.xlsx``; ``parts`` replace or add documents."""
    texts: list[str] | None = [] if shared else None
    states = {name: 'state="hidden" ' if name in hidden else "" for name in sheets}
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" {state}r:id="rId{n}"/>'
        for n, (name, state) in enumerate(states.items(), start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    documents: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f"<sheets>{entries}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}'
        "</Relationships>",
        "xl/styles.xml": STYLES,
    }
    for n, rows in enumerate(sheets.values(), start=1):
        documents[f"xl/worksheets/sheet{n}.xml"] = sheet_xml(rows, texts, merged, first)
    if texts is not None:
        items = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
        documents["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{items}</sst>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (documents | dict(parts or {})).items():
            archive.writestr(name, content)
    return stream.getvalue()
