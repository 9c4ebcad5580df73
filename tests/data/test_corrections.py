"""Rows that people put right: added to a file that any reader of tables reads, and never lost."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from paddle_lab.data import read
from paddle_lab.data.corrections import FILE, keep_correction
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

TEXTS = [
    "质量很好",
    '"物美价廉"，值得',
    '他说"还行"',
    'a "quoted" word and a tab\there',
    "第一行\n第二行\r\n第三行",
    "<b>不是标记</b> & 'x'",
    "😀👍🏽真香",
    "=1+1",
    "a,b;c|d",
    "\ufeff开头",
    "x" * 10_000,
    "\ud800坏字符",
    "尾部空白 ",
    "#注释？",
    "text",
]


def kept(folder: Path, *texts: str, label: str = "差评") -> Path:
    for text in texts:
        path = keep_correction(folder, {"text": text, "label": label}, "classify")
    return path


def test_the_first_row_comes_with_a_header(tmp_path: Path) -> None:
    assert kept(tmp_path, "物流太慢") == tmp_path / FILE
    assert (tmp_path / FILE).read_bytes() == "text\tlabel\n物流太慢\t差评\n".encode()


@pytest.mark.parametrize("count", [1, len(TEXTS)])
def test_what_was_kept_is_read_back(tmp_path: Path, count: int) -> None:
    for first in range(0, len(TEXTS), count):
        texts = TEXTS[first : first + count]
        folder = tmp_path / str(first)
        folder.mkdir()
        rows = read(get_task("classify"), kept(folder, *texts))
        wanted = [text.replace("\ud800", "\ufffd").split() for text in texts]
        assert [text.split() for text in rows.texts] == wanted
        assert set(rows.labels) == {"差评"}


def test_line_ends_become_spaces_so_that_spans_stay_where_they_are(tmp_path: Path) -> None:
    text = "李明\r\n在\t北京"
    row = {"text": text, "spans": '[[5, 7, "LOC"]]'}
    rows = read(get_task("tag"), keep_correction(tmp_path, row, "tag"))
    assert rows.texts == ["李明  在 北京"]
    assert rows.targets == [[[5, 7, "LOC"]]]


def test_a_file_that_somebody_edited_keeps_its_order_and_gets_its_line_end(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("label\tnote\ttext\n好评\t小王\t很划算", encoding="utf-8")
    kept(tmp_path, "物流太慢")
    content = (tmp_path / FILE).read_text("utf-8")
    assert content == "label\tnote\ttext\n好评\t小王\t很划算\n差评\t\t物流太慢\n"


@pytest.mark.parametrize(
    "content", ["文本\t标签\n很好\t好评\n".encode("gb18030"), b"text1\ttext2\tlabel\na\tb\t1\n"]
)
def test_a_file_of_other_columns_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert kept(tmp_path, "物流太慢").name == "corrections-classify.tsv"
    assert (tmp_path / FILE).read_bytes() == content


def many(folder: Path, number: int) -> None:
    kept(folder, *(f"第{number}-{n}条" for n in range(50)))


def test_processes_that_add_at_once_lose_no_row_and_write_one_header(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=many, args=(tmp_path, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    lines = (tmp_path / FILE).read_text("utf-8").splitlines()
    assert lines[0] == "text\tlabel"
    assert sorted(lines[1:]) == sorted(f"第{k}-{n}条\t差评" for k in range(3) for n in range(50))


@pytest.mark.parametrize("kind", ["folder", "fifo", "both taken"])
def test_what_cannot_be_written_is_told(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / FILE).mkdir()
    elif kind == "fifo":
        os.mkfifo(tmp_path / FILE)
    else:
        for name in (FILE, "corrections-classify.tsv"):
            (tmp_path / name).write_text("a\tb\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        kept(tmp_path, "物流太慢")
    assert refused.value.code == "data.correction"
