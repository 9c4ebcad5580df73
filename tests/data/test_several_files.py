"""Several files by a pattern are one source; folders of classes are rows; parts come as parts."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import Write, three_parts
from data.workbooks import workbook

from paddle_lab.api import specify
from paddle_lab.cli import main
from paddle_lab.data import several
from paddle_lab.data.files import refuse_absent
from paddle_lab.data.folders import with_folder_parts
from paddle_lab.errors import DataError
from paddle_lab.tasks.recognition import choose_task

ROWS = [(f"这家店第{n}次去，{'还会再来' if n % 2 else '再也不来'}", "好评" if n % 2 else "差评")
        for n in range(40)]  # fmt: skip


def csv(rows: list[tuple[str, str]], head: str = "评论,标签") -> bytes:
    return (f"{head}\n" + "".join(f"{text},{label}\n" for text, label in rows)).encode()


def refusal(source: Any, **how: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read(str(source), **how)
    three_parts(caught.value)
    return caught.value


# -- patterns -----------------------------------------------------------------------------------


@pytest.fixture
def monthly(write: Write, tmp_path: Path) -> Path:
    write("2024-01.csv", csv(ROWS[:10]))
    write("2024-02.csv", csv(ROWS[10:20]))
    write("2024-03.csv.gz", gzip.compress(csv(ROWS[20:30])))
    write("2024-04.xlsx", workbook({"a": [["评论", "标签"], *map(list, ROWS[30:])]}))
    write("notes.md", "# 说明\n")
    return tmp_path / "2024-*"


def test_a_pattern_reads_all_that_fit_in_the_order_of_their_names(monthly: Path) -> None:
    found = read(str(monthly))
    assert list(found.rows()) == ROWS
    assert [name for _, name in found.provenance["files"]] == [
        "2024-01.csv", "2024-02.csv", "2024-03.csv.gz", "2024-04.xlsx",
    ]  # fmt: skip


@pytest.mark.parametrize("bound", [300, 900])
def test_all_of_them_together_are_bounded(
    monthly: Path, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(several, "LARGEST_FILE", bound)
    assert refusal(monthly).code == "data.too_large"


def test_a_row_is_named_by_its_own_file(monthly: Path, write: Write) -> None:
    found = read(str(monthly.with_name("2024-0[12].csv")))
    assert found.where(0).in_language("en") == "2024-01.csv line 2"
    assert found.where(10).in_language("en") == "2024-02.csv line 2"
    assert found.where(19).in_language("zh") == "2024-02.csv 第 11 行"
    write("2024-02.csv", csv([*ROWS[10:20], ("没有标签", ""), ("也没有", "")]))
    error = refusal(monthly.with_name("2024-0[12].csv"))
    assert "2024-02.csv line 12: the label is missing" in three_parts(error)
    assert "also 2024-02.csv line 13" in three_parts(error)


def test_rows_keep_their_file_in_a_run(monthly: Path, tmp_path: Path) -> None:
    from paddle_lab.data import load_rows, save_rows

    found = read(str(monthly))
    save_rows(found, tmp_path / "rows.jsonl")
    assert load_rows(tmp_path / "rows.jsonl").where(25) == found.where(25)


def test_columns_in_another_order_are_matched_by_name(write: Write, tmp_path: Path) -> None:
    write("a.csv", csv(ROWS[:20]))
    write("b.csv", csv([(b, a) for a, b in ROWS[20:]], "标签,评论"))
    assert list(read(str(tmp_path / "*.csv")).rows()) == ROWS


@pytest.mark.parametrize(
    "other",
    [csv(ROWS, "评论,星级"), b"id,text,label\n1,a,b\n", csv(ROWS).partition(b"\n")[2]],
    ids=["other names", "more columns", "no header"],
)
def test_files_of_other_columns_are_refused_with_their_names(
    other: bytes, write: Write, tmp_path: Path
) -> None:
    write("a.csv", csv(ROWS))
    write("b.csv", other)
    error = refusal(tmp_path / "*.csv")
    assert error.code == "data.different_files"
    assert "a.csv: 评论, 标签; b.csv: " in three_parts(error)


def test_a_pattern_that_fits_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "x" / "*.csv").code == "data.not_found"
    with pytest.raises(DataError):
        refuse_absent(str(tmp_path / "*.csv"))


def test_a_file_that_is_called_like_a_pattern_goes_before(write: Write) -> None:
    assert len(read(str(write("a[1].csv", csv(ROWS))))) == 40


def test_a_pattern_in_a_run_and_in_the_terminal(
    monthly: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_absent(str(monthly))
    assert choose_task(str(monthly)) == "classify"
    monkeypatch.chdir(monthly.parent)
    assert main(["data", "2024-*", "--lang", "en"]) == 0
    assert "train, dev: 2024-* (4 files), utf-8" in capsys.readouterr().out


# -- a folder for each class --------------------------------------------------------------------


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    folder = tmp_path / "reviews"
    for n, (text, label) in enumerate(ROWS):
        place = folder / label
        place.mkdir(parents=True, exist_ok=True)
        encoding = "gb18030" if n % 5 == 0 else "utf-8"
        (place / f"{n:03}.txt").write_text(text + "\n第二段\n", encoding=encoding)
    (folder / "README.md").write_text("# 说明\n", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD.txt").write_text("ref", encoding="utf-8")
    return folder


def test_a_folder_for_each_class(classes: Path) -> None:
    found = read(str(classes))
    assert sorted(found.rows()) == sorted((f"{text}\n第二段", label) for text, label in ROWS)
    assert found.labels == sorted(found.labels), "class by class"
    assert found.provenance["files"] == 40 and found.provenance["encoding"] == "gb18030, utf-8"
    assert choose_task(str(classes)) == "classify"


def test_parts_that_are_folders_of_classes(classes: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    classes.rename(whole / "train")
    for label in ("好评", "差评"):
        (whole / "test" / label).mkdir(parents=True)
        (whole / "test" / label / "1.txt").write_text(f"{label}的一条", encoding="utf-8")
    parts = with_folder_parts({"train": str(whole)}, {})
    prepared = prepare(parts["train"], test=parts["test"])
    assert prepared.test is not None and len(prepared.test) == 2
    spec, _ = specify(str(whole), None, {}, {})
    assert spec.name == "whole"


def test_an_empty_file_and_one_that_is_no_text_are_named(classes: Path) -> None:
    (classes / "好评" / "900.txt").write_text(" \n", encoding="utf-8")
    assert "row 21: 好评/900.txt is empty" in three_parts(refusal(classes))
    assert len(read(str(classes), skip_bad=True)) == 40
    (classes / "好评" / "901.txt").write_bytes(b"\xff\xff\xff")
    assert "好评/901.txt line 1: byte 1" in three_parts(refusal(classes))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_links_to_folders_and_pipes_are_not_followed(classes: Path) -> None:
    (classes / "loop").symlink_to(classes)
    os.mkfifo(classes / "好评" / "pipe.txt")
    assert len(read(str(classes))) == 40


def test_more_text_than_fits_is_refused(classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.data.class_folders.LARGEST_FILE", 500)
    assert refusal(classes).code == "data.too_large"


def test_a_folder_of_one_folder_is_no_classes(classes: Path) -> None:
    assert refusal(classes.parent).code == "data.folder"


# -- parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".xlsx", ".parquet"])
def test_parts_of_every_format(ending: str, write: Write, tmp_path: Path) -> None:
    for name in ("train", "validation", "test"):
        write(name + ending, b"")
    parts = with_folder_parts({"train": str(tmp_path)}, {})
    assert Path(parts["dev"]).name == f"validation{ending}"


def test_numbered_files_of_a_hub_are_one_part(write: Write, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    for n in range(2):
        stream = io.BytesIO()
        pandas.DataFrame(ROWS[n * 20 : n * 20 + 20], columns=["text", "label"]).to_parquet(stream)
        write(f"train-0000{n}-of-00002.parquet", stream.getvalue())
    write("test-00000-of-00001.parquet", stream.getvalue())
    parts = with_folder_parts({"train": str(tmp_path)}, {})
    prepared = prepare(parts["train"], test=parts["test"])
    assert len(prepared.train) + len(prepared.dev) == 40
    assert prepared.test is not None and len(prepared.test) == 20


def test_an_archive_of_parts(write: Write) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("sets/train.tsv", csv(ROWS).replace(b",", b"\t"))
        archive.writestr("sets/dev.tsv", csv(ROWS[:4]).replace(b",", b"\t"))
        archive.writestr("sets/label.txt", "好评\n差评\n")
    path = write("sets.zip", stream.getvalue())
    parts = with_folder_parts({"train": str(path)}, {})
    assert parts["train"] == f"{path}/sets/train.tsv"
    assert len(prepare(parts["train"], parts["dev"]).dev) == 4
    spec, _ = specify(str(path), None, {}, {})
    assert (spec.name, spec.dev) == ("sets", f"{path}/sets/dev.tsv")


@pytest.mark.parametrize(
    ("source", "name"),
    [("months/*.csv", "months"), ("a/**/*.csv", "a"), ("data/2024-0?.csv", "data"),
     ("*.csv", "run"), ("data/train.csv", "train")],
)  # fmt: skip
def test_a_run_of_several_files_is_called_by_their_folder(
    source: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert specify(source, None, {}, {"task": "classify"})[0].name == name
