"""``corrections.tsv``: rows that a person put right, one a line, for ``finetune ... --add``.

A table with a header of the task's own columns, which :func:`paddle_lab.data.read` reads as any
other. Rows are only ever added at its end, whole or not at all, also by several processes at once.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.locks import lock
from paddle_lab.text.well_formed import well_formed
from paddle_lab.untrusted import UnusableFile, open_to_append, reason_of

FILE: Final = "corrections.tsv"
_PATIENCE_S: Final = 5.0
_LONGEST_HEADER: Final = 4096
_TRIES: Final = 10
# What ends a line for some reader, and NUL; a space in its place leaves every offset as it is.
_BREAKING: Final = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


def keep_correction(folder: Path, row: Mapping[str, str], task: str) -> Path:
    """Add ``row`` (cells by column) to the corrections in ``folder``; the file that holds it now.

    A file whose header has other columns is left alone: then it is ``corrections-TASK.tsv``. Tabs
    and line ends in a cell become spaces. Raises DataError when neither file takes the row.
    """
    for name in (FILE, f"corrections-{task}.tsv"):
        path = folder / name
        try:
            with _opened(path) as (file, header, whole):
                columns = header or list(row)
                if set(row) <= set(columns):
                    lines = _lines(columns, row, with_header=header is None)
                    _append(file, lines if whole else b"\n" + lines)
                    return path
        except (OSError, UnusableFile) as error:
            raise _not_kept(path, T("{error}", "{error}", error=reason_of(error))) from error
    raise _not_kept(path, T("Its columns are others: {columns}.", "它的列不同：{columns}。",
                            columns=", ".join(columns)[:200]))  # fmt: skip


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], list[str] | None, bool]]:
    """The file, locked; its header, None where it is empty; and whether its last line is whole.

    Made when it is absent.
    """
    for _ in range(_TRIES):
        with os.fdopen(open_to_append(path), "ab", buffering=0) as file:
            lock(file, _PATIENCE_S)
            # It may have been renamed or removed while the lock was waited for.
            if not _is_at(file, path):
                continue
            with path.open("rb") as content:
                first = content.readline(_LONGEST_HEADER)
                content.seek(max(0, os.fstat(content.fileno()).st_size - 1))
                whole = content.read(1) in (b"", b"\n")
            yield file, _header(first) if first.strip() else None, whole
            return
    raise TimeoutError("it is replaced again and again")


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _header(line: bytes) -> list[str]:
    """The columns that a first line names; of no use where it is not UTF-8."""
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        return ["?"]
    return next(csv.reader([text], delimiter="\t"), [])


def _lines(columns: Sequence[str], row: Mapping[str, str], *, with_header: bool) -> bytes:
    written = io.StringIO()
    # A cell with a quotation mark is quoted: so the reader of tables can tell which are.
    writer = csv.writer(written, delimiter="\t", lineterminator="\n")
    if with_header:
        writer.writerow(columns)
    writer.writerow([_BREAKING.sub(" ", row.get(column, "")) for column in columns])
    return well_formed(written.getvalue()).encode("utf-8")


def _append(file: IO[bytes], lines: bytes) -> None:
    """Write ``lines`` at the end, all or nothing. Raises OSError."""
    size = os.fstat(file.fileno()).st_size
    try:
        if file.write(lines) != len(lines):
            raise OSError("the disk took only a part of it")
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), size)
        raise


def _not_kept(path: Path, why: Text) -> DataError:
    return DataError(
        T("The correction could not be kept in {path}.", "无法把更正保存到 {path}。", path=path),
        why,
        T("Move the file away, free some space, or make the folder writable, then try again.",
          "请移开该文件、释放空间或使目录可写，然后重试。"),
        code="data.correction",
    )  # fmt: skip
