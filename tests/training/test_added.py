"""What a run adds to its training rows is kept with it: a resumption reads the same rows."""

from __future__ import annotations

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


def test_a_file_that_is_not_there_is_told_before_there_is_a_run(here: Path) -> None:
    with pytest.raises(DataError, match=r"typo\.tsv"):
        begun("typo.tsv")
    assert not (here / "runs").exists()
