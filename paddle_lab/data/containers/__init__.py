"""Containers: files that hold other files, one format each, behind the registry :data:`CONTAINERS`.

A container gives the bytes of the file inside of it; whoever asked goes on with these as with any
file. Nothing is ever written to disk, and what comes out is bounded while it is unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from paddle_lab.i18n import T, Text
from paddle_lab.plugins import Plugins


@dataclass(frozen=True)
class Unpacking:
    """What is wanted of a container called ``name``: the ``member`` that a person named, as a path
    inside of it (None: the only one), and its first ``most`` bytes.
    """

    name: str
    most: int
    member: str | None = None


@dataclass(frozen=True)
class Member:
    """A file out of a container: its ``name``, and its first bytes as asked for."""

    name: str
    content: bytes


class Container(Protocol):
    """One format."""

    @property
    def title(self) -> Text:
        """What it unpacks, for messages."""

    @property
    def starts(self) -> tuple[bytes, ...]:
        """What its files begin with, one of these."""

    @property
    def members(self) -> bool:
        """Whether it holds several files by name, rather than one."""

    def names(self, content: bytes, name: str) -> list[str]:
        """The files inside, of a container called ``name``. Raises DataError when it is damaged."""

    def unpack(self, content: bytes, how: Unpacking) -> Member:
        """A file out of the whole content. Raises DataError when it cannot be told or unpacked."""


CONTAINERS: Final = Plugins[Container](
    "paddle_lab.data.containers", "paddle_lab.containers", "CONTAINER",
    T("container", "压缩格式"),
)  # fmt: skip


def container_of(content: bytes) -> Container | None:
    """The container that begins as a content does; None where there is none."""
    return next((one for one in CONTAINERS if content.startswith(one.starts)), None)
