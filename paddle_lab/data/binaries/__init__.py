"""Readers of files that are no texts: one format each, behind the registry :data:`BINARIES`.

A binary reader turns the bytes of a file into :class:`~paddle_lab.data.records.Records`. It knows
no task and no names of columns: where its format does not say whether the first row names the
columns, it gives records without header, and what it gives is looked at as any table is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from paddle_lab.data.records import Records
from paddle_lab.i18n import T, Text
from paddle_lab.plugins import Plugins


@dataclass(frozen=True)
class BinaryReading:
    """How a file is read: its ``name`` for messages, the ``sheet`` that a person named (by name, or
    by number from 0; None: the first), how many ``rows`` are wanted from its beginning (None: all),
    and the ``most`` bytes that its content may take once it is unpacked.
    """

    name: str
    most: int
    sheet: str | None = None
    rows: int | None = None


class BinaryReader(Protocol):
    """One format."""

    @property
    def title(self) -> Text:
        """What it reads, for messages."""

    @property
    def form(self) -> str:
        """The form of its records."""

    @property
    def starts(self) -> tuple[bytes, ...]:
        """What its files begin with, one of these."""

    @property
    def sheets(self) -> bool:
        """Whether its files hold sheets, of which a person may name one."""

    def recognises(self, content: bytes) -> bool:
        """Whether the whole content of a file, which begins as it should, is of this format."""

    def read(self, content: bytes, how: BinaryReading) -> Records:
        """The records of a file. Raises DataError when it cannot be read as a whole."""


BINARIES: Final = Plugins[BinaryReader](
    "paddle_lab.data.binaries", "paddle_lab.binaries", "READER",
    T("reader of binary files", "二进制文件读取器"),
)  # fmt: skip


def binary_of(content: bytes) -> BinaryReader | None:
    """The reader that recognises the whole content of a file; None where there is none."""
    return next(
        (one for one in BINARIES if content.startswith(one.starts) and one.recognises(content)),
        None,
    )
