"""Bytes to text: UTF-8, UTF-16 and GB18030 are told apart; damage is named by line."""

from __future__ import annotations

import codecs
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


def decode(content: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """The text and the encoding that was used; ``encoding`` forces one.

    Raises DataError naming line and byte where the content is in no encoding that is known here.
    """
    if encoding is not None and encoding != "auto":
        return _strictly(content, name, encoding)
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return _strictly(content, name, marked)
    wide = _looks_wide(content)
    if wide is not None:
        return _strictly(content, name, wide)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _mostly_utf8(content):
            raise _undecodable(name, "utf-8", content, error) from error
    return _strictly(content, name, "gb18030")


def _strictly(content: bytes, name: str, encoding: str) -> tuple[str, str]:
    try:
        return content.decode(encoding), encoding
    except LookupError as error:
        raise DataError(
            T("'{encoding}' is no encoding.", "“{encoding}”不是一种编码。", encoding=encoding),
            fix=T(
                "Leave --encoding out, or use utf-8, gb18030 or utf-16.",
                "请去掉 --encoding，或使用 utf-8、gb18030、utf-16。",
            ),
        ) from error
    except UnicodeDecodeError as error:
        raise _undecodable(name, encoding, content, error) from error


def _looks_wide(content: bytes) -> str | None:
    """UTF-16 without a mark gives itself away by its line ends and spaces."""
    head = content[:65536]
    little = sum(
        head[i : i + 2] in (b"\n\0", b"\t\0", b",\0", b" \0", b"0\0", b"1\0")
        for i in range(0, len(head) - 1, 2)
    )
    big = sum(
        head[i : i + 2] in (b"\0\n", b"\0\t", b"\0,", b"\0 ", b"\x000", b"\x001")
        for i in range(0, len(head) - 1, 2)
    )
    if max(little, big) < max(1, head.count(b"\0") // 4) or b"\0" not in head:
        return None
    return "utf-16-le" if little >= big else "utf-16-be"


def _mostly_utf8(content: bytes) -> bool:
    """A UTF-8 file with a broken spot is not GB18030, though it may decode as such."""
    good = bad = 0
    for line in content.splitlines()[:20_000]:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good > bad


def _undecodable(name: str, encoding: str, content: bytes, error: UnicodeDecodeError) -> DataError:
    line = content.count(b"\n", 0, error.start) + 1
    return DataError(
        T(
            "{name} line {line}: byte {byte} cannot be read as {encoding}.",
            "{name} 第 {line} 行：第 {byte} 个字节不能按 {encoding} 读取。",
            name=name,
            line=line,
            byte=error.start,
            encoding=encoding,
        ),
        T(
            "Bytes found: {found}.",
            "实际字节：{found}。",
            found=content[error.start : error.start + 8].hex(" "),
        ),
        T(
            "Save the file as UTF-8, or name its encoding with --encoding.",
            "请把文件另存为 UTF-8，或用 --encoding 指明编码。",
        ),
    )
