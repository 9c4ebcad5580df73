"""Notebook variables as data: tables of every kind, by name, before files of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import Write, three_parts

from paddle_lab.data import Dataset
from paddle_lab.errors import DataError

ROWS = [("很好用的东西", "好评"), ("太慢了不推荐", "差评"), ("还可以的书", "好评")]


def rows_of(dataset: Dataset) -> list[tuple[str, str]]:
    return list(dataset.rows())


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        [list(row) for row in ROWS],
        tuple(ROWS),
        [{"text": text, "label": label} for text, label in ROWS],
        [{"label": label, "评论": text} for text, label in ROWS],
        {"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]},
        Dataset.of_texts("rows", [t for t, _ in ROWS], [label for _, label in ROWS], [1, 2, 3]),
    ],
)
def test_python_values(value: Any) -> None:
    assert rows_of(read("rows", names={"rows": value})) == ROWS
    assert rows_of(read(value)) == ROWS


def test_a_data_frame_with_numbers_and_classes() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "stars": [5.0, 1.0, float("nan")],
            "review": ["好的书", "坏的书", "没有评分"],
            "kind": pandas.Categorical(["book", "pc", "book"]),
        },
        index=[7, 7, 9],
    )
    dataset = read("df", names={"df": frame}, skip_bad=True)
    assert rows_of(dataset) == [("好的书", "5"), ("坏的书", "1")]
    assert dataset.where(1).in_language("en") == "df row 2"
    assert read(frame, label="kind").labels == ["book", "pc", "book"]
    frame.columns = [0, 1, 2]
    assert read(frame, text="1", label="2").texts == ["好的书", "坏的书", "没有评分"]


def test_a_datasets_table_gives_the_names_of_its_classes() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["差评", "好评"])}
    )
    table = datasets.Dataset.from_dict(
        {"text": ["好的书", "坏的书"], "label": [1, 0]}, features=features
    )
    assert rows_of(read(table)) == [("好的书", "好评"), ("坏的书", "差评")]
    with pytest.raises(DataError) as caught:
        read("data", names={"data": datasets.DatasetDict({"train": table})})
    assert "data:train" in three_parts(caught.value)


def test_a_variable_comes_before_a_sample_and_a_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("reviews", "文件里的话一\tx\n文件里的话二\ty\n")
    monkeypatch.chdir(path.parent)
    assert rows_of(read("reviews", names={"reviews": ROWS})) == ROWS
    assert read("./reviews", names={"reviews": ROWS}).labels == ["x", "y"]
    prepared = prepare("reviews", names={"reviews": ROWS * 1}, split=0.3)
    assert prepared.test is None, "the sample's own test part is not that of a variable"


def test_a_variable_may_hold_a_path(write: Write) -> None:
    path = write("train.tsv", "".join(f"{text}\t{label}\n" for text, label in ROWS))
    for value in (path, str(path)):
        assert rows_of(read("where", names={"where": value})) == ROWS
    assert rows_of(read(path)) == ROWS


@pytest.mark.parametrize("value", [None, 17, len, object(), b"bytes", {1, 2}, {"a": 1}, {}])
def test_a_variable_that_is_no_data(value: Any) -> None:
    with pytest.raises(DataError) as caught:
        read("thing", names={"thing": value})
    message = three_parts(caught.value)
    assert f"The variable thing is a {type(value).__name__}" in message
    assert "./thing" in message


def test_rows_of_other_shapes_are_named() -> None:
    with pytest.raises(DataError, match="rows row 2: tuple, 3: not a text with a label"):
        read("rows", names={"rows": [("好", "x"), ("好", "x", "y"), ("坏", "y")]})
    with pytest.raises(DataError, match="rows row 2: str: not"):
        read("rows", names={"rows": [("好", "x"), "ab"]})
    with pytest.raises(DataError, match="has no rows"):
        read("rows", names={"rows": []})
    assert (
        len(read([{"text": "好", "label": 1}, 5, {"text": "坏", "label": 0}], skip_bad=True)) == 2
    )


def test_a_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tsv").write_text("很好的\tx\n不好的\ty\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(read("~/a.tsv")) == 2
