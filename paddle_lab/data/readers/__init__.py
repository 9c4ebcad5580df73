"""Readers: one file format or layout each, behind the registry :data:`READERS`.

A reader turns a decoded text into :class:`~paddle_lab.data.records.Records` and knows no task; the
form of its records decides which tasks take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from paddle_lab.data.records import Records
from paddle_lab.i18n import T, Text
from paddle_lab.plugins import Plugins


@dataclass(frozen=True)
class TextReading:
    """How a text is read: the ``name`` of its source for messages, its file's ``suffix`` in lower
    case ("" where there is none), the ``separator`` and the ``asked`` columns that a person named,
    and the names of columns that would be ``known``, as :func:`paddle_lab.data.names.folded`.
    A ``sheet`` is of a workbook only; a text has none. With ``one_column`` a row may have one cell.
    """

    name: str
    suffix: str = ""
    separator: str | None = None
    asked: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    sheet: str | None = None
    one_column: bool = False


class Reader(Protocol):
    """One format."""

    @property
    def title(self) -> Text:
        """What it reads, for messages."""

    @property
    def form(self) -> str:
        """The form of its records."""

    @property
    def order(self) -> int:
        """Readers are asked from low to high; the last, of 1000, takes what nobody else did."""

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether a text is of this format; quick, and also for the mere beginning of one."""

    def read(self, text: str, how: TextReading) -> Records:
        """The records of a text. Raises DataError when it is not readable as a whole."""


READERS: Final = Plugins[Reader](
    "paddle_lab.data.readers", "paddle_lab.readers", "READER", T("reader", "读取器")
)


def reader_of(text: str, suffix: str) -> Reader:
    """The first reader that recognises the text."""
    ordered = sorted(READERS, key=lambda reader: reader.order)
    return next((one for one in ordered if one.recognises(text, suffix)), ordered[-1])


def read_records(text: str, how: TextReading, reader: Reader | None = None) -> Records:
    """The records of a text, by ``reader``: that which recognises it. Raises DataError."""
    reader = reader or reader_of(text, how.suffix)
    records = reader.read(text, how)
    records.form = reader.form
    records.title = reader.title
    return records
