"""Excel workbooks are read as tables are: one sheet, its header, its rows by their own numbers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import Write, three_parts
from data.workbooks import MAIN, sheet_xml, workbook

from paddle_lab.cli import main
from paddle_lab.data.binaries import _xlsx_rows
from paddle_lab.errors import DataError

ROWS = [[f"这家店第{n}次去，{'还会再来' if n % 2 else '再也不来'}", "好评" if n % 2 else "差评"]
        for n in range(40)]  # fmt: skip
TABLE: list[list[Any]] = [["评论", "标签"], *ROWS]


def refusal(path: Path, **how: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read(str(path), **how)
    three_parts(caught.value)
    return caught.value


def said(path: Path, **how: Any) -> str:
    return " ".join(notice.in_language("en") for notice in read(str(path), **how).notices)


@pytest.mark.parametrize("shared", [True, False], ids=["as Excel", "as pandas"])
def test_a_workbook_is_read_as_a_table(shared: bool, write: Write) -> None:
    found = read(str(write("评论.xlsx", workbook({"Sheet1": TABLE}, shared=shared))))
    assert [list(row) for row in found.rows()] == ROWS
    assert found.columns == {"text": "评论", "label": "标签"}
    assert found.where(0).in_language("en") == "评论.xlsx row 2", "as Excel numbers it"
    assert found.provenance["sheet"] == "Sheet1" and not found.notices


def test_its_ending_does_not_matter(write: Write) -> None:
    assert len(read(str(write("rows.dat", workbook({"a": TABLE}))))) == len(ROWS)


@pytest.mark.parametrize(
    ("above", "line"), [([["标注结果"]], 3), ([[None, None], ["说明", None]], 4)]
)
def test_titles_above_the_header_and_empty_rows_and_columns(
    above: list[list[Any]], line: int, write: Write
) -> None:
    rows = [[None, *row, "  "] for row in [*above, *TABLE[:9], [None, None], *TABLE[9:]]]
    found = read(str(write("a.xlsx", workbook({"a": rows}))))
    assert [list(row) for row in found.rows()] == ROWS
    assert found.lines[0] == line


def test_a_table_that_begins_in_the_middle_of_a_sheet(write: Write) -> None:
    found = read(str(write("a.xlsx", workbook({"a": TABLE}, first=(7, 28)))))
    assert found.columns == {"text": "评论", "label": "标签"} and found.lines[0] == 8


def test_a_sheet_without_header_gives_all_rows(write: Write) -> None:
    assert len(read(str(write("a.xlsx", workbook({"a": ROWS}))))) == len(ROWS)


def test_numbers_dates_and_errors_are_what_excel_shows(write: Write) -> None:
    rows = [
        ["文本", "标签", "日期", "时间"],
        ["整数的标签", 1, '<c s="1"><v>45296</v></c>', '<c s="2"><v>45296.5</v></c>'],
        ["小数形式的标签", 1.0, '<c t="e"><v>#N/A</v></c>', '<c s="2"><v>0.25</v></c>'],
        ["公式的标签", '<c t="str"><f>A1</f><v>1</v></c>', None, None],
        ["长整数", 0, 6551678700000000000, 0.1],
    ]
    path = write("a.xlsx", workbook({"a": rows}))
    assert read(str(path)).labels == ["1", "1", "1", "0"]
    dates = read(str(path), label="日期", skip_bad=True)
    assert dates.labels == ["2024-01-05", "6551678700000000000"]
    times = read(str(path), label="时间", skip_bad=True)
    assert times.labels == ["2024-01-05 12:00:00", "06:00:00", "0.1"]


def test_texts_in_pieces_with_reading_aids_and_escapes(write: Write) -> None:
    texts = (
        "<si><r><t>很</t></r><r><rPr/><t xml:space='preserve'>好 </t></r>"
        "<rPh sb='0' eb='1'><t>ヨイ</t></rPh></si><si><t>第一行_x000D_第二行</t></si>"
    )
    rows = [["文本", "标签"], ['<c t="s"><v>0</v></c>', 1], ['<c t="s"><v>1</v></c>', 0]]
    content = workbook(
        {"a": rows}, shared=False,
        parts={"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>'},
    )  # fmt: skip
    assert read(str(write("a.xlsx", content))).texts == ["很好 ", "第一行\r第二行"]


def test_a_class_merged_over_many_rows_holds_for_each(write: Write) -> None:
    rows = [[row[0], row[1] if n in (0, 20) else None] for n, row in enumerate(ROWS)]
    path = write("a.xlsx", workbook({"a": [TABLE[0], *rows]}, merged=["B2:B21", "B22:B41"]))
    assert read(str(path)).labels == ["差评"] * 40
    assert "38 cells merged with the one above" in said(path)


def test_formulas_that_nobody_computed_are_told(write: Write) -> None:
    rows = [[*row, "<c><f>LEN(A2)</f></c>"] for row in ROWS]
    path = write("a.xlsx", workbook({"a": [[*TABLE[0], "长度"], *rows]}))
    assert "40 formulas have no stored result" in said(path)


# -- sheets -------------------------------------------------------------------------------------


@pytest.fixture
def book(write: Write) -> Path:
    other = [["评论", "标签"], *([text, "其他"] for text, _ in ROWS[:5])]
    sheets = {"说明": [["请勿修改"]], "第一批": TABLE, "2": other}
    return write("book.xlsx", workbook(sheets, hidden=["说明"]))


def test_the_first_sheet_that_is_not_hidden_is_read_and_told(book: Path) -> None:
    assert len(read(str(book))) == 40
    assert "sheet '第一批' is read; others: 说明, 2" in said(book)


@pytest.mark.parametrize(
    ("sheet", "rows"), [("第一批", 40), (" 第一批", 40), ("1", 40), ("2", 5)],
    ids=["name", "space", "number", "a name that is a number"],
)  # fmt: skip
def test_a_sheet_is_named_or_numbered(sheet: str, rows: int, book: Path) -> None:
    assert len(read(str(book), sheet=sheet)) == rows
    assert len(read(f"{book}/{sheet.strip()}")) == rows, "as a part of the path, for one file"
    assert not said(book, sheet=sheet)


@pytest.mark.parametrize("sheet", ["第二批", "3", "-1", ""])
def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(sheet: str, book: Path) -> None:
    error = refusal(book, sheet=sheet)
    assert error.code == "data.sheet" and "0 说明, 1 第一批, 2 2" in three_parts(error)


def test_a_sheet_of_a_file_that_has_none_is_refused(write: Write) -> None:
    error = refusal(write("a.csv", "text,label\n好,1\n"), sheet="第一批")
    assert error.code == "data.sheet" and "has no sheets" in three_parts(error)


def test_an_empty_sheet_names_the_others(write: Write) -> None:
    path = write("a.xlsx", workbook({"空": [["  "]], "数据": TABLE}))
    error = refusal(path)
    assert error.code == "data.empty" and "Other sheets: 数据" in three_parts(error)


def test_a_run_keeps_its_sheet(book: Path, tmp_path: Path) -> None:
    from paddle_lab.api import specify
    from paddle_lab.training.tables import prepare_for

    spec, _ = specify(str(book), None, {}, {"sheet": "1"})
    assert spec.sheet == "1"
    assert prepare_for(spec, {}).fingerprint == prepare(f"{book}/第一批").fingerprint


def test_the_report_names_the_sheet(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(book), "--sheet", "第一批", "--lang", "en"]) == 0
    assert "book.xlsx, Excel, sheet '第一批'; text: column 评论" in capsys.readouterr().out


# -- hostile and damaged ------------------------------------------------------------------------


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{("&" + before + ";") * 10}">'
        for name, before in zip("bcdefghij", "abcdefghi", strict=True)
    )
    + f']><worksheet xmlns="{MAIN}"><sheetData><row r="1"><c t="inlineStr"><is><t>&j;</t></is></c>'
    "</row></sheetData></worksheet>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c t="inlineStr"><is><t>&a;</t></is></c>'
    "</row></sheetData></worksheet>"
)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                  "xl/workbook.xml", "xl/styles.xml"])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("document", [BOMB, OUTSIDE], ids=["billion laughs", "outside"])
def test_entities_are_refused(document: str, encoding: str, part: str, write: Write) -> None:
    hostile = document.replace('"1.0"', f'"1.0" encoding="{encoding}"').encode(encoding)
    error = refusal(write("a.xlsx", workbook({"a": TABLE}, parts={part: hostile})))
    assert error.code == "data.damaged" and "document type" in three_parts(error)


def test_a_sheet_that_unpacks_to_too_much_is_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.data.files.LARGEST_FILE", 1 << 20)
    blank = sheet_xml(TABLE, None).replace("<sheetData>", " " * (1 << 21) + "<sheetData>")
    path = write("a.xlsx", workbook({"a": TABLE}, parts={"xl/worksheets/sheet1.xml": blank}))
    assert path.stat().st_size < 1 << 16
    assert refusal(path).code == "data.too_large"


@pytest.mark.parametrize("bound", ["_MOST_CELLS", "_MOST_CHARACTERS"])
def test_more_cells_or_characters_than_fit_are_refused(
    bound: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_xlsx_rows, bound, 79)
    assert refusal(write("a.xlsx", workbook({"a": TABLE}))).code == "data.too_large"


def test_a_cell_far_out_takes_no_room(write: Write) -> None:
    rows = [[row[0], row[1], *([None] * 16_000), n] for n, row in enumerate(ROWS)]
    assert len(read(str(write("a.xlsx", workbook({"a": rows}))), label="1")) == 40


@pytest.mark.parametrize(
    ("part", "document"),
    [
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>"),
        ("xl/worksheets/sheet1.xml", "\0\1"),
        ("xl/worksheets/sheet1.xml", sheet_xml([['<c t="s"><v>9999</v></c>']], None)),
        ("xl/worksheets/sheet1.xml", sheet_xml([["<c><v>一</v></c>"]], None)),
        ("xl/worksheets/sheet1.xml",
         '<worksheet><sheetData><row r="x"><c r="A1"/></row></sheetData></worksheet>'),
        ("xl/worksheets/sheet1.xml",
         '<worksheet><sheetData><row><c r="../A1"/></row></sheetData></worksheet>'),
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>"),
        ("xl/_rels/workbook.xml.rels",
         '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="../../../etc/passwd"/>'
         "</Relationships>"),
    ],
)  # fmt: skip
def test_a_damaged_workbook_is_called_so(part: str, document: str, write: Write) -> None:
    error = refusal(write("a.xlsx", workbook({"a": TABLE}, parts={part: document})))
    assert error.code == "data.damaged" and "save it again" in three_parts(error)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_workbook_that_was_cut_short_is_refused(share: float, write: Write) -> None:
    whole = workbook({"a": TABLE})
    assert refusal(write("a.xlsx", whole[: int(share * len(whole))])).code == "data.damaged"


def test_bytes_that_were_changed_end_in_rows_or_a_message(write: Write) -> None:
    whole = workbook({"a": TABLE})
    for place in range(30, len(whole), 97):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        try:
            read(str(write("a.xlsx", bytes(changed))))
        except DataError as error:
            three_parts(error)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook (.xls)"),
        ("Content", "an Office document"),
        ("ods", "an OpenDocument file"),
    ],
)
def test_other_workbooks_are_refused_with_the_way_out(
    content: bytes | str, kind: str, write: Write
) -> None:
    if isinstance(content, str):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            if content == "ods":
                archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            else:
                archive.writestr("[Content_Types].xml", "<Types/>")
                archive.writestr("xl/workbook.bin", b"\0")
        content = stream.getvalue()
    error = refusal(write("a.xls", content))
    message = three_parts(error)
    assert error.code == "data.binary" and kind in message and ".xlsx or CSV" in message


def test_a_variable_that_holds_a_path_is_kept_as_it_was_asked_for(
    book: Path, tmp_path: Path
) -> None:
    from paddle_lab.api import specify
    from paddle_lab.data import load_rows
    from paddle_lab.runs import RunFolder
    from paddle_lab.training.tables import keep_tables

    spec, tables = specify("rows", None, {"rows": str(book)}, {"sheet": "2"})
    folder = RunFolder.create(spec, tmp_path)
    keep_tables(folder, spec, tables)
    assert len(load_rows(folder.path / "data" / "train.jsonl")) == 5
