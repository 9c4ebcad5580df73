"""Tables in one JSON object, as pandas and others write them; lists of lists; any ending."""

from __future__ import annotations

import json
from typing import Any

import pytest
from classify_data import read
from data.data_files import Write, three_parts

from paddle_lab.data.readers import reader_of
from paddle_lab.errors import DataError

ROWS = [(f"这家店第{n}次去，{'还会再来' if n % 2 else '再也不来'}", "好评" if n % 2 else "差评")
        for n in range(40)]  # fmt: skip
OBJECTS = [{"评论": text, "标签": label} for text, label in ROWS]
LISTS = [list(row) for row in ROWS]
COLUMNS = {"评论": [text for text, _ in ROWS], "标签": [label for _, label in ROWS]}

DOCUMENTS: dict[str, Any] = {
    "split": {"columns": ["评论", "标签"], "index": list(range(40)), "data": LISTS},
    "split without index": {"columns": ["评论", "标签"], "data": LISTS},
    "index": {str(n): row for n, row in enumerate(OBJECTS)},
    "index of names": {f"r{n}": row for n, row in enumerate(OBJECTS)},
    "columns": {name: {str(n): cell for n, cell in enumerate(column)}
                for name, column in COLUMNS.items()},
    "columns, index of names": {name: {f"r{n}": cell for n, cell in enumerate(column)}
                                for name, column in COLUMNS.items()},
    "table": {"schema": {"fields": [{"name": "index"}, {"name": "评论"}, {"name": "标签"}],
                         "primaryKey": ["index"], "pandas_version": "1.4.0"},
              "data": [{"index": n, **row} for n, row in enumerate(OBJECTS)]},
    "data": {"data": OBJECTS},
    "rows under another key": {"version": 2, "total": 40, "meta": {"by": "x"}, "结果": OBJECTS},
    "rows with a header": {"values": [["评论", "标签"], *LISTS], "range": "A1:B41"},
    "a list for each column": COLUMNS,
    "records": OBJECTS,
    "values with a header": [["评论", "标签"], *LISTS],
    "three columns with a header": [["编号", "评论", "标签"],
                                    *([n, *row] for n, row in enumerate(LISTS))],
}  # fmt: skip


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize("name", ["a.json", "a.txt", "a.csv", "a"])
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "many lines"])
def test_each_form_gives_the_same_rows(
    form: str, name: str, indent: int | None, write: Write
) -> None:
    content = json.dumps(DOCUMENTS[form], ensure_ascii=indent is None, indent=indent)
    found = read(str(write(name, content + "\n" * bool(indent))))
    assert list(found.rows()) == ROWS
    assert found.columns == {"text": "评论", "label": "标签"}


@pytest.mark.parametrize("orient", ["split", "records", "index", "columns", "values", "table"])
def test_what_pandas_writes(orient: Any, write: Write) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS, columns=["评论", "标签"])
    for lines in (False, True) if orient == "records" else (False,):
        content = frame.to_json(orient=orient, force_ascii=False, lines=lines)
        assert list(read(str(write("a.json", content))).rows()) == ROWS


def test_values_with_the_label_first(write: Write) -> None:
    content = json.dumps([[n % 2, text] for n, (text, _) in enumerate(ROWS)])
    assert read(str(write("a.json", content))).texts == [text for text, _ in ROWS]


def test_lines_of_lists_in_a_file_of_any_name(write: Write) -> None:
    content = "".join(json.dumps([n, *row]) + "\n" for n, row in enumerate(ROWS))
    assert list(read(str(write("a.txt", content))).rows()) == ROWS


def test_rows_of_another_length_are_named(write: Write) -> None:
    document = {"columns": ["评论", "标签"], "data": [*LISTS, ["没有标签"], 5]}
    with pytest.raises(DataError) as caught:
        read(str(write("a.json", json.dumps(document))))
    assert "row 41: 2 values expected" in three_parts(caught.value)
    assert len(read(str(write("a.json", json.dumps(document))), skip_bad=True)) == 40


def test_several_tables_are_not_one(write: Write) -> None:
    document = {"train": OBJECTS, "dev": OBJECTS[:5]}
    with pytest.raises(DataError) as caught:
        read(str(write("a.json", json.dumps(document))))
    assert caught.value.code == "data.several_tables"
    assert "train (40), dev (5)" in three_parts(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "好", "label": ["a", "b"]}\n{"text": "坏", "label": ["a"]}\n',
        '{"data": [{"text": "好"}], "label": "a"}\n\n  {"data": [{"text": "坏"}], "label": "b"}',
        '{"text": "好", "label": "1"}',
        '{"tokens": 3, "data": "x"}',
        '{"question": "谁？", "answers": [{"text": "他", "answer_start": 0}]}',
        '{"text": {"a": {"b": 1}}, "label": {"a": {"b": 2}}}',
        "{}",
        '{"a": [], "b": []}',
        '{"a": [1, 2], "b": [1]}',
        '{"data": [{"text": "好"',
        "[图片] 很好\t1\n",
        "[[图片]] 很好\t1\n",
        "[1] 很好\t1\n[2] 很差\t0\n",
    ],
)
def test_what_is_no_table_in_one_object_is_left_to_others(text: str) -> None:
    assert reader_of(text, ".txt").title.en != "a table in one JSON object"


@pytest.mark.parametrize("text", ["[图片] 很好\t1\n", "[[图片]] 很好\t1\n", "[1] 很好\t1\n"])
def test_texts_that_begin_with_brackets_are_no_json(text: str, write: Write) -> None:
    found = read(str(write("a.txt", text + "很差\t0\n" * 3)))
    assert found.texts[0] == text.partition("\t")[0]
