"""Bytes to text: UTF-8, UTF-16, GB18030 and Big5 are told apart; damage is named by line."""

from __future__ import annotations

import codecs
import re
from typing import Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD: Final = 65_536  # bytes that are enough to tell UTF-16 by
# Characters that Chinese data are made of. Hangul and private use are left out on purpose: that is
# what GB18030 bytes look like when they are read as UTF-16.
_USUAL: Final = re.compile(
    r"[\t\n\r -~\u00a0-\u024f\u0370-\u04ff\u2010-\u2e7f\u3001-\u30ff\u3400-\u9fff\uff00-\uffef"
    r"\U00010000-\U0003ffff]"
)
_USUAL_SHARE: Final = 0.9
_REPLACED: Final = "\ufffd"
_HIGH: Final = bytes(range(0x80, 0x100))
# A character of GB18030 in four bytes, or one of it or of Big5 in two; signs stand first in both.
_PAIR: Final = re.compile(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]|[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_SIGN: Final = re.compile(rb"[\xa1-\xa3]")
# The characters of everyday texts: level 1 of GB 2312, level 1 of Big5.
_USUAL_GB: Final = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
_USUAL_BIG5: Final = re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
# Second bytes that no character of GB 2312 has, kana among them, and about half of Big5.
_LOW: Final = re.compile(rb".[\x40-\x7e]", re.DOTALL)
_SOME_LOW: Final = 0.1
_ENOUGH_PAIRS: Final = 10
_MOST_USUAL: Final = 0.85
_FEW_USUAL: Final = 0.6


def decode(content: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of ``content`` and the encoding that was used; ``encoding`` forces one.

    Told apart, in this order: a byte order mark; UTF-8; UTF-16 without a mark; Big5 where its
    characters are everyday ones and those of GB18030 are not; GB18030. A UTF-8 file with a damaged
    spot is refused rather than read as GB18030.

    Raises DataError naming line and byte where the content is in none of these.
    """
    used = _named(encoding) if encoding not in (None, "auto") else _recognised(content)
    if used is None:
        used = "utf-8" if _mostly_utf8(content) else _big5(content) or "gb18030"
    try:
        return content.decode(used).removeprefix("\ufeff"), used
    except UnicodeError as error:
        raise _undecodable(name, used, content, error) from error


def _named(encoding: str | None) -> str:
    try:
        name = codecs.lookup(str(encoding)).name
        # Some codecs turn bytes into bytes; they refuse here.
        b"\0\0\0\0".decode(name, errors="ignore")
    except (LookupError, ValueError, UnicodeError) as error:
        raise DataError(
            T(
                "'{encoding}' is not a valid encoding.",
                "“{encoding}”不是一种编码。",
                encoding=encoding,
            ),
            T(
                "Python does not know a text encoding of that name.",
                "Python 中没有这个名称的文本编码。",
            ),
            T(
                "Leave --encoding out, or use utf-8, gb18030 or utf-16.",
                "请去掉 --encoding，或使用 utf-8、gb18030、utf-16。",
            ),
            code="data.unknown_encoding",
        ) from error
    return name


def _recognised(content: bytes) -> str | None:
    """The encoding, when mark or content are plain; None for GB18030 or damage."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _wide(content) if b"\0" in content[:_HEAD] else None
    # UTF-16 of ASCII letters alone is valid UTF-8 too, with a NUL for every second byte.
    head = content[:_HEAD]
    return _wide(content) or "utf-8" if head.count(b"\0") > len(head) // 4 else "utf-8"


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark, by which byte order gives usual characters."""
    head = content[:_HEAD]
    share = {name: _usual_share(head, name) for name in ("utf-16-le", "utf-16-be", "gb18030")}
    best = max(share, key=lambda name: share[name])
    return best if best != "gb18030" and share[best] >= _USUAL_SHARE else None


def _usual_share(head: bytes, encoding: str) -> float:
    text = head.decode(encoding, errors="replace")
    return len(_USUAL.findall(text)) / max(1, len(text))


def _mostly_utf8(content: bytes) -> bool:
    """A UTF-8 file with a damaged spot is not GB18030, though it may decode as such."""
    text = content.decode("utf-8", errors="replace")
    replaced = text.count(_REPLACED)
    plain = len(content.translate(None, _HIGH))
    return len(text) - plain - replaced > 2 * replaced


def _big5(content: bytes) -> str | None:
    """The form of Big5 that ``content`` is certainly in; None for GB18030."""
    if not looks_like_big5(content[:_HEAD]):
        return None
    for name in ("big5", "cp950", "big5hkscs"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "big5"  # damaged: the error names the spot


def looks_like_big5(content: bytes) -> bool:
    """Whether bytes that GB18030 can read are Big5: nearly all characters are usual ones there.

    Of 1,080 pieces of real texts, of two lines and more, none in GB18030, simplified or
    traditional, was taken for Big5, and of as many in Big5 all but 5 were recognised.
    """
    pairs = [pair for pair in _PAIR.findall(content) if not _SIGN.match(pair)]
    if len(pairs) < _ENOUGH_PAIRS:
        return False
    usual = sum(map(bool, map(_USUAL_GB.match, pairs)))
    usual_big5 = sum(map(bool, map(_USUAL_BIG5.match, pairs)))
    low = sum(map(bool, map(_LOW.match, pairs)))
    return (
        usual_big5 >= _MOST_USUAL * len(pairs)
        and usual <= _FEW_USUAL * len(pairs)
        and low >= _SOME_LOW * len(pairs)
    )


def _undecodable(name: str, encoding: str, content: bytes, error: UnicodeError) -> DataError:
    start = error.start if isinstance(error, UnicodeDecodeError) else 0
    before = content[:start].decode(encoding, errors="ignore")
    return DataError(
        T(
            "{name} line {line}: byte {byte} of the file cannot be read as {encoding}.",
            "{name} 第 {line} 行：文件的第 {byte} 个字节不能按 {encoding} 读取。",
            name=name,
            line=before.count("\n") + 1,
            byte=start + 1,
            encoding=encoding,
        ),
        T(
            "Bytes found there: {found}. The file is damaged there, or in another encoding.",
            "该处字节：{found}。文件在该处已损坏，或使用了其他编码。",
            found=content[start : start + 8].hex(" "),
        ),
        T(
            "Save the file as UTF-8, or name its encoding, e.g. --encoding gb18030 or big5.",
            "请把文件另存为 UTF-8，或指明编码，例如 --encoding gb18030 或 big5。",
        ),
        code="data.encoding",
    )
