"""Bytes of any encoding to text that patterns can be tried on."""

from __future__ import annotations

import re

LIMIT = 80_000  # characters; of a longer text the beginning and the end are read
_LONGEST_WORD = 400  # nothing that a rule looks for is longer, and patterns stay fast
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_QUOTED_CODE = re.compile(
    r'^([ \t]*File "[^"\n]+", line \d+.*)\n[ \t]{3,}\S.*(?:\n[ \t]*[~^]+ *$)?', re.M
)
_NUMBERED_CODE = re.compile(r"^(?:-+> ?| {2,})\d+ .*$", re.M)
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


def _shortened(match: re.Match[str]) -> str:
    word = match.group(0)
    return f"{word[: _LONGEST_WORD // 2]} {word[-_LONGEST_WORD // 2 :]}"


def tidy(text: str) -> str:
    """Without colour codes, control characters and lines of code; quotes plain; cut to the limit.

    What a traceback quotes of the program would be mistaken for what happened.
    """
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)
    text = text.translate(str.maketrans("‘’`“”　", "'''\"\" "))
    text = re.sub(rf"\S{{{_LONGEST_WORD},}}", _shortened, text)
    if len(text) > LIMIT:
        text = text[: LIMIT // 4] + "\n...\n" + text[-(LIMIT * 3 // 4) :]
    if "Traceback (most recent call last)" in text:
        text = _QUOTED_CODE.sub(r"\1", text)
        text = _NUMBERED_CODE.sub("", text)
    return text
