"""What a run adds to its training rows is kept with it: a resumption reads the same rows."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.api import specify
from paddle_lab.errors import DataError
from paddle_lab.runs import RunFolder
from paddle_lab.training.start import create_run
from paddle_lab.training.tables import check_sources, prepare_for, saved_names, tables_of

ROWS = "".join(f"第{n}条\t{'好差'[n % 2]}\n" for n in range(40))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    Path("train.tsv").write_text(ROWS, encoding="utf-8")
    Path("corrections.tsv").write_text("text\tlabel\n物流太慢\t差\n", encoding="utf-8")
    return tmp_path


def begun(add: Any, names: dict[str, Any] | None = None) -> RunFolder:
    spec, tables = specify("train.tsv", None, names or {}, {"add": add})
    return create_run(spec, tables)


def rows_of(folder: RunFolder) -> Any:
    return prepare_for(folder.spec(), tables_of(folder))


def test_a_file_that_grows_changes_no_run_that_began_with_it(here: Path) -> None:
    folder = begun("corrections.tsv")
    before = rows_of(folder)
    with Path("corrections.tsv").open("a", encoding="utf-8") as file:
        file.write("很划算\t好\n")
    after = rows_of(folder)
    assert "物流太慢" in after.train.texts
    assert after.fingerprint == before.fingerprint
    assert rows_of(begun("corrections.tsv")).fingerprint != before.fingerprint


def test_a_file_that_is_gone_is_not_missed(here: Path) -> None:
    folder = begun(["corrections.tsv"])
    Path("corrections.tsv").unlink()
    check_sources(folder.spec(), saved_names(folder, folder.spec()))
    assert "物流太慢" in rows_of(folder).train.texts


def test_two_files_of_one_name_are_kept_apart(here: Path) -> None:
    (here / "other").mkdir()
    (here / "other" / "corrections.tsv").write_text("text\tlabel\n很划算\t好\n", "utf-8")
    folder = begun(["corrections.tsv", "other/corrections.tsv"])
    assert {"物流太慢", "很划算"} <= set(rows_of(folder).train.texts)


@pytest.mark.parametrize("named", [True, False])
def test_a_variable_is_kept_as_its_rows(here: Path, named: bool) -> None:
    rows = [("物流太慢", "差"), ("很划算", "好")]
    folder = begun("mine" if named else [rows], {"mine": rows})
    assert folder.spec().add == (("mine",) if named else ("add1",))
    assert {"物流太慢", "很划算"} <= set(rows_of(folder).train.texts)


def test_a_variable_is_read_by_the_columns_that_training_has(here: Path) -> None:
    Path("train.csv").write_text(
        "评语,备注,档次\n"
        + "".join(f"第{n}条,{'无' * (n % 3 + 1)},{'好差'[n % 2]}\n" for n in range(40)),
        "utf-8",
    )
    more = {"备注": ["其他内容很长很长", "其他内容"], "评语": ["物流太慢", "很划算"],
            "档次": ["差", "好"]}  # fmt: skip
    spec, tables = specify("train.csv", None, {"more": more},
                           {"text": "评语", "label": "档次", "add": "more"})  # fmt: skip
    assert {"物流太慢", "很划算"} <= set(rows_of(create_run(spec, tables)).train.texts)


def test_a_dev_variable_is_kept_by_the_columns_that_training_was_read_by(here: Path) -> None:
    train = {"c1": [f"第{n}条" for n in range(40)], "c2": ["好差"[n % 2] for n in range(40)]}
    dev = {"c0": [f"另外写的一句很长的备注{n}" for n in range(10)],
           "c1": [f"评论{n}" for n in range(10)],
           "c2": ["好差"[n % 2] for n in range(10)]}  # fmt: skip
    names = {"df": train, "df2": dev}
    spec, tables = specify("df", "df2", names, {"task": "classify"})
    before = prepare_for(spec, tables)
    after = rows_of(create_run(spec, tables, before))
    assert before.dev.texts == dev["c1"]
    assert after.dev.texts == before.dev.texts and after.fingerprint == before.fingerprint


@pytest.mark.parametrize("name", ["rows.jsonl", "added-1.jsonl", "新数据.jsonl"])
def test_a_file_may_be_called_anything(here: Path, name: str) -> None:
    Path(name).write_text('{"text": "物流太慢", "label": "差"}\n', "utf-8")
    assert "物流太慢" in rows_of(begun(name)).train.texts


def a_pattern() -> str:
    Path("more").mkdir()
    Path("more/a.tsv").write_text("text\tlabel\n物流太慢\t差\n", "utf-8")
    Path("more/b.tsv").write_text("text\tlabel\n很划算\t好\n", "utf-8")
    return "more/*.tsv"


def a_folder_for_each_class() -> str:
    for label, text in (("差", "物流太慢"), ("好", "很划算")):
        Path("more", label).mkdir(parents=True)
        Path("more", label, "1.txt").write_text(text, "utf-8")
    return "more"


def a_file_in_an_archive() -> str:
    with zipfile.ZipFile("more.zip", "w") as archive:
        archive.writestr("sets/a.tsv", "text\tlabel\n物流太慢\t差\n很划算\t好\n")
        archive.writestr("sets/b.tsv", "text\tlabel\n不要这条\t好\n")
    return "more.zip/sets/a.tsv"


@pytest.mark.parametrize("make", [a_pattern, a_folder_for_each_class, a_file_in_an_archive])
def test_what_is_no_single_file_is_added_and_kept_as_its_rows(
    here: Path, make: Callable[[], str]
) -> None:
    folder = begun(make())
    assert {"物流太慢", "很划算"} <= set(rows_of(folder).train.texts)
    before = rows_of(folder).fingerprint
    shutil.rmtree("more", ignore_errors=True)
    Path("more.zip").unlink(missing_ok=True)
    check_sources(folder.spec(), saved_names(folder, folder.spec()))
    assert rows_of(folder).fingerprint == before


def test_a_file_that_is_not_there_is_told_before_there_is_a_run(here: Path) -> None:
    with pytest.raises(DataError, match=r"typo\.tsv"):
        begun("typo.tsv")
    assert not (here / "runs").exists()
