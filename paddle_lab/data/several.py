"""Several files as one source: those that a pattern names, ``'data/*.csv'``."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import folded
from paddle_lab.data.opening import LARGEST_FILE
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.untrusted import MEGABYTE

_SIGNS: Final = frozenset("*?[")
_MOST: Final = 10_000

Read = tuple[Records, dict[str, Any]]


def files_of_pattern(path: Path) -> list[Path] | None:
    """The files that a pattern names, in the order of their names; None for what is no pattern.

    A file that is called so goes before. Raises DataError where none or too many fit.
    """
    if not _SIGNS & set(str(path)) or path.exists():
        return None
    # Path.glob takes no absolute pattern.
    found = (Path(name) for name in glob.iglob(str(path), recursive=True))  # noqa: PTH207
    files = sorted(islice((one for one in found if one.is_file()), _MOST + 1))
    if not files:
        raise DataError(
            T("No file fits {pattern}.", "没有文件符合 {pattern}。",
              pattern=excerpt(str(path), 200)),
            T("* stands for any characters, ? for one, ** for folders.",
              "* 表示任意多个字符，? 表示一个字符，** 表示任意层目录。"),
            T("Look what is there: ls {folder}", "请查看目录内容：ls {folder}",
              folder=excerpt(str(_folder_of(path)), 200)),
            code="data.not_found",
        )  # fmt: skip
    if len(files) > _MOST:
        raise DataError(
            T("{pattern} fits more than {n} files.", "符合 {pattern} 的文件超过 {n} 个。",
              pattern=excerpt(str(path), 200), n=_MOST),
            T("All of them would be read at once.", "它们会被同时读取。"),
            T("Join them into one file, or give a narrower pattern.",
              "请合并为一个文件，或使用更具体的模式。"),
            code="data.too_large",
        )  # fmt: skip
    return files


def refuse_too_much(pattern: Path, size: int) -> None:
    """Raise DataError where files that fit ``pattern`` are ``size`` bytes together: too many."""
    if size <= LARGEST_FILE:
        return
    raise DataError(
        T("The files of {pattern} are more than {most} MB together.",
          "{pattern} 的文件合计超过 {most} MB。", pattern=excerpt(str(pattern), 200),
          most=LARGEST_FILE // MEGABYTE),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Give a narrower pattern.", "请使用更具体的模式。"),
        code="data.too_large",
    )  # fmt: skip


def joined(pattern: Path, files: Sequence[Path], read: Sequence[Read]) -> Read:
    """The records of all files below each other, with the provenance of all.

    Columns are matched by name. Numbers go on from file to file; ``Records.files`` says which
    number each file begins behind. Raises DataError for files of different columns or formats.
    """
    if len(read) == 1:
        return read[0]
    first = read[0][0]
    units = {records.unit for records, _ in read}
    whole = Records(
        first.header, unit=first.unit if len(units) == 1 else "row", layout=dict(first.layout),
        folder=first.folder, form=first.form, title=first.title,
    )  # fmt: skip
    digest, behind = hashlib.sha256(), 0
    for file, (records, provenance) in zip(files, read, strict=True):
        order = _order(first, records)
        if records.form != first.form or order is None:
            raise _different(pattern, files, [records for records, _ in read])
        whole.files.append((behind, file.name))
        for line, cells in zip(records.lines, records.cells, strict=True):
            whole.add(behind + line, [cells[index] for index in order])
        whole.bad += [(behind + line, reason) for line, reason in records.bad]
        whole.notices += [notice for notice in records.notices if notice not in whole.notices]
        digest.update(f"{file.name}\0{provenance['sha256']}\0".encode(errors="surrogateescape"))
        last = max([*records.lines[-1:], *(line for line, _ in records.bad)], default=0)
        behind += last
    parts = [provenance for _, provenance in read]
    encodings = {str(part["encoding"]) for part in parts if "encoding" in part}
    provenance = {
        "file": str(pattern),
        "files": [[after, name] for after, name in whole.files],
        "bytes": sum(part["bytes"] for part in parts),
        "modified": max(part["modified"] for part in parts),
        "sha256": digest.hexdigest(),
    }
    if encodings:
        provenance["encoding"] = ", ".join(sorted(encodings))
    return whole, provenance


def _order(first: Records, other: Records) -> list[int] | None:
    """Which column of ``other`` is each of the first; None where they are not the same."""
    if first.header is None or other.header is None:
        same = first.header == other.header and first.width == other.width
        return list(range(first.width)) if same else None
    names = [folded(name) for name in other.header]
    wanted = [folded(name) for name in first.header]
    if sorted(names) != sorted(wanted):
        return None
    if len(set(names)) < len(names):
        return list(range(len(names))) if names == wanted else None
    return [names.index(name) for name in wanted]


def _folder_of(path: Path) -> Path:
    """The folder above the first part that is a pattern."""
    return next(one for one in path.parents if not _SIGNS & set(str(one)))


def _different(pattern: Path, files: Sequence[Path], read: Sequence[Records]) -> DataError:
    first = read[0]
    other = next(
        n for n, one in enumerate(read) if one.form != first.form or _order(first, one) is None
    )
    return DataError(
        T("The files of {pattern} have different columns.", "{pattern} 的各个文件的列不同。",
          pattern=excerpt(str(pattern), 200)),
        T("{one}: {columns}; {other}: {others}", "{one}：{columns}；{other}：{others}",
          one=excerpt(files[0].name), columns=_columns(first),
          other=excerpt(files[other].name), others=_columns(read[other])),
        T("Give the same header to all files, or a pattern that fits only those of one form.",
          "请让所有文件使用相同的表头，或使用只匹配同类文件的模式。"),
        code="data.different_files",
    )  # fmt: skip


def _columns(records: Records) -> Text:
    if records.header is None:
        return T("{n} columns without header", "{n} 列，没有表头", n=records.width)
    return T("{names}", "{names}", names=excerpt(", ".join(records.header), 120))
