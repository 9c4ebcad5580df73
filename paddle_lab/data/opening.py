"""From a path to the bytes of a file of rows: found, bounded, taken out of its containers."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from paddle_lab.data.binaries import BINARIES, BinaryReader, binary_of
from paddle_lab.data.containers import Container, Member, Unpacking, container_of
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.not_read import refuse_known
from paddle_lab.data.samples import sample_names
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular

LARGEST_FILE: Final = 1024 * MEGABYTE
_START: Final = 64  # bytes by which a container is known
_DEEPEST: Final = 2  # containers inside of each other: train.tsv.gz in a zip


@dataclass(frozen=True)
class Opened:
    """What a path stands for.

    ``name`` is the path's, for messages; ``suffix`` that of the innermost file, in lower case, and
    ``content`` its bytes. ``binary`` is the reader that recognises them, None for a text.
    ``inside`` is the rest of the path, which that reader must know (the sheet of a workbook).
    ``provenance`` says of the file on disk its path, size in bytes, time and SHA-256.
    """

    name: str
    suffix: str
    content: bytes
    binary: BinaryReader | None
    inside: str | None
    provenance: dict[str, Any]


def opened(path: Path, most: int | None = None) -> Opened:
    """The file that ``path`` names: on disk, or inside of a container. Raises DataError.

    Of a text the first ``most`` bytes are enough; None: all.
    """
    file, inside = parted(path)
    name = excerpt(path.name, 120)
    content, modified = _stored(file, most)
    if most is not None and _is_packed(content):
        content, modified = _stored(file, None)
    provenance = {
        "file": str(path),
        "bytes": len(content),
        "modified": modified,
        "sha256": hashlib.sha256(content).hexdigest() if most is None else None,
    }
    suffix = file.suffix.lower()
    for depth in range(_DEEPEST + 1):
        if (binary := binary_of(content)) is not None:
            break
        refuse_known(content, name)
        container = container_of(content)
        if container is None:
            break
        if depth == _DEEPEST:
            raise _nested(name)
        how = Unpacking(name, 0, inside if container.members else None)
        member = _member(container, content, how, most)
        inside = None if container.members else inside
        content, suffix = member.content, PurePosixPath(member.name).suffix.lower()
        if len(content) > LARGEST_FILE:
            raise _too_large(path)
    if inside is not None and (binary is None or not binary.sheets):
        raise no_such_file(str(path))
    return Opened(name, suffix, content, binary, inside, provenance)


def members_of(path: Path) -> list[str]:
    """The files inside of an archive, by their paths; none of any other file. Raises DataError."""
    content, _ = _stored(path, _START)
    container = container_of(content)
    if container is None or not container.members:
        return []
    content, _ = _stored(path, None)
    if binary_of(content) is not None:
        return []
    return container.names(content, excerpt(path.name, 120))


def parted(path: Path) -> tuple[Path, str | None]:
    """A file on disk, and the path inside of it where ``path`` goes on behind a file."""
    for folder in list(path.parents)[:-1]:
        try:
            if folder.is_file():
                return folder, path.relative_to(folder).as_posix()
            if folder.exists():
                break
        except (OSError, ValueError):  # told in the system's words when it is opened
            break
    return path, None


def _member(container: Container, content: bytes, how: Unpacking, most: int | None) -> Member:
    whole = LARGEST_FILE + 1
    member = container.unpack(content, replace(how, most=most or whole))
    if most is not None and _is_packed(member.content):
        return container.unpack(content, replace(how, most=whole))
    return member


def _is_packed(content: bytes) -> bool:
    """Whether the beginning of a file is not that of a text: all of it is needed."""
    if container_of(content) is not None:
        return True
    return any(content.startswith(binary.starts) for binary in BINARIES)


def _stored(path: Path, most: int | None) -> tuple[bytes, float]:
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
            content = file.read(LARGEST_FILE + 1 if most is None else most)
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
        T("Give one file in it, or several by a pattern: '{path}/*.csv'. Read as a whole are "
          "folders with train and dev files, and those with a folder for each class.",
          "请指定其中一个文件，或用模式指定多个：'{path}/*.csv'。"
          "整个目录可读取的情形：含 train 和 dev 文件，或每个类别一个子目录。",
          path=excerpt(str(path), 100)),
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


def _nested(name: str) -> DataError:
    return DataError(
        T("{name} is packed more than {n} times.", "{name} 被压缩了 {n} 层以上。",
          name=name, n=_DEEPEST),
        T("What is inside of it is packed again and again.", "其中的文件仍是压缩文件。"),
        T("Unpack it and give the file inside.", "请解压后再给出其中的文件。"),
        code="data.nested",
    )  # fmt: skip


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """All of standard input or the like. Raises DataError when it is larger than a file may be."""
    content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _too_large(Path(name))
    return content


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
