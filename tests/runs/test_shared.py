"""The runs in other people's folders below one that a class shares."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import run_writer

from paddle_lab.runs import RunFolder
from paddle_lab.runs import shared as shared_module
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.shared import SEARCH_EVERY_S, SharedRuns

Write = Callable[..., RunFolder]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that lets a person write a run: ``write("alice/paddle_runs")``."""

    def one(place: str, name: str = "reviews") -> RunFolder:
        folder = run_writer.new_run(tmp_path / "class" / place, tmp_path / "theirs", name=name)
        run_writer.write_run(folder, 4)
        return folder

    return one


def found(root: Path) -> list[str]:
    runs = SharedRuns(root / "class")
    return sorted(str(ref.folder.path.parent.relative_to(runs.root)) for ref in runs.list())


@pytest.mark.parametrize("place", [".", "ann", "ann/paddle_runs", "ann/course/day1/paddle_runs"])
def test_runs_are_found_where_people_have_them(write: Write, tmp_path: Path, place: str) -> None:
    run = write(place)
    shared = SharedRuns(tmp_path / "class")
    (row,) = RunsBoard(shared).refresh()
    assert (row.name, row.state, row.folder) == ("reviews", "finished", str(run.path))
    assert shared.person_of(row.folder) == (None if place == "." else "ann")


def test_a_copied_run_is_a_run_of_its_own(write: Write, tmp_path: Path) -> None:
    run = write("ann/paddle_runs")
    shutil.copytree(run.path, tmp_path / "class/ben/paddle_runs/handed-out")
    rows = RunsBoard(SharedRuns(tmp_path / "class")).refresh()
    assert len({row.id for row in rows}) == 2, "neither hides the other"


def test_new_runs_come_with_the_next_search(write: Write, tmp_path: Path) -> None:
    now = [0.0]
    shared = SharedRuns(tmp_path / "class", clock=lambda: now[0])
    write("ann")
    assert len(shared.list()) == 1
    write("ben")
    assert len(shared.list()) == 1, "not searched again at once"
    now[0] += SEARCH_EVERY_S
    assert len(shared.list()) == 2


def test_nothing_is_written_and_a_folder_that_is_gone_is_told(write: Write, tmp_path: Path) -> None:
    write("ann/paddle_runs")
    shared = SharedRuns(tmp_path / "class")
    before = sorted((path, path.stat().st_mtime_ns) for path in shared.root.rglob("*"))
    RunsBoard(shared).refresh()
    assert sorted((path, path.stat().st_mtime_ns) for path in shared.root.rglob("*")) == before
    nowhere = SharedRuns(tmp_path / "nowhere")
    assert nowhere.list() == [] and nowhere.trouble == "No such file or directory"


@pytest.mark.parametrize("linked", ["person", "run", "run.json", "events.jsonl", "about.json"])
def test_no_link_is_followed(write: Write, tmp_path: Path, linked: str) -> None:
    """Whoever may write below the folder must not make it show what lies outside."""
    secret = run_writer.new_run(tmp_path / "outside", tmp_path / "theirs", name="secret")
    run_writer.write_run(secret, 4)
    (secret.path / "about.json").write_text('{"name": "secret", "note": ""}', encoding="utf-8")
    run = write("ann/paddle_runs", "harmless")
    if linked == "person":
        (tmp_path / "class/mallory").symlink_to(secret.path.parent)
    elif linked == "run":
        (run.path.parent / "mallory").symlink_to(secret.path)
    else:
        (run.path / linked).unlink(missing_ok=True)
        (run.path / linked).symlink_to(secret.path / linked)
    rows = RunsBoard(SharedRuns(tmp_path / "class")).refresh()
    whole = linked in ("person", "run")
    assert [row.name for row in rows] == (["harmless"] if whole else [])


def test_a_flood_of_one_person_hides_nobody(write: Write, tmp_path: Path) -> None:
    run = write("ann/paddle_runs")
    info = json.loads(run.info_path.read_text(encoding="utf-8"))
    for number in range(shared_module.MOST_RUNS_OF_ONE + 5):
        folder = tmp_path / f"class/mallory/{number}"
        folder.mkdir(parents=True)
        flood = {**info, "id": f"f{number}", "created": 9e9 + number}
        (folder / "run.json").write_text(json.dumps(flood), encoding="utf-8")
    places = found(tmp_path)
    assert places.count("mallory") == shared_module.MOST_RUNS_OF_ONE
    assert "ann/paddle_runs" in places


def test_the_search_is_bounded(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_module, "MOST_FOLDERS", 20)
    write("ann/paddle_runs")
    for number in range(40):
        (tmp_path / f"class/ann/a{number}/b").mkdir(parents=True)
    write("ben/" + "/".join("abcdefgh"))
    assert found(tmp_path) == ["ann/paddle_runs"], "the usual place first; not too deep"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_pipes_and_odd_folders_stop_nothing(write: Write, tmp_path: Path) -> None:
    write("ann")
    ben = write("ben")
    ben.events_path.unlink()
    os.mkfifo(ben.events_path)
    (tmp_path / "class/cid").mkdir()
    (tmp_path / "class/cid/run.json").write_text("{", encoding="utf-8")
    (tmp_path / "class/a file").write_text("x", encoding="utf-8")
    assert found(tmp_path) == ["ann"]
