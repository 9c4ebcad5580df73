"""Tables that are written: whole or absent, over nothing, the person's cells as they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data.table_file import TableFile, free_names
from paddle_lab.errors import DataError

ROWS: list[list[Any]] = [["=1+1", '他说"好"', 1, 0.5], ["a\nb", "", None, float("nan")],
                         ["x,y\tz", ["甲", "乙"], True, "-3"]]  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_cells_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with TableFile(str(path), ["a", "b", "c", "d"]) as file:
        for row in ROWS:
            file.write(row)
    sep = "," if suffix == ".csv" else "\t"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        found = list(csv.reader(opened, delimiter=sep))
    assert found == [["a", "b", "c", "d"], ["=1+1", '他说"好"', "1", "0.5"], ["a\nb", "", "", ""],
                     ["x,y\tz", '["甲", "乙"]', "True", "-3"]]  # fmt: skip


def test_json_lines_keep_types(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with TableFile(str(path), ["a", "b", "c", "d"]) as file:
        for row in ROWS:
            file.write(row)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[1] == {"a": "a\nb", "b": "", "c": None, "d": None}
    assert rows[2] == {"a": "x,y\tz", "b": ["甲", "乙"], "c": True, "d": "-3"}


@pytest.mark.parametrize(
    ("text", "written"), [("=cmd()", "'=cmd()"), ("@x", "'@x"), ("-1", "-1"), ("好评", "好评")]
)
def test_only_our_own_columns_are_kept_from_being_formulas(
    tmp_path: Path, text: str, written: str
) -> None:
    path = tmp_path / "a.csv"
    with TableFile(str(path), ["theirs", "ours"], own=1) as file:
        file.write([text, text])
    assert path.read_text(encoding="utf-8-sig").splitlines()[1] == f"{text},{written}"


def test_left_early_there_is_nothing_and_a_part_is_kept_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(RuntimeError), TableFile(str(path), ["a"]) as file:
        file.write([1])
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    for name in ("a.part.csv", "a.part2.csv"):
        with TableFile(str(path), ["a"]) as file:
            file.write([1])
            assert file.keep_part().name == name
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.part.csv", "a.part2.csv"]


@pytest.mark.parametrize("wanted", ["there.csv", "source.csv", "linked.csv", "folder.csv",
                                    "none/a.csv", "a.xls", "a"])  # fmt: skip
def test_what_must_not_be_written_is_refused_before_the_work(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "there.csv").write_text("kept")
    (tmp_path / "source.csv").write_text("kept")
    (tmp_path / "linked.csv").symlink_to(tmp_path / "source.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError) as caught:
        TableFile(str(tmp_path / wanted), ["a"], inputs=[tmp_path / "source.csv"])
    assert caught.value.fix is not None
    assert (tmp_path / "source.csv").read_text() == "kept"


def test_force_replaces_a_file_but_never_the_one_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with TableFile(str(path), ["a"], force=True) as file:
        file.write(["new"])
    assert "new" in path.read_text()
    with pytest.raises(DataError, match="is the file that is read"):
        TableFile(str(path), ["a"], force=True, inputs=[path])


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(DataError), TableFile(str(path), ["a"]):
        path.write_text("theirs")
    assert path.read_text() == "theirs" and len(list(tmp_path.iterdir())) == 1


def test_names_of_columns_are_free() -> None:
    assert free_names(["a", "prediction", "note_2"], ["prediction", "note"]) == [
        "prediction_2", "note",
    ]  # fmt: skip
