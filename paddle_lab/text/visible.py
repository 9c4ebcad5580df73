"""Text from elsewhere as a terminal may show it: what would drive the terminal is written out."""

from __future__ import annotations

import unicodedata
from typing import Final

# Direction marks turn what follows them round: a name could look like another one.
_DIRECTION: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_LINE_ENDS: Final = (0x2028, 0x2029)
_CONTROL: Final = (*range(0x20), *range(0x7F, 0xA0))
_HALVES: Final = range(0xD800, 0xE000)  # of a surrogate pair: no message to a browser holds them
_WRITTEN_OUT: Final = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*_CONTROL, *_DIRECTION, *_LINE_ENDS, *_HALVES)
}
_BETWEEN_LINES: Final = {
    code: written for code, written in _WRITTEN_OUT.items() if chr(code) not in "\n\t"
}


def spelled_out(text: str, keep: str = "") -> str:
    """``text`` with all that cannot be seen written as ``\\u202e``, joiners and marks included.

    For names, where two that look alike must not be taken for one; ``keep`` stays as it is.
    """
    return "".join(
        f"\\u{ord(char):04x}"
        if char not in keep and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else char
        for char in text
    )


def visible(text: str, *, lines: bool = False) -> str:
    """``text`` with control characters and direction marks written out, ``\\x1b`` for an escape.

    With ``lines``, line feeds and tabs stay as they are.
    """
    return text.translate(_BETWEEN_LINES if lines else _WRITTEN_OUT)
