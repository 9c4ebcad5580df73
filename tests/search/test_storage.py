"""What a study lies in: written by several at once, and read whatever became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import PaddleLabError
from paddle_lab.search import start
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.space import Dimension
from paddle_lab.search.study import Study


def opened(path: Path, by: str) -> Study:
    return Study(
        path / "study.journal", [Dimension("lr", "float", 1e-5, 1e-3, log=True)],
        older=path / "study.db", by=by, higher=True, seed=3, pruner="none", startup=3,
        evaluations=4,
    )  # fmt: skip


def test_two_that_ask_at_once_get_different_trials_and_never_more_than_there_are(
    tmp_path: Path,
) -> None:
    studies = [opened(tmp_path, "one"), opened(tmp_path, "two")]

    def taken(study: Study) -> list[int]:
        found = []
        while (asked := study.ask(8)) is not None:
            found.append(asked[0])
            study.complete(asked[0], 0.5)
        return found

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(taken, studies)
    assert sorted(one + two) == list(range(8))
    told = studies[0].told()
    assert [told[number].by for number in one] == ["one"] * len(one)
    assert {state.state for state in told.values()} == {"complete"}


def test_a_trial_is_taken_once_and_only_from_who_had_it(tmp_path: Path) -> None:
    first, second, third = (opened(tmp_path, name) for name in ("first", "second", "third"))
    number, _ = first.ask(1) or (0, {})
    assert first.ours() == {0} and second.take(number, "first")
    assert not third.take(number, "first") and first.ours() == set() and second.ours() == {0}
    assert second.fail(number) and first.told()[number].state == "failed"
    assert not third.take(number, "second"), "it is over"
    assert first.report(number, 1, 0.5), "whoever still trains it is told to leave it"


def test_a_line_that_a_full_disk_tore_is_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    study = opened(tmp_path, "one")
    study.ask(9)
    path = tmp_path / "study.journal"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "worker')
    later = opened(tmp_path, "two")
    assert later.made() == 1
    later.ask(9)
    assert opened(tmp_path, "three").made() == 2
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("kind", ["link", "folder", "text"])
def test_what_is_no_study_is_told_and_nothing_is_written_there(tmp_path: Path, kind: str) -> None:
    path, mine = tmp_path / "study.journal", tmp_path / "mine.txt"
    mine.write_text("mine\n", encoding="utf-8")
    if kind == "link":
        path.symlink_to(mine)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("[3]\n", encoding="utf-8")
    with pytest.raises(PaddleLabError) as caught:
        opened(tmp_path, "one")
    assert caught.value.code == "run.unreadable"
    assert mine.read_text(encoding="utf-8") == "mine\n"


def test_the_sqlite_study_of_an_earlier_version_is_taken_over(
    begun: Callable[..., SearchFolder], acting: Any
) -> None:
    import optuna

    folder = begun(trials=3, pruner="none")
    folder.study_path.unlink()
    older = folder.older_study_path
    storage = optuna.storages.RDBStorage(
        "sqlite:///study.db", engine_kwargs={"creator": lambda: sqlite3.connect(older)}
    )
    study = optuna.create_study(storage=storage, study_name="search", direction="maximize")
    lr = optuna.distributions.FloatDistribution(1e-6, 1e-2, log=True)
    study.add_trial(optuna.create_trial(params={"lr": 1e-4}, distributions={"lr": lr}, value=0.99))
    study.enqueue_trial({"lr": 2e-3})
    ended = start.work_on(folder)
    assert [row["number"] for row in ended["trials"]] == [1, 2], "the first was made before"
    assert ended["trials"][0]["params"] == {"lr": 2e-3}, "what was to come next still does"
    assert older.exists() and folder.study_path.exists()
    older.write_bytes(b"no database" * 100)
    folder.study_path.unlink()
    with pytest.raises(PaddleLabError) as caught:
        start.work_on(folder)
    assert caught.value.code == "run.unreadable" and not folder.study_path.exists()
