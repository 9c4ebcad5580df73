"""The first rows of a file are shown as they stand there, also where they cannot be used."""

from __future__ import annotations

import json

import pytest
from data.data_files import Write

from paddle_lab.data.preview import COLUMNS, ROWS, Preview, preview_of
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task


def seen(path: object, **columns: str) -> Preview:
    return preview_of(get_task("classify"), str(path), columns)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "review,stars\n很好,1\n太慢,0\n"),
        ("a.tsv", "review\tstars\n很好\t1\n太慢\t0\n"),
        ("a.jsonl", '{"review": "很好", "stars": 1}\n{"review": "太慢", "stars": 0}\n'),
    ],
)
def test_rows_with_named_columns(write: Write, name: str, content: str) -> None:
    preview = seen(write(name, content))
    assert preview.named
    assert preview.columns == ["review", "stars"]
    assert preview.rows == [["很好", "1"], ["太慢", "0"]]


def test_columns_without_names_are_numbers(write: Write) -> None:
    preview = seen(write("a.tsv", "很好的手机\t1\n太慢了不要买\t0\n"))
    assert not preview.named
    assert preview.columns == ["0", "1"]


def test_long_tables_are_cut_in_every_direction(write: Write) -> None:
    header = ",".join("text" if n == 0 else f"c{n}" for n in range(COLUMNS + 5))
    row = ",".join(["字" * 500, *"x" * (COLUMNS + 4)])
    preview = seen(write("wide.csv", "\n".join([header, *[row] * 50])))
    assert len(preview.rows) == ROWS
    assert len(preview.columns) == COLUMNS
    assert preview.more == 5
    assert preview.rows[0][0].endswith("…")
    assert len(preview.rows[0][0]) < 200


def test_what_drives_a_screen_is_written_out(write: Write) -> None:
    preview = seen(write("a.csv", 'text,label\n"a\x1b[31m\u202eb",1\nc,0\n'))
    assert preview.rows[0][0] == "a\\x1b[31m\\u202eb"
    json.dumps(preview.to_json())


def test_an_empty_file_has_no_rows_to_show(write: Write) -> None:
    with pytest.raises(DataError):
        seen(write("e.csv", ""))
