"""Rows of one label: names in place of numbers, lists of one, and what is another task's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from classify_data import CLASSIFY, check, prepare, read

from paddle_lab.errors import DataError
from paddle_lab.tasks.label_names import LabelNameOptions
from paddle_lab.tasks.recognition import choose_task

NEWS = ["finance", "realty", "stocks"]
HEADLINES = [(f"第{n}号公司发布年度报告", n % 3) for n in range(30)]


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def headlines(folder: Path, name: str = "train.txt", rows: Any = None) -> Path:
    """THUCNews' form: a headline, a tab, a number."""
    return write(folder / name, "".join(f"{t}\t{n}\n" for t, n in rows or HEADLINES))


def said(found: Any) -> str:
    return " ".join(notice.in_language("en") for notice in found.notices)


def json_lines(folder: Path, rows: list[dict[str, Any]]) -> Path:
    return write(folder / "train.json", "\n".join(json.dumps(r, ensure_ascii=False) for r in rows))


def test_headlines_are_named_by_the_class_txt_beside_them(tmp_path: Path) -> None:
    write(tmp_path / "class.txt", "\n".join(NEWS))
    found = read(str(headlines(tmp_path)))
    assert found.labels[:3] == NEWS
    assert "named by class.txt: 0 finance, 1 realty, 2 stocks" in said(found)
    plain = read(str(headlines(tmp_path)), options=LabelNameOptions(label_names="none"))
    assert plain.labels[:3] == ["0", "1", "2"]


def test_parts_with_fewer_classes_or_in_other_folders_get_the_same_names(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "class.txt", "\n".join(NEWS))
    train = headlines(tmp_path)
    dev = headlines(tmp_path / "elsewhere", "dev.txt", [("另一条头条新闻", 1), ("还有一条", 2)])
    prepared = prepare(str(train), str(dev))
    assert prepared.dev.labels == ["realty", "stocks"] and prepared.labels == NEWS


def test_a_part_is_not_named_where_training_was_not(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / "class.txt", "\n".join(NEWS))
    train, dev = headlines(tmp_path), headlines(tmp_path / "elsewhere", "dev.txt")
    dev.write_text(dev.read_text("utf-8").replace("年度报告", "季度报告"), encoding="utf-8")
    assert prepare(str(train), str(dev)).dev.labels[:3] == ["0", "1", "2"]


def test_a_class_txt_that_does_not_fit_is_told_and_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "class.txt", "\n".join([*NEWS, "game"]))
    found = read(str(headlines(tmp_path)))
    assert found.labels[:3] == ["0", "1", "2"]
    assert "4 names for 3 labels" in said(found)
    own = read(str(headlines(tmp_path)), options=LabelNameOptions(label_names="class.txt"))
    assert own.labels[:3] == NEWS


def test_a_column_of_names_goes_before_a_column_of_numbers(tmp_path: Path) -> None:
    # TNEWS' form.
    rows = [
        {"label": str(100 + n), "label_desc": f"news_{NEWS[n]}", "sentence": text,
         "keywords": f"公司{n},年度报告{n}"}
        for text, n in HEADLINES
    ]  # fmt: skip
    path = json_lines(tmp_path, rows)
    assert choose_task(str(path)) == "classify"
    found = read(str(path))
    assert found.labels[:2] == ["news_finance", "news_realty"] and found.texts[0] == HEADLINES[0][0]
    assert "labels are read from label_desc" in said(found)
    assert read(str(path), label="label").labels[:2] == ["100", "101"]


def test_a_column_that_says_something_else_is_no_names(tmp_path: Path) -> None:
    rows = [
        {"label": n, "label_desc": f"见第{i}条", "text": t} for i, (t, n) in enumerate(HEADLINES)
    ]
    assert read(str(json_lines(tmp_path, rows))).labels[:2] == ["0", "1"]


