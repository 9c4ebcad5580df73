"""Rows with a label that a person called wrong are left out, wherever they stand now."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from classify_data import prepare
from data.data_files import Write, three_parts

from paddle_lab.data import Prepared
from paddle_lab.errors import DataError

ROWS = [(f"第{n}条评论", "ab"[n % 2]) for n in range(100)]
HEAD = "line\tlabel\tsuggested\tscore\tconfirmed\ttext\n"


def listed(rows: list[int], word: str = "yes") -> str:
    lines = [f"{n}\t{ROWS[n][1]}\tb\t0.9\t{word}\t{ROWS[n][0]}\n" for n in rows]
    return HEAD + "".join(lines)


def prepared(write: Write, content: str, rows: Any = None, **how: Any) -> Prepared:
    return prepare(rows or ROWS, drop_issues=str(write("issues.tsv", content)), **how)


def notices(found: Prepared) -> str:
    return "\n".join(notice.in_language("en") for notice in found.report.notices)


def test_confirmed_rows_are_left_out_and_no_other_row_moves(write: Write) -> None:
    before = prepare(ROWS)
    gone = [before.train.texts.index(text) for text in before.train.texts[:3]]
    texts = [before.train.texts[row] for row in gone]
    after = prepared(write, listed([int(text[1:-3]) for text in texts]))
    assert after.train.texts == [text for text in before.train.texts if text not in texts]
    assert after.dev.texts == before.dev.texts and after.evaluated is after.dev
    assert after.fingerprint != before.fingerprint
    assert "issues.tsv: 3 rows with a label that a person called wrong are left out" in notices(
        after
    )


@pytest.mark.parametrize("word", ["", "no", "0", "否"])
def test_what_nobody_confirmed_stays(write: Write, word: str) -> None:
    content = listed([3], "yes") + listed([4, 5], word).removeprefix(HEAD)
    found = prepared(write, content)
    assert len(found.train) + len(found.dev) == 99


@pytest.mark.parametrize("word", ["yes", "Y", "是", "TRUE", "1", "x", "√"])
def test_a_person_may_say_yes_in_their_way(write: Write, word: str) -> None:
    found = prepared(write, listed([3], word))
    assert len(found.train) + len(found.dev) == 99


def test_rows_are_found_where_the_data_were_sorted_and_moved(write: Write) -> None:
    moved = [("新的一条", "a"), *sorted(ROWS, reverse=True)]
    found = prepared(write, listed([3, 4]), moved)
    assert len(found.train) + len(found.dev) == 99


def test_a_row_whose_label_was_corrected_meanwhile_is_not_dropped_and_that_is_said(
    write: Write,
) -> None:
    corrected = [(text, "a") if n == 3 else (text, label) for n, (text, label) in enumerate(ROWS)]
    found = prepared(write, listed([3, 4]), corrected)
    assert len(found.train) + len(found.dev) == 99
    assert "1 of 2 confirmed rows are not in the data" in notices(found)
    assert "第3条评论" in notices(found)


def test_rows_of_an_evaluation_are_left_out_and_it_is_said(write: Write) -> None:
    dev = ROWS[:20]
    found = prepared(write, listed([0, 1, 30]), ROWS[20:], dev=dev)
    assert (len(found.train), len(found.dev)) == (79, 18)
    assert "(train 1, dev 2)" in notices(found)
    assert "dev: figures are those of the rows that are left" in notices(found)


def test_the_data_record_how_many_and_the_files_hash(write: Write) -> None:
    content = listed([3, 4])
    record = prepared(write, content).provenance["train"]["dropped_issues"]
    assert record["sha256"] == hashlib.sha256(content.encode()).hexdigest()
    assert (record["confirmed"], record["not_found"]) == (2, 0)
    assert sum(record["dropped"].values()) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(listed([3, 4], ""), "confirms no row", id="nothing confirmed"),
        pytest.param(listed([3, 4], "maybe"), "'maybe' is neither yes nor no", id="other word"),
        pytest.param("text\tlabel\n好\ta\n不好\tb\n", "no column confirmed", id="no column"),
        pytest.param(listed([*range(100)]), "no row of train is left", id="everything"),
        pytest.param(listed([*range(0, 100, 2)]), "one class only", id="a whole class"),
    ],
)
def test_a_file_that_leaves_nothing_to_do_is_refused(write: Write, content: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        prepared(write, content)
    assert said in three_parts(caught.value)
