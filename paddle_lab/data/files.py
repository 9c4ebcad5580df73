"""Files to records, with clear words for what is no data."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.binaries import BinaryReader, BinaryReading
from paddle_lab.data.class_folders import class_folders, read_classes
from paddle_lab.data.encoding import decode
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.hub_rows import on_hub, read_hub, shown_source
from paddle_lab.data.no_data import refuse_no_data
from paddle_lab.data.opening import LARGEST_FILE, Opened, no_such_file, opened, parted
from paddle_lab.data.readers import Reader, TextReading, read_records, reader_of
from paddle_lab.data.records import Records
from paddle_lab.data.saved_sets import is_saved, read_saved
from paddle_lab.data.several import files_of_pattern, joined, refuse_too_much
from paddle_lab.data.table_shape import with_shape
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.untrusted import MEGABYTE

_HEAD: Final = MEGABYTE // 4
_HEAD_ROWS: Final = 1000
_HEAD_TEXTS: Final = 20  # of each class


def read_file(
    path: Path, encoding: str | None, how: TextReading, most: int | None = None
) -> tuple[Records, dict[str, Any]]:
    """The records of a file, and its provenance: path, size, time, SHA-256, encoding.

    ``how`` without name and suffix, which are the file's. The file may be a text, or of any format
    in ``data/binaries``, and lie in a container (``sets.zip/train.csv``); ``path`` may also be a
    folder with a folder for each class, one that `datasets` saved, a pattern that fits several
    files, or a name on a hub, of which about ``most`` rows may be enough. Rows need no label.
    Raises DataError, HubError.
    """
    if (name := on_hub(path)) is not None:
        return read_hub(name, most)
    if is_saved(path):
        return read_saved(path)
    if _has_classes(path):
        records, provenance = read_classes(path, encoding)
        records.folder = path.absolute()
        return records, provenance
    files = files_of_pattern(path)
    if files is not None:
        read, size = [], 0
        for file in files:
            records, provenance, unpacked = _read_one(file, encoding, how)
            size += unpacked
            refuse_too_much(path, size)
            read.append((records, provenance))
        return joined(path, files, read)
    return _read_one(path, encoding, how)[:2]


def _read_one(
    path: Path, encoding: str | None, how: TextReading
) -> tuple[Records, dict[str, Any], int]:
    """Records and provenance of one file, and how many bytes it has, unpacked."""
    found = opened(path)
    size = len(found.content)
    if found.binary is not None:
        records = with_shape(_of_binary(found, found.binary, how.sheet, None), how.asked, how.known)
        provenance = found.provenance
    else:
        _refuse_sheet(found.name, how.sheet)
        text, used = decode(found.content, found.name, encoding)
        provenance = found.provenance | {"encoding": used}
        how = replace(how, name=found.name, suffix=found.suffix)
        del found
        records = read_text(text, how)
    records.folder = path.absolute().parent
    return records, provenance, size


@dataclass(frozen=True)
class FileHead:
    """The beginning of a file, read once: a ``text`` with its ``reader``, or ``rows`` as they are.

    Without reader, that which recognises the text.
    """

    name: str
    suffix: str = ""
    text: str = ""
    reader: Reader | None = None
    rows: Records | None = None

    def records(self, how: TextReading) -> Records:
        """Its records; ``how`` without name and suffix. Raises DataError."""
        if self.rows is not None:
            return with_shape(self.rows, how.asked, how.known)
        how = replace(how, name=self.name, suffix=self.suffix)
        return read_text(self.text, how, self.reader)


def head_of(path: Path, encoding: str | None, sheet: str | None = None) -> FileHead:
    """The beginning of a file, in whole lines, to tell what it is. Raises DataError.

    A JSON document, which has no lines of its own, is read whole. Of several files it is that of
    the first, of a folder of classes that of each class.
    """
    if (name := on_hub(path)) is not None:
        return FileHead(shown_source(path), rows=read_hub(name, _HEAD_ROWS, first=True)[0])
    if is_saved(path):
        return FileHead(path.name, rows=read_saved(path)[0])
    if _has_classes(path):
        return FileHead(path.name, rows=read_classes(path, encoding, _HEAD_TEXTS)[0])
    path = (files_of_pattern(path) or [path])[0]
    found = opened(path, _HEAD + 1)
    if found.binary is not None:
        return FileHead(found.name, rows=_of_binary(found, found.binary, sheet, _HEAD_ROWS))
    _refuse_sheet(found.name, sheet)
    content = found.content
    cut = len(content) > _HEAD
    if cut and content.lstrip()[:1] in (b"[", b"{") and not _is_lines(content):
        content, cut = opened(path).content, False
    if cut:
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        end = -1 if wide else content.rfind(b"\n", 0, _HEAD)
        content = content[: end + 1 or _HEAD]
    text = decode(content, found.name, encoding)[0]
    return FileHead(found.name, found.suffix, text, reader_of(text, found.suffix))


def read_text(text: str, how: TextReading, reader: Reader | None = None) -> Records:
    """The records of a text, by ``reader`` or the one that recognises it. Raises DataError."""
    if not text.strip():
        raise _empty(how.name)
    refuse_no_data(text, how.name)
    return read_records(text, how, reader)


def files_behind(source: str) -> list[Path]:
    """The files on disk that a name stands for: one, an archive of it, or those of a pattern.

    None for a name on a hub.
    Raises DataError for a pattern that none fits.
    """
    path = expanded(source)
    if on_hub(path) is not None:
        return []
    return files_of_pattern(path) or [parted(path)[0]]


def refuse_absent(source: str) -> None:
    """Raise DataError when there is no file ``source``; what else is wrong with it shows later."""
    path = expanded(source)
    if on_hub(path) is not None or files_of_pattern(path) is not None:
        return
    try:
        file, _ = parted(path)
        file.stat()
    except FileNotFoundError as error:
        raise no_such_file(source) from error
    except (OSError, ValueError):
        return  # told in its own words when it is read


def _has_classes(path: Path) -> bool:
    """Whether it is a folder of classes; what is wrong with a path shows when it is opened."""
    try:
        return path.is_dir() and bool(class_folders(path))
    except (OSError, ValueError):
        return False


def _of_binary(found: Opened, reader: BinaryReader, sheet: str | None, rows: int | None) -> Records:
    """The records as the format has them, the first row among them where it may be a header."""
    sheet = found.inside if found.inside is not None else sheet
    if not reader.sheets:
        _refuse_sheet(found.name, sheet)
    how = BinaryReading(found.name, LARGEST_FILE, sheet, rows)
    records = reader.read(found.content, how)
    records.form, records.title = reader.form, reader.title
    return records


def _refuse_sheet(name: str, sheet: str | None) -> None:
    if sheet is not None:
        raise DataError(
            T("{name} has no sheets.", "{name} 没有工作表。", name=name),
            T("--sheet {sheet} names a sheet of a workbook (.xlsx).",
              "--sheet {sheet} 用于指定工作簿（.xlsx）中的工作表。", sheet=excerpt(sheet)),
            T("Leave --sheet out; for one file of several: book.xlsx/{sheet}",
              "请去掉 --sheet；只对其中一个文件指定时：book.xlsx/{sheet}", sheet=excerpt(sheet)),
            code="data.sheet",
        )  # fmt: skip


def _is_lines(content: bytes) -> bool:
    """Whether the first line of what begins like JSON is a whole value."""
    first, end, _ = content.lstrip().partition(b"\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(end)


def _empty(name: str) -> DataError:
    return DataError(
        T("{name} is empty.", "{name} 是空文件。", name=name),
        T("It holds no character but white space.", "其中没有任何可见内容。"),
        T("Each line needs a text and a label, e.g. text<TAB>label.",
          "每行需要一条文本和一个标签，例如 文本<TAB>标签。"),
        code="data.empty",
    )  # fmt: skip
