"""Files that are no rows and are known for what they are: each refused with the way out."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from paddle_lab.data.zip_errors import ZIP_ERRORS
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_HEAD: Final = 4096
_WORKBOOK: Final = Text(
    "Save it in Excel or WPS as .xlsx or CSV, without a password.",
    "请在 Excel 或 WPS 中另存为 .xlsx 或 CSV，不要设置密码。",
)
_PACKED: Final = Text("Unpack it and give the file inside.", "请解压后再给出其中的文件。")
_TABLE: Final = Text(
    "Read it into a DataFrame and give the variable's name, or save it as CSV.",
    "请读成 DataFrame 后给出变量名，或另存为 CSV。",
)
_TEXT: Final = Text(
    "Save its text and labels as CSV or .xlsx.", "请把其中的文本和标签另存为 CSV 或 .xlsx。"
)
# What a file begins with, its kind, and what to do.
_KINDS: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     Text("an old Excel workbook (.xls), or one with a password",
          "旧版 Excel 工作簿（.xls）或有密码的工作簿"), _WORKBOOK),
    (b"SQLite format 3", Text("an SQLite database", "SQLite 数据库"), _TABLE),
    (b"%PDF", Text("a PDF document", "PDF 文档"), _TEXT),
    (b"{\\rtf", Text("an RTF document", "RTF 文档"), _TEXT),
    (b"7z\xbc\xaf\x27\x1c", Text("a 7z archive", "7z 压缩包"), _PACKED),
    (b"Rar!\x1a\x07", Text("a RAR archive", "RAR 压缩包"), _PACKED),
    (b"\x28\xb5\x2f\xfd", Text("a zstd file", "zstd 压缩文件"), _PACKED),
    (b"\x89HDF\r\n", Text("an HDF5 file", "HDF5 文件"), _TABLE),
    (b"ARROW1\0\0", Text("a Feather or Arrow file", "Feather 或 Arrow 文件"), _TABLE),
    (b"\x93NUMPY", Text("a NumPy array", "NumPy 数组"), _TABLE),
    # Never loaded here: loading a pickle runs whatever it names.
    (b"\x80\x02", Text("a Python pickle", "Python pickle 文件"), _TABLE),
    (b"\x80\x03", Text("a Python pickle", "Python pickle 文件"), _TABLE),
    (b"\x80\x04\x95", Text("a Python pickle", "Python pickle 文件"), _TABLE),
    (b"\x80\x05\x95", Text("a Python pickle", "Python pickle 文件"), _TABLE),
    (b"\x89PNG\r\n", Text("a picture", "图片"), _TEXT),
    (b"\xff\xd8\xff", Text("a picture", "图片"), _TEXT),
)  # fmt: skip
_TAR: Final = Text("a tar archive", "tar 压缩包")
_OFFICE: Final = Text(
    "an Office document, and no .xlsx workbook", "Office 文档，但不是 .xlsx 工作簿"
)
_OPEN_DOCUMENT: Final = Text("an OpenDocument file (.ods)", "OpenDocument 文件（.ods）")


def refuse_known(content: bytes, name: str) -> None:
    """Raise DataError for a file that is of a kind which is not read."""
    for start, kind, fix in _KINDS:
        if content.startswith(start):
            raise _refused(name, kind, fix)
    if content[257:262] == b"ustar":
        raise _refused(name, _TAR, _PACKED)
    if content.startswith(b"PK\x03\x04"):
        if b"mimetypeapplication/vnd.oasis.opendocument" in content[:_HEAD]:
            raise _refused(name, _OPEN_DOCUMENT, _WORKBOOK)
        if _is_office(content):
            raise _refused(name, _OFFICE, _WORKBOOK)


def _is_office(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except ZIP_ERRORS:
        return False  # told as a damaged archive


def _refused(name: str, kind: Text, fix: Text) -> DataError:
    return DataError(
        T("{name} is {kind}, which is not read.", "{name} 是{kind}，无法读取。",
          name=name, kind=kind),
        T("Read are: CSV, TSV, JSON, .xlsx, Parquet; also in gz, bz2, xz and zip.",
          "可读取的有：CSV、TSV、JSON、.xlsx、Parquet，以及它们的 gz、bz2、xz、zip 压缩文件。"),
        fix,
        code="data.binary",
    )  # fmt: skip
