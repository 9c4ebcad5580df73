"""XML out of a zip archive, in pieces and bounded; it may define no entities."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.parsers import expat

from paddle_lab.data.zip_errors import ZIP_ERRORS

_BLOCK: Final = 1 << 16
#: What reading such an archive may raise.
BROKEN: Final = (*ZIP_ERRORS, expat.ExpatError)

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Characters = Callable[[str], None]


class TooMuch(ValueError):
    """The content is larger than it may be."""


class Enough(Exception):
    """A handler needs no more of a document."""


class XmlZip:
    """The documents of an archive; ``most`` bounds the bytes of all that are read together."""

    def __init__(self, content: bytes, most: int) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        # Names are compared without case; some programs write the separators of Windows.
        self._entries = {
            entry.filename.replace("\\", "/").lower(): entry for entry in self._archive.infolist()
        }
        self._left = most

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def parse(
        self, name: str, start: Start, end: End | None = None, text: Characters | None = None
    ) -> None:
        """Call the handlers for a document, with the names of elements without their prefixes.

        Nothing happens where there is none of that name. A handler ends the reading by
        :class:`Enough`. Raises what is in :data:`BROKEN`; ValueError for a document type, which no
        such file has and which alone can define entities.
        """
        entry = self._entries.get(name.lower())
        if entry is None:
            return
        short: dict[str, str] = {}

        def named(tag: str) -> str:
            if tag not in short:
                short[tag] = tag.rpartition(":")[2]
            return short[tag]

        def start_named(tag: str, attributes: dict[str, str]) -> None:
            start(named(tag), attributes)

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start_named
        if end is not None:
            parser.EndElementHandler = lambda tag: end(named(tag))
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_document_type
        with self._archive.open(entry) as file:
            try:
                while block := file.read(_BLOCK):
                    self._left -= len(block)
                    if self._left < 0:
                        raise TooMuch("too large")
                    parser.Parse(block, False)
                parser.Parse(b"", True)
            except Enough:
                return


def _refuse_document_type(*_: Any) -> None:
    raise ValueError("a document type, which no workbook has")
