"""Containers of one file: a stream of bytes that is unpacked to its end."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Protocol

from paddle_lab.data.containers import Member, Unpacking
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_BLOCK: Final = 1 << 20


class Readable(Protocol):
    """What is unpacked as it is read."""

    def read(self, size: int, /) -> bytes:
        """The next ``size`` bytes at most; none at the end."""


@dataclass(frozen=True)
class Stream:
    """A container of one file: ``opened`` makes of its bytes a file to read from."""

    title: Text
    starts: tuple[bytes, ...]
    suffixes: tuple[str, ...]
    opened: Callable[[io.BytesIO], AbstractContextManager[Readable]]
    members: bool = False

    def names(self, content: bytes, name: str) -> list[str]:
        """The name without the container's ending."""
        return [self._inside(name)]

    def unpack(self, content: bytes, how: Unpacking) -> Member:
        """The file inside. Raises DataError for a damaged one, and for a member that is asked."""
        inside = self._inside(how.name)
        if how.member is not None:
            raise DataError(
                T("{name} holds one file, and no '{member}'.",
                  "{name} 只包含一个文件，没有“{member}”。", name=how.name,
                  member=excerpt(how.member, 120)),
                T("It is {title}.", "它是{title}。", title=self.title),
                T("Give its own name: {name}", "请直接给出它的名称：{name}", name=how.name),
                code="data.member",
            )  # fmt: skip
        try:
            with self.opened(io.BytesIO(content)) as file:
                return Member(inside, read_at_most(file, how.most))
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise damaged(how.name, self.title, error) from error

    def _inside(self, name: str) -> str:
        path = PurePosixPath(name)
        return path.stem if path.suffix.lower() in self.suffixes and path.stem else name


def read_at_most(file: Readable, most: int) -> bytes:
    """The first ``most`` bytes, in blocks: room is made for what is there, not for what may be."""
    blocks: list[bytes] = []
    while most > 0 and (block := file.read(min(most, _BLOCK))):
        blocks.append(block)
        most -= len(block)
    return b"".join(blocks)


def damaged(name: str, title: Text, error: Exception) -> DataError:
    """The error for a container that cannot be unpacked."""
    return DataError(
        T("{name} cannot be unpacked.", "无法解压 {name}。", name=name),
        T("It begins like {title} and is damaged or cut short: {error}",
          "它的开头是{title}，但已损坏或不完整：{error}", title=title,
          error=excerpt(f"{type(error).__name__}: {error}", 160)),
        T("Copy or download it again.", "请重新复制或下载。"),
        code="data.damaged",
    )  # fmt: skip
