"""Files that somebody else wrote: read when they are what they should be, else refused at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from paddle_lab.untrusted import DEEPEST, UnusableFile, parse_json, read_bytes, read_object


def written(folder: Path, content: bytes) -> Path:
    path = folder / "document.json"
    path.write_bytes(content)
    return path


def test_an_ordinary_document_is_read(tmp_path: Path) -> None:
    document = {"name": "评论", "loss": 0.5, "rows": [1, 2], "none": None, "smile": "😀"}
    for ensure_ascii in (True, False):
        content = json.dumps(document, ensure_ascii=ensure_ascii).encode()
        assert read_object(written(tmp_path, content)) == document
    assert read_object(written(tmp_path, b"\xef\xbb\xbf" + content)) == document


def test_links_are_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(written(tmp_path, b"{}"))
    assert read_object(link) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"loss": NaN}', "NaN"),
        (b'{"loss": -Infinity}', "-Infinity"),
        (b'{"loss": 1e999}', "too large"),
        (b'{"seq": 9223372036854775808}', "too large"),
        (b'{"seq": ' + b"9" * 10_000 + b"}", "too large"),
        (b'{"seq": -' + b"9" * 23 + b"}", "too large"),
        (b"[" * 200_000, "nested"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "nested"),
        (b"[]", "not a JSON object"),
        (b"", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\\ud800"}', "not UTF-8"),
    ],
)
def test_what_breaks_the_code_behind_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(UnusableFile, match=reason):
        read_object(written(tmp_path, content))


def test_brackets_in_texts_are_no_nesting() -> None:
    text = "[" * 500 + '"{\\'
    assert parse_json(json.dumps([text] * 3)) == [text] * 3
    assert parse_json("[" * DEEPEST + "]" * DEEPEST) is not None


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UnusableFile, match="not a file"):
            read_bytes(path)
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "absent")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnusableFile, match="larger than 16 MB"):
        read_bytes(tmp_path / "large")
