"""Which rows tagging takes, what it drops and tells, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.data_files import three_parts

from paddle_lab.data import Dataset
from paddle_lab.data.readers import TextReading, read_records
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.tasks.tag import TASK

TEXT = "浙商银行的叶老桂去了杭州"


def rows_of(records: Records, **columns: str) -> RowsRead:
    return TASK.rows(records, Reading("train.jsonl", columns))


def marked(*rows: tuple[str, list[Any]]) -> Records:
    """Records as a reader of spans makes them."""
    text = "".join(json.dumps({"text": text, "label": spans}) + "\n" for text, spans in rows)
    return read_records(text, TextReading("train.jsonl", ".jsonl"))


def table(header: list[str], *rows: list[Any]) -> Records:
    return Records(header, list(rows), list(range(2, len(rows) + 2)))


def told(read: RowsRead) -> str:
    return "\n".join(notice.in_language("en") for notice in read.notices)


def dataset(*targets: list[Any], name: str = "train") -> Dataset:
    texts = [TEXT] * len(targets)
    return Dataset(name, {"text": texts}, list(targets), list(range(1, len(targets) + 1)))


def test_marked_texts_become_sorted_spans() -> None:
    read = rows_of(marked((TEXT, [[5, 8, "name"], [0, 4, "company"]]), ("没有", [])))
    assert read.given == {"text": [TEXT, "没有"]}
    assert read.targets == [[[0, 4, "company"], [5, 8, "name"]], []]
    assert read.lines == [1, 2] and not read.bad and not read.notices
    json.dumps(read.targets)


def test_overlapping_spans_lose_the_shorter_and_it_is_told() -> None:
    read = rows_of(marked((TEXT, [[0, 2, "place"], [0, 4, "company"], [3, 8, "name"]])))
    assert read.targets == [[[0, 2, "place"], [3, 8, "name"]]], (
        "the longest stays: 叶老桂 with 行的"
    )
    said = told(read)
    assert "1 spans in 1 rows overlap a longer one" in said and "line 1" in said
    assert '"浙商银行" (company)' in said


def test_a_span_that_stands_twice_is_one() -> None:
    read = rows_of(marked((TEXT, [[0, 4, "company"], [0, 4, "company"]])))
    assert read.targets == [[[0, 4, "company"]]] and not read.notices


@pytest.mark.parametrize(
    "spans",
    [
        [[0, 4, "company"]],
        [(0, 4, "company")],
        [{"start": 0, "end": 4, "label": "company"}],
        [{"start_offset": 0, "end_offset": 4, "label": "company"}],
        [{"start_idx": 0, "end_idx": 4, "type": "company", "entity": "浙商银行"}],
        '[[0, 4, "company"]]',
    ],
)
def test_columns_of_lists_are_read(spans: Any) -> None:
    records = table(["text", "entities"], ["没有", []], [TEXT, spans])
    assert rows_of(records).targets == [[], [[0, 4, "company"]]]
    named = table(["文", "标"], [TEXT, spans])
    assert rows_of(named, text="文", spans="标").targets == [[[0, 4, "company"]]]


def test_a_mention_repairs_offsets_of_a_table() -> None:
    spans = [{"start": 0, "end": 3, "label": "company", "text": "浙商银行"}]
    read = rows_of(table(["text", "spans"], [TEXT, spans]))
    assert read.targets == [[[0, 4, "company"]]] and "last character" in told(read)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (None, "a span needs start, end and label"),
        ("好评", "a span needs start, end and label"),
        ([["好评"]], "a span needs start, end and label"),
        ([[0, 99, "x"]], "lies outside the text"),
        ([[3, 1, "x"]], "lies outside the text"),
        ([{"start": 0, "end": 2, "label": "x", "text": "上海"}], "does not stand in the text"),
        ("[[0, 4", "a span needs start, end and label"),
    ],
)
def test_a_bad_row_is_told_by_line_and_costs_no_other(cell: Any, why: str) -> None:
    read = rows_of(table(["text", "spans"], [TEXT, [[0, 4, "company"]]], [TEXT, cell], ["", []]))
    assert len(read.targets) == 1
    (line, reason), (empty, _) = read.bad
    assert (line, empty) == (3, 4) and why in reason.in_language("en")


def test_broken_characters_move_no_span() -> None:
    read = rows_of(table(["text", "spans"], ["坏\ud800北京", [[2, 4, "LOC"]]]))
    assert read.given["text"] == ["坏\ufffd北京"] and read.targets == [[[2, 4, "LOC"]]]
    assert "1 rows held broken characters" in told(read)


def test_columns_that_are_not_there_are_an_error() -> None:
    with pytest.raises(DataError) as refusal:
        rows_of(table(["text", "stars"], [TEXT, 5]))
    assert "no column of spans" in three_parts(refusal.value)


def test_it_is_certain_of_spans_and_of_nothing_else() -> None:
    assert TASK.recognise(marked((TEXT, [[0, 4, "company"]]))) == "certain"
    assert TASK.recognise(table(["text", "entities"], [TEXT, [[0, 4, "company"]]])) == "certain"
    assert TASK.recognise(table(["text", "label"], [TEXT, "好评"])) is None
    assert TASK.recognise(table(["text", "label"], [TEXT, ["好评", "推荐"]])) is None
    assert TASK.recognise(table(["question", "answer"], [TEXT, "好评"])) is None


# -- checks -------------------------------------------------------------------------------------


def test_one_type_is_fine_and_no_span_is_not() -> None:
    TASK.check({"train": dataset([[0, 4, "company"]], [])})
    with pytest.raises(DataError) as refusal:
        TASK.check({"train": dataset([], [])})
    assert "has no span" in three_parts(refusal.value)
    assert refusal.value.code == "data.no_spans"


def test_types_that_training_does_not_know_are_refused() -> None:
    parts = {"train": dataset([[0, 4, "company"]]), "dev": dataset([[0, 4, "firm"]], name="dev")}
    assert TASK.unusable(parts["train"], parts["dev"]) == [0]
    with pytest.raises(DataError) as refusal:
        TASK.check(parts)
    assert "'firm' never occurs in the training rows" in three_parts(refusal.value)


def test_a_type_for_each_span_is_the_wrong_thing() -> None:
    with pytest.raises(DataError) as refusal:
        TASK.check({"train": dataset(*[[[0, 4, f"{n}"]] for n in range(300)])})
    assert "300 different types" in three_parts(refusal.value)


def test_a_type_of_ten_thousand_characters_is_learnt() -> None:
    long = "长" * 10_000
    part = dataset([[0, 4, long]])
    TASK.check({"train": part, "dev": part})
    with pytest.raises(DataError) as refusal:
        TASK.check({"train": dataset([[0, 4, "x"]]), "dev": part})
    three_parts(refusal.value)


def test_what_looks_wrong_is_told() -> None:
    parts = {"train": dataset([[0, 4, "company"]], [[5, 8, "name"]], [], [], [], [])}
    keys = {"train": [parts["train"].key(row) for row in range(6)]}
    said = "\n".join(notice.in_language("en") for notice in TASK.notices(parts, keys))
    assert "other spans, the first at train line 2" in said
    assert "2 of 2 types have fewer than 20 training spans" in said
    assert "67% of the training rows have no span" in said


def test_strata_and_counts() -> None:
    target = [[0, 4, "company"], [5, 8, "name"], [9, 10, "name"]]
    assert TASK.counted(target) == ["company", "name", "name"]
    assert TASK.stratum(target) == "company" and TASK.stratum([]) == ""
