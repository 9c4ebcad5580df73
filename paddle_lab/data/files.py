"""Files to records, with clear words for what is no data."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.encoding import decode
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.no_data import refuse_no_data
from paddle_lab.data.readers import TextReading, read_records
from paddle_lab.data.records import Records
from paddle_lab.data.samples import sample_names
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular

LARGEST_FILE: Final = 1024 * MEGABYTE
_HEAD: Final = MEGABYTE // 4

# What a file that is no text begins with, its kind, and what to do.
_BINARY: Final = (
    (b"PK\x03\x04", Text("an Excel workbook or a zip archive", "Excel 工作簿或 zip 压缩包")),
    (b"\xd0\xcf\x11\xe0", Text("an old Excel workbook", "旧版 Excel 工作簿")),
    (b"\x1f\x8b", Text("a gzip archive", "gzip 压缩文件")),
    (b"PAR1", Text("a Parquet file", "Parquet 文件")),
    (b"SQLite format 3", Text("an SQLite database", "SQLite 数据库")),
    (b"%PDF", Text("a PDF document", "PDF 文档")),
)


def read_file(path: Path, encoding: str | None, how: TextReading) -> tuple[Records, dict[str, Any]]:
    """The records of a file, and its provenance: path, size, time, SHA-256, encoding.

    ``how`` without name and suffix, which are the file's. Raises DataError.
    """
    content, modified = _content(path)
    name = excerpt(path.name, 120)
    _refuse_binary(content, name)
    text, used = decode(content, name, encoding)
    provenance = {
        "file": str(path),
        "bytes": len(content),
        "modified": modified,
        "sha256": hashlib.sha256(content).hexdigest(),
        "encoding": used,
    }
    del content
    how = replace(how, name=name, suffix=path.suffix.lower())
    records = read_text(text, how)
    records.folder = path.absolute().parent
    return records, provenance


def read_text(text: str, how: TextReading) -> Records:
    """The records of a text. Raises DataError."""
    if not text.strip():
        raise _empty(how.name)
    refuse_no_data(text, how.name)
    return read_records(text, how)


def head_of(path: Path, encoding: str | None) -> str:
    """The beginning of a file, in whole lines, to tell what it is. Raises DataError.

    A JSON document, which has no lines of its own, is read whole.
    """
    content, _ = _content(path, _HEAD + 1)
    cut = len(content) > _HEAD
    if cut and content.lstrip()[:1] in (b"[", b"{") and not _is_lines(content):
        content, cut = _content(path)[0], False
    if cut:
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        end = -1 if wide else content.rfind(b"\n", 0, _HEAD)
        content = content[: end + 1 or _HEAD]
    name = excerpt(path.name, 120)
    _refuse_binary(content, name)
    return decode(content, name, encoding)[0]


def _is_lines(content: bytes) -> bool:
    """Whether the first line of what begins like JSON is a whole value."""
    first, end, _ = content.lstrip().partition(b"\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(end)


def _content(path: Path, most: int = LARGEST_FILE + 1) -> tuple[bytes, float]:
    """A file's first ``most`` bytes, and when it was last written (seconds since 1970).

    A pipe or a device is refused, also the shell's ``<(command)``: data are read again to resume a
    run, and reading those may never end.
    """
    try:
        path.stat()  # tells in the system's words what is wrong with the name
        if path.is_dir():
            raise _folder(path)
        with open_regular(path) as file:
            modified = os.fstat(file.fileno()).st_mtime
            content = file.read(most)
    except UnusableFile as error:
        raise _not_a_file(path) from error
    except FileNotFoundError as error:
        raise no_such_file(str(path)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _unreadable(path, T("{error}", "{error}", error=reason or error)) from error

    if len(content) > LARGEST_FILE:
        raise _too_large(path)
    return content, modified


def refuse_absent(source: str) -> None:
    """Raise DataError when there is no file ``source``; what else is wrong with it shows later."""
    try:
        expanded(source).stat()
    except FileNotFoundError as error:
        raise no_such_file(source) from error
    except (OSError, ValueError):
        return  # told in its own words when it is read


def no_such_file(source: str) -> DataError:
    """What to say of a name that is neither file, variable nor sample."""
    path = Path(source)
    shown = excerpt(source, 200)
    try:
        beside = [entry.name for entry in islice(path.expanduser().parent.iterdir(), 5000)]
    except (OSError, ValueError, RuntimeError):
        beside = []
    return DataError(
        T("There is no file, variable or sample called {name}.",
          "没有名为 {name} 的文件、变量或示例数据。", name=shown),
        T("Looked in {folder}.", "查找位置：{folder}。",
          folder=excerpt(str(path.absolute().parent), 200)),
        did_you_mean(path.name, [*beside, *sample_names()], most=3,
                     show=lambda name: excerpt(name, 120))
        or T("Give a file's path, a DataFrame's name, or the sample: reviews",
             "请给出文件路径、DataFrame 变量名，或示例数据：reviews"),
        code="data.not_found",
    )  # fmt: skip


def _folder(path: Path) -> DataError:
    names = sorted(entry.name for entry in islice(path.iterdir(), 1000) if entry.is_file())
    return DataError(
        T("{path} is a folder.", "{path} 是一个目录。", path=excerpt(str(path), 200)),
        T("It holds: {names}", "其中有：{names}", names=excerpt(", ".join(names[:8]), 300) or "-"),
        T("Give one file in it: TSV, CSV or JSON lines.",
          "请指定其中一个文件：TSV、CSV 或 JSON lines。"),
        code="data.folder",
    )  # fmt: skip


def _not_a_file(path: Path) -> DataError:
    return DataError(
        T("{path} is not a regular file.", "{path} 不是普通文件。", path=excerpt(str(path), 200)),
        T("It is a pipe or a device, which cannot be read twice.",
          "它是管道或设备，不能重复读取。"),
        T("Save the rows to a file and give its name.", "请把数据保存为文件，再给出文件名。"),
        code="data.not_a_file",
    )  # fmt: skip


def _too_large(path: Path) -> DataError:
    return DataError(
        T("{path} is larger than {most} MB.", "{path} 超过 {most} MB。",
          path=excerpt(str(path), 200), most=LARGEST_FILE // MEGABYTE),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Give a part of it: head -n 1000000 FILE > part.tsv",
          "请只给出一部分：head -n 1000000 文件 > part.tsv"),
        code="data.too_large",
    )  # fmt: skip


def _unreadable(path: Path, reason: Text) -> DataError:
    return DataError(
        T("{path} cannot be read.", "无法读取 {path}。", path=excerpt(str(path), 200)),
        reason,
        T("Check the file's name and permissions.", "请检查文件名和权限。"),
        code="data.unreadable",
    )


def _empty(name: str) -> DataError:
    return DataError(
        T("{name} is empty.", "{name} 是空文件。", name=name),
        T("It holds no character but white space.", "其中没有任何可见内容。"),
        T("Each line needs a text and a label, e.g. text<TAB>label.",
          "每行需要一条文本和一个标签，例如 文本<TAB>标签。"),
        code="data.empty",
    )  # fmt: skip


def _refuse_binary(content: bytes, name: str) -> None:
    for start, kind in _BINARY:
        if content.startswith(start):
            raise DataError(
                T("{name} is {kind}, not a text file.", "{name} 是{kind}，不是文本文件。",
                  name=name, kind=kind),
                T("TSV, CSV and JSON lines are read here.", "这里读取 TSV、CSV 和 JSON lines。"),
                T("Save it as CSV, or read it into a DataFrame with pandas and give its name.",
                  "请另存为 CSV，或用 pandas 读成 DataFrame 后给出变量名。"),
                code="data.binary",
            )  # fmt: skip
