"""What wrong encodings leave in a text: where it shows, and what stood there before."""

from __future__ import annotations

import re
from typing import Final

# Each byte from 0x80 as the two usual readings show it: latin-1's, and cp1252's own.
_CP1252: Final = [bytes([code]).decode("cp1252", errors="ignore") or chr(code)
                  for code in range(0x80, 0x100)]  # fmt: skip
_BYTE_OF: Final = {chr(code): code for code in range(0x80, 0x100)} | {
    char: code for code, char in enumerate(_CP1252, start=0x80)
}
_TAIL: Final = "".join(char for char, code in _BYTE_OF.items() if code < 0xC0)
# The three bytes of a Chinese character (ä to é) or sign in UTF-8.
_TRIPLE: Final = f"[ã-éï][{re.escape(_TAIL)}]{{2}}"
_UTF8_AS_LATIN: Final = re.compile(f"(?:{_TRIPLE})+")
# The two bytes of three usual characters or more in GB 2312.
_GB_AS_LATIN: Final = re.compile("(?:[°-×][¡-þ]){3,}")
#: Characters of GBK that are the first two bytes of a Chinese character in UTF-8, as a pattern.
HALF: Final = "[{}]".format("".join(
    bytes([lead, tail]).decode("gbk", errors="ignore")
    for lead in range(0xE4, 0xEA) for tail in range(0x80, 0xC0)
))  # fmt: skip
_HALF: Final = re.compile(HALF)
_UTF8: Final = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_ESCAPES: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4}){2,}|\\u[4-9][0-9a-fA-F]{3}")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_MARKS: Final = re.compile(r"\?{3,}")
_MOSTLY: Final = 0.6


def utf8_as_latin(text: str) -> int | None:
    """Where UTF-8 was read as latin-1 or cp1252: two characters in a row, or nearly all there is.

    One alone proves nothing: French ``café »`` has the same three signs.
    """
    runs = list(_UTF8_AS_LATIN.finditer(text))
    if not runs:
        return None
    long = next((run for run in runs if len(run[0]) >= 6), None)
    if long is not None:
        return long.start()
    others = sum(not char.isascii() for char in text)
    covered = sum(len(run[0]) for run in runs)
    return runs[0].start() if covered >= _MOSTLY * others else None


def gb_as_latin(text: str) -> int | None:
    """Where GBK was read as latin-1: several signs, not a line of ``····``."""
    found = (run.start() for run in _GB_AS_LATIN.finditer(text) if len(set(run[0])) > 3)
    return next(found, None)


def utf8_as_gbk(text: str) -> int | None:
    """Where UTF-8 was read as GBK: turned back, its bytes are UTF-8 for the most part."""
    found = _HALF.search(text)
    if found is None:
        return None
    content = text.encode("gbk", errors="ignore")
    triples = len(_UTF8.findall(content))
    enough = triples >= 2 and 3 * triples >= _MOSTLY * len(_HIGH.findall(content))
    return found.start() if enough else None


def escapes(text: str) -> int | None:
    r"""Where characters are written as ``\uXXXX``."""
    found = _ESCAPES.search(text)
    return found.start() if found else None


def question_marks(text: str) -> int | None:
    """Where question marks stand for nearly all there is, as for what an encoding cannot hold."""
    found = _MARKS.search(text)
    if found is None or text.count("?") < _MOSTLY * sum(not char.isspace() for char in text):
        return None
    return found.start()


def from_latin(text: str, encoding: str) -> str | None:
    """``text`` with its characters taken as bytes of ``encoding``; None where they are none."""
    content = b"".join(
        bytes([_BYTE_OF[char]]) if char in _BYTE_OF else char.encode("utf-8", "ignore")
        for char in text
    )
    return _chinese(content.decode(encoding, errors="ignore"))


def from_gbk(text: str) -> str | None:
    """``text`` as it was before its UTF-8 was read as GBK."""
    return _chinese(text.encode("gbk", errors="ignore").decode("utf-8", errors="ignore"))


def from_escapes(text: str) -> str | None:
    r"""``text`` with its ``\uXXXX`` as characters."""
    whole = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _chinese(text: str) -> str | None:
    return text if any("\u3000" <= char <= "\u9fff" for char in text) else None
