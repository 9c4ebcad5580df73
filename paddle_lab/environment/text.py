"""Bytes of any encoding to text that patterns can be tried on."""

from __future__ import annotations

import re

LIMIT = 200_000  # characters; of a longer text the beginning and the end are read
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode(raw: bytes) -> str:
    """Text of ``raw``: UTF-8 (with or without mark), UTF-16, GB18030; never fails.

    What is none of these is read as UTF-8 with replacement characters.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    head = raw[:4000]
    if head.count(b"\0") * 3 > len(head):  # UTF-16 without a mark, as PowerShell's `>` may leave it
        little = head[1::2].count(b"\0") >= head[0::2].count(b"\0")
        return raw.decode("utf-16-le" if little else "utf-16-be", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def tidy(text: str) -> str:
    """Without colour codes and control characters, quotes made plain, cut to the limit."""
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)
    text = text.translate(str.maketrans("‘’`“”　", "'''\"\" "))
    if len(text) > LIMIT:
        text = text[: LIMIT // 4] + "\n...\n" + text[-(LIMIT * 3 // 4) :]
    return text