def test_a_list_of_one_label_is_that_label(tmp_path: Path) -> None:
    # What doccano writes, as PaddleNLP's guide for classification has it.
    rows = [{"id": i, "data": t, "label": [NEWS[n]]} for i, (t, n) in enumerate(HEADLINES)]
    path = json_lines(tmp_path, rows)
    assert choose_task(str(path)) == "classify"
    assert read(str(path)).labels[:3] == NEWS


def test_whole_floats_are_the_same_label_in_every_source(tmp_path: Path) -> None:
    train = write(
        tmp_path / "a.csv", "text,label\n" + "\n".join(f"{t},{n}.0" for t, n in HEADLINES)
    )
    dev = write(tmp_path / "b.csv", "text,label\n另外一条,1\n再来一条,2\n")
    prepared = prepare(str(train), str(dev))
    assert prepared.labels == ["0", "1", "2"] and prepared.dev.labels == ["1", "2"]
    assert read([("好", "1.50"), ("差", "v1.0"), ("行", "2.0")]).labels == ["1.50", "v1.0", "2"]


@pytest.mark.parametrize(
    "label", ["NaN", "nan", "None", "null", "NULL", "<NA>", "#N/A", "\\N", "undefined", "未标注"]
)
def test_a_label_that_looks_missing_is_told(label: str) -> None:
    rows = [(t, label if n == 2 else NEWS[n]) for t, n in HEADLINES]
    said = [notice.in_language("en") for notice in check({"train": read(rows)}, 128).notices]
    assert any(f"'{label}' (10 rows) looks like a missing value" in notice for notice in said)


def test_a_missing_label_of_another_part_is_called_one() -> None:
    train = [(t, NEWS[n % 2]) for t, n in HEADLINES]
    with pytest.raises(DataError, match=r"looks like a missing value.*--skip-bad"):
        prepare(train, [("另外一条", NEWS[0]), ("又一条", "NaN")])


def test_a_class_that_the_evaluation_lacks_is_told() -> None:
    train = read([(text, NEWS[n]) for text, n in HEADLINES])
    dev = read([("另一条新闻", NEWS[0]), ("又一条新闻", NEWS[1])])
    notices = check({"train": train, "dev": dev}, 128).notices
    assert any("1 of 3 labels ('stocks')" in n.in_language("en") for n in notices)


@pytest.mark.parametrize("form", ["one-hot", "separator", "lists"])
def test_several_labels_a_row_are_refused_with_the_task_that_takes_them(
    tmp_path: Path, form: str
) -> None:
    sets = [["愤怒"], ["愤怒", "高兴"], ["高兴"], ["悲伤", "高兴"], ["悲伤"]]
    names = ["愤怒", "悲伤", "高兴"]
    rows = [(t, sets[i % 5]) for i, (t, _) in enumerate(HEADLINES)]
    if form == "one-hot":
        cells = [",".join(str(int(name in held)) for name in names) for _, held in rows]
        head, lines = f"text,{','.join(names)}\n", zip(rows, cells, strict=True)
        path = write(tmp_path / "t.csv", head + "\n".join(f"{t},{c}" for (t, _), c in lines))
    elif form == "separator":
        path = write(tmp_path / "t.tsv", "\n".join(f"{t}\t{','.join(held)}" for t, held in rows))
    else:
        path = json_lines(tmp_path, [{"text": t, "label": held} for t, held in rows])
    with pytest.raises(DataError) as caught:
        read(str(path))
    assert caught.value.code == "data.other_task"
    assert "--task multilabel" in caught.value.in_language("en")
    assert choose_task(str(path)) == "multilabel"
    if form == "one-hot":
        assert set(read(str(path), label="愤怒").labels) == {"0", "1"}
    if form == "separator":
        assert len(set(read(str(path), label="1").labels)) == len(sets)


def test_the_options_of_the_task_are_shown() -> None:
    assert CLASSIFY.options is LabelNameOptions
