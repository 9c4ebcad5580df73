"""Encodings are told apart by content; damage is named by line and byte, never papered over."""

from __future__ import annotations

import pytest

from paddle_lab.data.encoding import decode
from paddle_lab.errors import DataError

CHINESE = "这家酒店一般，早餐三种。\t差评\n房间很大　很干净\t好评\n" * 20
ENGLISH = "a plain review, nothing more\tpos\nanother one\tneg\n" * 20
MIXED = "<br>id=12; name=ok; url=/a/b/c 一\t1\nplain ascii line with 二 in it\t0\n" * 20
TEXTS = {"Chinese": CHINESE, "English": ENGLISH, "mixed": MIXED, "one line": "好\t1"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", TEXTS)
def test_the_encoding_is_found(kind: str, encoding: str) -> None:
    text = TEXTS[kind]
    found, used = decode(text.encode(encoding), "a.txt")
    assert found == text
    if kind != "English" or encoding.startswith("utf-16"):
        assert used == encoding


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_settles_it_and_is_no_text(encoding: str) -> None:
    assert decode(CHINESE.encode(encoding), "a.txt") == (CHINESE, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_stray_nul_does_not_make_it_utf_16(encoding: str) -> None:
    text = MIXED.replace("plain", "pla\0in", 1).replace("ok", "\0", 1)
    assert decode(text.encode(encoding), "a.txt") == (text, encoding)


def test_an_encoding_can_be_forced() -> None:
    big5 = "這間酒店不錯\t1\n"
    assert decode(big5.encode("big5"), "a.txt", "Big5")[0] == big5
    assert decode(b"\xef\xbb\xbfx", "a.txt", "utf-8")[0] == "x"
    assert decode(CHINESE.encode(), "a.txt", "auto")[1] == "utf-8"


def test_damaged_utf_8_is_not_read_as_gb18030() -> None:
    """Most damage would decode as GB18030, into other characters, without a word."""
    content = bytearray(CHINESE.encode())
    start = CHINESE.encode().index("房间".encode())
    content[start] = 0xFF
    with pytest.raises(DataError) as caught:
        decode(bytes(content), "评论.tsv")
    error = caught.value
    assert error.what.in_language("en") == (
        f"评论.tsv line 2: byte {start + 1} of the file cannot be read as utf-8."
    )
    assert error.why is not None
    assert "ff 88 bf" in error.why.in_language("en")
    assert error.fix is not None
    assert "--encoding" in error.fix.in_language("zh")


@pytest.mark.parametrize(
    "content",
    [
        CHINESE.encode("utf-16")[:-1],
        CHINESE.encode("gb18030") + b"\x81",
        b"\xff\xfe\x00\xd8\x00\xd8",
        bytes(range(128, 256)) * 3,
        b"\xef\xbb\xbf\xff\xff",
    ],
)
def test_what_no_encoding_takes_is_refused_by_line(content: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.txt line \d+: byte \d+"):
        decode(content, "a.txt")


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "a\0b", "", "../../x"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        decode(b"x", "a.txt", name)
    assert "gb18030" in str(caught.value.fix)
