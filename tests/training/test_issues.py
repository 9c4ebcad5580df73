"""The confirmed label issues of a run are kept with it: a resumption leaves out the same rows."""

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
ISSUES = "text\tlabel\tconfirmed\n第3条\t差\tyes\n第4条\t好\t\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    Path("train.tsv").write_text(ROWS, encoding="utf-8")
    Path("issues.tsv").write_text(ISSUES, encoding="utf-8")
    return tmp_path


def begun(issues: Any = "issues.tsv") -> RunFolder:
    spec, tables = specify("train.tsv", None, {}, {"drop_issues": issues})
    return create_run(spec, tables)


def rows_of(folder: RunFolder) -> Any:
    return prepare_for(folder.spec(), tables_of(folder))


def test_a_file_that_is_judged_further_changes_no_run_that_began_with_it(here: Path) -> None:
    folder = begun()
    before = rows_of(folder)
    assert len(before.train) + len(before.dev) == 39
    Path("issues.tsv").write_text(ISSUES.replace("好\t\n", "好\tyes\n"), encoding="utf-8")
    assert rows_of(folder).fingerprint == before.fingerprint
    assert rows_of(begun(Path("issues.tsv"))).fingerprint != before.fingerprint


def test_a_file_that_is_gone_is_not_missed(here: Path) -> None:
    folder = begun()
    Path("issues.tsv").unlink()
    check_sources(folder.spec(), saved_names(folder, folder.spec()))
    found = rows_of(folder)
    assert len(found.train) + len(found.dev) == 39


@pytest.mark.parametrize("content", [None, ISSUES.replace("yes", ""), "text\tlabel\n好\t差\n"])
def test_a_file_that_says_nothing_is_told_before_there_is_a_run(
    here: Path, content: str | None
) -> None:
    path = here / "other.tsv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"other\.tsv"):
        begun("other.tsv")
    runs = here / "runs"
    assert not runs.exists() or not any(runs.iterdir())
