"""Rows that a person has judged are found again by what they say, wherever the data have gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.data_files import Write, three_parts

from paddle_lab.data import Dataset
from paddle_lab.data.judged import JudgedFile, RowsByContent, judged_table, read_judged
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

TEXTS = [
    '他说"很好"',
    '"开头的引号',
    "普通的评论",
    "有\t制表符",
    "两\n行",
    "=1+1",
    "'=1+1",
    "-不好",
    "，，",
    " 前后空格 ",
]
LABELS = ["1", "0"] * 5
CONFIRMED = {"confirmed": ("确认",)}


def judged(path: Path) -> JudgedFile:
    return read_judged(get_task("classify"), path, CONFIRMED)


def written(texts: list[str], labels: list[str]) -> str:
    rows = [(label, "yes", text) for text, label in zip(texts, labels, strict=True)]
    return judged_table(("label", "confirmed", "text"), rows)


def rows(texts: list[str], labels: list[str]) -> Dataset:
    return Dataset.of_texts("data", texts, labels, list(range(1, len(texts) + 1)))


def test_every_row_that_was_written_is_found_again(write: Write) -> None:
    file = judged(write("issues.tsv", written(TEXTS, LABELS)))
    content = RowsByContent(rows(TEXTS, LABELS))
    assert [content.of(row) for row in file.rows] == [[n] for n in range(len(TEXTS))]


def test_rows_are_found_in_data_that_were_sorted_and_added_to(write: Write) -> None:
    file = judged(write("issues.tsv", written(TEXTS[:3], LABELS[:3])))
    content = RowsByContent(rows(["新的", *reversed(TEXTS)], ["0", *reversed(LABELS)]))
    assert [content.of(row) for row in file.rows] == [[10], [9], [8]]


def test_a_row_of_another_label_is_another_row(write: Write) -> None:
    (row,) = judged(write("issues.tsv", written(["普通的评论"], ["0"]))).rows
    content = RowsByContent(rows(TEXTS, LABELS))
    assert content.of(row) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("saved_by_excel.csv", "\ufefflabel,confirmed,text\r\n1,是,普通的评论\r\n"),
        ("other_order.tsv", "text\tlabel\tconfirmed\n普通的评论\t1.0\t是\n"),
        ("chinese.csv", "文本,标签,确认\n普通的评论,1,是\n".encode("gb18030")),
        ("semicolons.csv", "label;confirmed;text\n1;是;普通的评论\n"),
    ],
)
def test_a_table_that_a_spreadsheet_saved_is_the_same_table(
    write: Write, name: str, content: str | bytes
) -> None:
    (row,) = judged(write(name, content)).rows
    assert RowsByContent(rows(TEXTS, LABELS)).of(row) == [2]
    assert row.others == {"confirmed": "是"}


def test_both_texts_of_a_pair_count(write: Write) -> None:
    table = judged_table(("label", "text", "text2"), [("1", "甲", "乙"), ("1", "乙", "甲")])
    file = read_judged(get_task("pair"), write("pairs.tsv", table))
    pairs = Dataset("pairs", {"text": ["乙"], "text2": ["甲"]}, ["1"], [1])
    content = RowsByContent(pairs)
    assert [content.of(row) for row in file.rows] == [[], [0]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("label\ttext\n1\t好\n1\t好啊\n", "no column confirmed"),
        ("confirmed\ttext\nyes\t好\nyes\t好啊\n", "no column label"),
        ("label\tconfirmed\ttext\n\tyes\t好\n1\tyes\t好啊\n", "line 2: the label is missing"),
        ("label\tconfirmed\ttext\n1\tyes\t好\n1\tyes\t \n", "line 3: the text is empty"),
    ],
)
def test_a_table_that_names_no_rows_is_refused(write: Write, content: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        judged(write("issues.tsv", content))
    assert said in three_parts(caught.value)
