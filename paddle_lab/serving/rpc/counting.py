"""How many fields a message has, counted before it is made.

Two bytes of a message may be a field that takes a hundred in memory: millions of them fit into one.
"""

from __future__ import annotations

from typing import Any, Final

_VARINT: Final = 0
_FIXED: Final = {1: 8, 5: 4}
_LENGTH: Final = 2
#: A number takes so many bytes at most.
_LONGEST: Final = 10


def has_more(descriptor: Any, content: bytes, most: int) -> bool:
    """Whether a message of that descriptor has more than ``most`` fields, those within it too.

    What is no message may be counted as anything: its reader refuses it.
    """
    waiting = [(descriptor, 0, len(content))]
    count = 0
    while waiting:
        described, at, end = waiting.pop()
        while at < end:
            count += 1
            if count > most:
                return True
            tag, at = _number(content, at)
            kind = tag & 7
            if kind == _VARINT:
                _, at = _number(content, at)
            elif kind == _LENGTH:
                size, at = _number(content, at)
                field = described.fields_by_number.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    waiting.append((field.message_type, at, min(at + size, end)))
                at += size
            else:
                at += _FIXED.get(kind, 0)
    return False


def _number(content: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where it ends; cut short where the content is."""
    found = 0
    for place, byte in enumerate(content[at : at + _LONGEST]):
        found |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return found, at + place + 1
    return found, at + _LONGEST
