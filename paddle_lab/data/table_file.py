"""A table written row by row into a file that appears when it is whole."""

from __future__ import annotations

import csv
import json
import math
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from paddle_lab.data.cells import plain
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded, fsync_dir
from paddle_lab.text.spreadsheet import is_formula

SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson")


class TableFile:
    """CSV, TSV or JSON lines, by the ending of ``path``; a context manager.

    ``inputs`` are files that it must not be. ``own`` columns at the end are ours: their texts never
    begin a formula in a spreadsheet, while the person's own cells stay as they are. Rows go into a
    hidden file beside it, which gets the name at the end; left early, there is no file, unless
    :meth:`keep_part` was called. Raises DataError when it cannot be written, or would replace a
    file without ``force``.
    """

    def __init__(
        self, path: str, header: Sequence[str], *, own: int = 0, force: bool = False,
        inputs: Sequence[str | Path] = (),
    ) -> None:  # fmt: skip
        self.path = refuse_destination(path, inputs=inputs, force=force)
        self._force, self._own = force, own
        self._header = list(header)
        self._kind = self.path.suffix.lower()
        self._hidden = self.path.parent / f".{uuid.uuid4().hex}.part"
        self._file: TextIO | None = None
        self._writer: Any = None
        self.rows = 0

    def __enter__(self) -> TableFile:
        try:
            # Excel reads a CSV without this mark as another encoding than UTF-8.
            encoding = "utf-8-sig" if self._kind == ".csv" else "utf-8"
            self._file = self._hidden.open("x", encoding=encoding, errors="replace", newline="")
            if self._kind in (".csv", ".tsv"):
                sep = "," if self._kind == ".csv" else "\t"
                self._writer = csv.writer(self._file, delimiter=sep, lineterminator="\n")
                self._writer.writerow(self._header)
        except OSError as error:
            self._discard()
            raise _cannot_write(self.path, error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is None:
            return
        if kind is not None:
            self._discard()
            return
        self._finish(self.path, self._force)

    def write(self, cells: Sequence[Any]) -> None:
        """One more row, as long as the header."""
        assert self._file is not None
        try:
            if self._writer is not None:
                first = len(cells) - self._own
                self._writer.writerow(
                    [_cell(cell) if index < first else _harmless(_cell(cell))
                     for index, cell in enumerate(cells)]
                )  # fmt: skip
            else:
                row = dict(zip(self._header, map(_value, cells), strict=True))
                self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self.rows += 1

    def keep_part(self) -> Path:
        """End here: the rows so far get a free name beside, ``answers.part.csv``."""
        number, stem = 1, self.path.with_suffix("")
        path = stem.with_name(f"{stem.name}.part{self.path.suffix}")
        while path.exists():
            number += 1
            path = stem.with_name(f"{stem.name}.part{number}{self.path.suffix}")
        self._finish(path, force=False)
        return path

    def _finish(self, path: Path, force: bool) -> None:
        assert self._file is not None
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if not force and path.exists():  # it came meanwhile
                raise _exists(path)
            self._hidden.replace(path)
            fsync_dir(path.parent)
        except OSError as error:
            raise _cannot_write(path, error) from error
        finally:
            self._discard()

    def _discard(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
        self._hidden.unlink(missing_ok=True)


def refuse_destination(
    path: str, *, inputs: Sequence[str | Path] = (), force: bool = False
) -> Path:
    """The path to write to. Raises DataError where it must not be written to, before the work."""
    place = expanded(path)
    if place.suffix.lower() not in SUFFIXES:
        raise DataError(
            T("{path}: answers are not written in that form.", "{path}：不支持这种输出格式。",
              path=excerpt(path, 200)),
            T("The ending of the name says the form.", "由文件扩展名决定格式。"),
            T("Choose one of {known}: --out answers.csv", "可选 {known}：--out answers.csv",
              known=", ".join(SUFFIXES)),
            code="data.output_form",
        )  # fmt: skip
    for source in inputs:
        other = expanded(source)
        if other.exists() and place.exists() and place.samefile(other):
            raise DataError(
                T("{path} is the file that is read.", "{path} 正是要读取的文件。",
                  path=excerpt(path, 200)),
                T("The rows would be lost.", "原有数据会丢失。"),
                T("Give another name.", "请换一个文件名。"),
                code="data.output_exists",
            )  # fmt: skip
    if place.is_dir() or (place.exists() and not place.is_file()):
        raise _cannot_write(place, IsADirectoryError(21, os.strerror(21)))
    if place.exists() and not force:
        raise _exists(place)
    if not place.absolute().parent.is_dir():
        raise _cannot_write(place, FileNotFoundError(2, os.strerror(2)))
    return place


def free_names(header: Sequence[str], names: Sequence[str]) -> list[str]:
    """``names`` for columns beside ``header``: one that it has already gets a number."""
    taken = set(header)
    found = []
    for name in names:
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        found.append(free)
    return found


def _cell(value: Any) -> Any:
    """A value as a cell of a text: lists as JSON, missing ones empty."""
    value = _value(value)
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _value(value: Any) -> Any:
    """A value as JSON has it."""
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (str, int, float, bool, list, dict)) or value is None:
        return value
    if isinstance(value, tuple):
        return list(value)
    return str(value)


def _harmless(value: Any) -> Any:
    """A text that no spreadsheet program runs as a formula; a number written as text is none."""
    if not isinstance(value, str) or not is_formula(value):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def _exists(path: Path) -> DataError:
    return DataError(
        T("{path} is there already.", "{path} 已经存在。", path=excerpt(str(path), 200)),
        T("It is not written over without being asked to.", "不会在未经要求时覆盖它。"),
        T("Give another name, or replace it: --force", "请换一个文件名，或用 --force 覆盖。"),
        code="data.output_exists",
    )  # fmt: skip


def _cannot_write(path: Path, error: OSError) -> DataError:
    return DataError(
        T("{path} cannot be written.", "无法写入 {path}。", path=excerpt(str(path), 200)),
        T("{error}", "{error}", error=error.strerror or error),
        T("Give a file in a folder that is there, on a disk with room.",
          "请给出已有目录中的文件，并确认磁盘有空间。"),
        code="data.output",
    )  # fmt: skip
