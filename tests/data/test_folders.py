"""A folder of data is its parts, as PaddleNLP's applications and many public sets lay them out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from data.data_files import three_parts

from paddle_lab.api import specify
from paddle_lab.cli import main
from paddle_lab.data import prepare
from paddle_lab.data.folders import with_folder_parts
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

ROWS = "".join(
    f"第{n}条评论，{'好' if n % 2 else '差'}\t{'正面' if n % 2 else '负面'}\n" for n in range(20)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "sentiment"
    place.mkdir()
    for name, rows in (
        ("train", ROWS),
        ("dev", "另一条\t正面\n又一条\t负面\n"),
        ("test", "再一条\t正面\n"),
    ):
        (place / f"{name}.txt").write_text(rows, encoding="utf-8")
    (place / "label.txt").write_text("正面\n负面\n", encoding="utf-8")
    (place / "data.txt").write_text("没有标签的一条\n", encoding="utf-8")
    return place


def test_the_files_of_a_folder_are_the_parts(folder: Path) -> None:
    parts = with_folder_parts({"train": str(folder), "dev": None}, {})
    assert {part: Path(file).name for part, file in parts.items()} == {
        "train": "train.txt", "dev": "dev.txt", "test": "test.txt",
    }  # fmt: skip


def test_a_part_that_is_given_goes_before_the_folders(folder: Path) -> None:
    parts = with_folder_parts({"train": str(folder), "dev": "mine.tsv", "test": None}, {})
    assert parts["dev"] == "mine.tsv" and Path(parts["test"]).name == "test.txt"


def test_what_is_no_folder_of_parts_stays(folder: Path, tmp_path: Path) -> None:
    for train in (
        str(folder / "train.txt"),
        str(tmp_path),
        "reviews",
        "nothing",
        SimpleNamespace(),
    ):
        assert with_folder_parts({"train": train}, {})["train"] is train
    assert with_folder_parts({"train": str(folder)}, {str(folder): 1})["train"] == str(folder)


def test_two_files_of_a_part_are_refused(folder: Path) -> None:
    (folder / "train.csv").write_text("text,label\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        with_folder_parts({"train": str(folder)}, {})
    assert caught.value.code == "data.folder" and "train.csv, train.txt" in three_parts(
        caught.value
    )


@pytest.mark.parametrize("as_path", [False, True])
def test_a_run_is_called_by_the_folder_and_names_its_files(folder: Path, as_path: bool) -> None:
    spec, tables = specify(folder if as_path else str(folder), None, {}, {})
    assert spec.name == "sentiment" and not tables
    assert [Path(str(one)).name for one in (spec.train, spec.dev, spec.test)] == [
        "train.txt", "dev.txt", "test.txt",
    ]  # fmt: skip


def test_the_data_command_reads_all_parts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(folder), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "train    20" in out and "test.txt" in out


def test_texts_that_all_contradict_each_other_are_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"第{n}条评论内容\t{label}\n" for n in range(12) for label in ("正面", "负面"))
    path = tmp_path / "both.tsv"
    path.write_text(rows, encoding="utf-8")
    assert main(["data", str(path), "--lang", "en"]) != 0
    assert "Every text of both.tsv stands under more than one label" in capsys.readouterr().err


def lines(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


TEXTS = [f"第{n}条评论，还不错" for n in range(12)]
CLASSES = [["负面", "正面"][n % 2] for n in range(12)]
LABELLED = {
    "txt": "".join(f"{text}\t{label}\n" for text, label in zip(TEXTS, CLASSES, strict=True)),
    "csv": "id,text,label\n"
    + "".join(f'{n},"{text}",{CLASSES[n]}\n' for n, text in enumerate(TEXTS)),
    "jsonl": lines(*({"text": TEXTS[n], "label": CLASSES[n]} for n in range(12))),
}


@pytest.mark.parametrize(
    ("suffix", "test"),
    [
        pytest.param("txt", "没见过，一条\n另外一条，没见过\n", id="texts alone"),
        pytest.param("txt", "没见过的一条\t\n另外一条\t\n", id="an empty cell for the label"),
        pytest.param("csv", "id,text\n0,没见过的\n1,另外一条\n", id="a header without the label"),
        pytest.param("csv", "text\n没见过的\n另外一条\n", id="a header of one column"),
        pytest.param("jsonl", lines({"text": "没见过"}, {"text": "另外"}), id="objects without it"),
        pytest.param("jsonl", lines({"text": "没见过", "label": None}), id="null for the label"),
    ],
)
def test_a_test_part_without_labels_is_left_out_and_told(
    suffix: str, test: str, tmp_path: Path
) -> None:
    for name, content in (("train", LABELLED[suffix]), ("test", test)):
        (tmp_path / f"{name}.{suffix}").write_text(content, encoding="utf-8")
    found = prepare(get_task("classify"), **with_folder_parts({"train": str(tmp_path)}, {}))
    assert found.test is None and len(found.train) + len(found.dev) == 12
    assert f"test.{suffix} has no labels" in found.report.notices[0].in_language("en")
    assert f"test.{suffix} 中没有标签" in found.report.notices[0].in_language("zh")


@pytest.mark.parametrize("suffix", LABELLED)
def test_a_test_part_with_labels_is_used(suffix: str, tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / f"{name}.{suffix}").write_text(LABELLED[suffix], encoding="utf-8")
    found = prepare(get_task("classify"), **with_folder_parts({"train": str(tmp_path)}, {}))
    assert found.test is not None and len(found.test) == 12


def test_a_test_part_that_lacks_some_labels_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text(LABELLED["txt"], encoding="utf-8")
    (tmp_path / "test.txt").write_text("有标签\t正面\n没有标签\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.txt line"):
        prepare(get_task("classify"), **with_folder_parts({"train": str(tmp_path)}, {}))


SPANS = [
    {
        "text": f"第{n}天李明来了",
        "label": {"name": {"李明": [[len(f"第{n}天"), len(f"第{n}天李")]]}},
    }
    for n in range(12)
]


@pytest.mark.parametrize(
    ("task", "name", "train", "test"),
    [
        ("tag", "json", lines(*SPANS), lines({"id": 0, "text": "王芳"}, {"id": 1, "text": "没"})),
        ("regress", "tsv", "".join(f"{text}\t{n % 5}.5\n" for n, text in enumerate(TEXTS)),
         "没见过的一条\n另外一条\n"),
        ("pair", "tsv", "".join(f"{text}\t另一条{text}\t{n % 2}\n" for n, text in enumerate(TEXTS)),
         "没见过的一条\t又一条没见过\n另外一条\t再来一条\n"),
        ("multilabel", "txt", "".join(f"{text}\t{'甲,乙' if n % 2 else '乙,丙'}\n"
                                      for n, text in enumerate(TEXTS)), "没见过，一条\n另外\n"),
    ],
)  # fmt: skip
def test_a_test_part_without_targets_of_any_task_is_left_out(
    task: str, name: str, train: str, test: str, tmp_path: Path
) -> None:
    (tmp_path / f"train.{name}").write_text(train, encoding="utf-8")
    (tmp_path / f"test.{name}").write_text(test, encoding="utf-8")
    found = prepare(get_task(task), **with_folder_parts({"train": str(tmp_path)}, {}))
    assert found.test is None
    assert "its 2 rows say nothing" in found.report.notices[0].in_language("en")
