"""A folder for each class, a file for each text: ``reviews/good/0001.txt``.

Rows are numbered from 1, class by class and file by file in the order of their names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.encoding import decode
from paddle_lab.data.excerpt import excerpt, has_letters_to_see
from paddle_lab.data.opening import LARGEST_FILE
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular

_SUFFIXES: Final = (".txt", ".text", "")
_MOST_FILES: Final = 2_000_000
_MOST_CLASSES: Final = 20_000


def class_folders(folder: Path) -> list[Path]:
    """The folders in ``folder`` that hold texts, by name; empty where fewer than two do.

    Links to folders are not followed. Raises OSError where a folder cannot be read.
    """
    with os.scandir(folder) as entries:
        found = [
            Path(entry)
            for entry in islice(entries, _MOST_CLASSES)
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        ]
    classes = [one for one in found if next(_files(one), None) is not None]
    return sorted(classes) if len(classes) > 1 else []


def read_classes(
    folder: Path, encoding: str | None, most: int | None = None
) -> tuple[Records, dict[str, Any]]:
    """A row for each file, at ``most`` so many of each class, with columns text, label and file.

    Also the provenance: folder, files, size, time of the newest, SHA-256 over all, encodings.
    Raises DataError for files that cannot be read, and for more than fit.
    """
    records = Records(["text", "label", "file"], unit="row", layout={"format": "folders"})
    digest, size, newest, encodings, number = hashlib.sha256(), 0, 0.0, set(), 0
    for place in class_folders(folder):
        for file in islice(sorted(_files(place)), most):
            number += 1
            name = f"{place.name}/{file.name}"
            content, modified = _content(file, name)
            size, newest = size + len(content), max(newest, modified)
            if size > LARGEST_FILE or number > _MOST_FILES:
                raise _too_much(folder)
            digest.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
            text, used = decode(content, excerpt(name, 120), encoding)
            encodings.add(used)
            if has_letters_to_see(text):
                records.add(number, [text.strip("\r\n"), place.name, name])
            else:
                records.bad.append((number, T("{file} is empty", "{file} 是空文件",
                                              file=excerpt(name, 120))))  # fmt: skip
    return records, {
        "file": str(folder),
        "files": number,
        "bytes": size,
        "modified": newest,
        "sha256": digest.hexdigest(),
        "encoding": ", ".join(sorted(encodings)),
    }


def _files(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in islice(entries, _MOST_FILES):
            named = not entry.name.startswith(".") and _is_text(entry.name)
            if named and entry.is_file():
                yield Path(entry)


def _is_text(name: str) -> bool:
    """By its ending: 20 Newsgroups' files are mere numbers."""
    suffix = Path(name).suffix.lower()
    return suffix in _SUFFIXES or suffix[1:].isdecimal()


def _content(path: Path, name: str) -> tuple[bytes, float]:
    try:
        with open_regular(path) as file:
            return file.read(LARGEST_FILE + 1), os.fstat(file.fileno()).st_mtime
    except (OSError, UnusableFile) as error:
        raise DataError(
            T("{file} cannot be read.", "无法读取 {file}。", file=excerpt(name, 120)),
            T("{error}", "{error}", error=getattr(error, "strerror", None) or error),
            T("Check the file's permissions, or take it out of the folder.",
              "请检查文件权限，或把它移出目录。"),
            code="data.unreadable",
        ) from error  # fmt: skip


def _too_much(folder: Path) -> DataError:
    return DataError(
        T("The texts in {folder} are more than {most} MB or {files} files.",
          "{folder} 中的文本超过 {most} MB 或 {files} 个文件。", folder=excerpt(str(folder), 200),
          most=LARGEST_FILE // MEGABYTE, files=_MOST_FILES),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Give a part of it: fewer files of each class.", "请只给出一部分：减少每个类别的文件。"),
        code="data.too_large",
    )  # fmt: skip
