"""Rows to predict: which columns the model reads, and that every row keeps its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data.inputs import (
    InputReading,
    Inputs,
    inputs_of_variable,
    is_table,
    read_inputs,
)
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

TEXTS = ["房间干净，家里人都喜欢。", "洗一次就起球，白花钱。", "", "送货很快，比想象的好。"]
NEEDED = {
    "classify": ["text"],
    "multilabel": ["text"],
    "tag": ["text"],
    "regress": ["text"],
    "pair": ["text", "text2"],
    "answer": ["question", "context"],
}


def read(path: Path, task: str = "classify", **how: Any) -> Inputs:
    return read_inputs(get_task(task), path, InputReading(NEEDED[task], **how))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders.csv", "订单号,评论内容\n" + "".join(f"{n},{t}\n" for n, t in enumerate(TEXTS))),
        ("orders.tsv", "id\tcontent\n" + "".join(f"{n}\t{t}\n" for n, t in enumerate(TEXTS))),
        ("bare.tsv", "".join(f"{n}\t{t}\t{n % 2}\n" for n, t in enumerate(TEXTS))),
        (
            "rows.jsonl",
            "".join(json.dumps({"id": n, "text": t or None}) + "\n" for n, t in enumerate(TEXTS)),
        ),
        ("rows.json", json.dumps([{"review": t, "id": n} for n, t in enumerate(TEXTS)])),
        ("pipes.txt", "id|评论\n" + "".join(f"{n}|{t}\n" for n, t in enumerate(TEXTS))),
    ],
)  # fmt: skip
def test_the_text_is_found_and_a_row_without_one_keeps_its_place(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert is_table(get_task("classify"), path, InputReading(["text"])) is True
    found = read(path)
    assert found.given == {"text": TEXTS} and list(found.missing) == [2]
    assert len(found.cells) == 4


@pytest.mark.parametrize(
    ("task", "header", "row"),
    [
        ("pair", "id,sentence1,sentence2", ["1", "怎么还款", "如何还款"]),
        ("pair", "query,title,n", ["怎么还款", "如何还款", "5"]),
        ("pair", "text1,text2", ["怎么还款", "如何还款"]),
        ("answer", "qid,question,context", ["q1", "谁来了？", "小王来了。"]),
        ("answer", "上下文,问题", ["小王来了。", "谁来了？"]),
        ("tag", "id,text", ["1", "小王去北京"]),
        ("regress", "评论,价格", ["很好用的水壶", "15"]),
        ("multilabel", "fact,n", ["原告请求支付抚养费", "3"]),
    ],
)
def test_each_task_finds_what_it_reads(
    tmp_path: Path, task: str, header: str, row: list[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(header + "\n" + (",".join(row) + "\n") * 3, encoding="utf-8")
    found = read(path, task)
    assert list(found.given) == NEEDED[task] and not found.missing
    assert {values[0] for values in found.given.values()} <= set(row)
    assert all(not values[0].isdecimal() for values in found.given.values())


def test_columns_of_training_go_before_well_known_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("title,客户原话,label\n标题一,很好用,好\n标题二,太慢了,差\n", encoding="utf-8")
    assert read(path).given["text"] == ["标题一", "标题二"]
    found = read(path, like={"text": "客户原话", "label": "label"})
    assert found.given["text"] == ["很好用", "太慢了"] and found.label == 2
    assert read(path, columns={"text": "title"}, like={"text": "客户原话"}).columns == {"text": 0}


def test_a_column_that_is_asked_for_is_taken_or_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = "".join(f"今天天气不错我们去{n},明天开会讨论进展{n}\n" for n in range(30))
    path.write_text("甲,乙\n" + rows, encoding="utf-8")
    with pytest.raises(DataError, match=r"--text") as caught:
        read(path)
    assert caught.value.code == "data.columns"
    assert read(path, columns={"text": "乙"}).columns == {"text": 1}
    with pytest.raises(DataError) as caught:
        read(path, columns={"text": "丙"})
    assert caught.value.code == "data.column"


@pytest.mark.parametrize("header", ["text", "评论", "content"])
def test_a_table_may_have_one_column(tmp_path: Path, header: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'{header}\n"很好，真的, 很好"\n一般\n', encoding="utf-8")
    found = read(path)
    assert found.given == {"text": ["很好，真的, 很好", "一般"]} and found.header == [header]


def test_rows_of_other_columns_are_refused_or_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,n\n很好,1\n很,不好,2\n不错,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3"):
        read(path)
    found = read(path, skip_bad=True)
    assert found.given["text"] == ["很好", "不错"] and "line 3" in found.notices[0].in_language(
        "en"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("很好\n太差了\n一般\n", False),
        ("很好，真的\n太差了，再也不来\n", False),
        ("well, it is good\nno, it is bad\nhm, what a day\n", False),
        ("好,1\n差,0\n好,1\n差,0\n", None),
        ("很好\t1\n太差了\t0\n一般\t1\n", True),
        ('{"text": "很好"}\n{"text": "太差了"}\n', True),
        ("text,n\n很好,1\n太差了,0\n", True),
        ("", False),
    ],
)
def test_a_text_file_is_a_table_or_lines_or_the_person_is_asked(
    tmp_path: Path, content: str, expected: bool | None
) -> None:
    path = tmp_path / "rows.txt"
    path.write_text(content, encoding="utf-8")
    assert is_table(get_task("classify"), path, InputReading(["text"])) is expected


def test_variables_are_read_as_files_are() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"id": [1, 2], "review": ["很好", None]}, index=[5, 9])
    reading = InputReading(["text"])
    found = inputs_of_variable(get_task("classify"), frame, "df", reading)
    assert found.given == {"text": ["很好", ""]} and list(found.missing) == [1]
    rows = [{"review": "很好", "id": 1}, {"review": "太差", "id": 2}]
    assert inputs_of_variable(get_task("classify"), rows, "rows", reading).given["text"] == [
        "很好", "太差",
    ]  # fmt: skip
