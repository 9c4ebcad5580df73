"""Runs travel: with their folder to another home, another place, another user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_lab.commands import Context, runs
from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.removal import remove_run

Make = Callable[..., RunFolder]


@pytest.fixture
def project(make_run: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``paddle_runs`` in it, as somebody left it, and one's own fresh home."""
    monkeypatch.delenv("PADDLE_LAB_RUNS_DIR")
    folder = tmp_path / "project"
    for name in ("first", "second"):
        run = make_run(name=name)
        with run.open_log() as log:
            log.append("end", state="finished", step=3)
    folder.mkdir()
    (tmp_path / "runs").rename(folder / "paddle_runs")
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "fresh"))
    monkeypatch.chdir(folder)
    return folder


def names(registry: Registry | None = None) -> list[str]:
    return [ref.name for ref in (registry or Registry()).list()]


def test_the_runs_that_lie_here_are_seen_with_a_fresh_home(project: Path, tmp_path: Path) -> None:
    assert names() == ["second", "first"]
    assert Registry().find("last").folder.path.parent == project / "paddle_runs"
    assert [row.state for row in RunsBoard().refresh()] == ["finished", "finished"]
    assert not (tmp_path / "fresh").exists(), "nothing is written to see them"


def test_the_folder_of_runs_that_is_set_is_looked_at(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert names() == []
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(project / "paddle_runs"))
    assert names() == ["second", "first"]


def test_in_a_copied_folder_the_copies_are_meant(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry()
    for ref in registry.list():
        registry.add(ref.folder)
    copy = shutil.copytree(project, tmp_path / "copy")
    monkeypatch.chdir(copy)
    found = Registry().find("first")
    assert found.folder.path.is_relative_to(copy) and len(names()) == 2
    remove_run(Registry(), found)
    assert names() == ["second", "first"], "the original is still known, and there"
    monkeypatch.chdir(project)
    assert Registry().find("first").folder.path.is_relative_to(project)


def test_folders_that_are_no_runs_are_passed_over(project: Path) -> None:
    here = project / "paddle_runs"
    (here / "notes").mkdir()
    (here / "broken").mkdir()
    (here / "broken" / "run.json").write_text("{")
    (here / "a.txt").write_text("x")
    shutil.copytree(next(here.glob("first-*")), here / ".paddle-lab-removed-1")
    assert names() == ["second", "first"]


def test_a_run_that_changes_is_read_again(project: Path) -> None:
    registry = Registry()
    assert names(registry) == ["second", "first"]
    path = Registry().find("first").folder.info_path
    path.write_text(path.read_text("utf-8").replace('"first"', '"other"'), encoding="utf-8")
    os.utime(path, (1, 1))
    assert sorted(names(registry)) == ["other", "second"]
    shutil.rmtree(path.parent)
    assert names(registry) == ["second"]


def listed() -> str:
    return runs.execute(runs.build_parser("x").parse_args([]), Context()).text


def test_another_users_runs_are_listed_with_one_line_on_them(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "read only" not in listed()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    lines = [line for line in listed().splitlines() if "read only" in line]
    assert len(lines) == 1 and lines[0].startswith("2 of them")


def test_without_any_run_there_is_none(tmp_path: Path, registry_root: Path) -> None:
    with pytest.raises(RunError) as caught:
        Registry().find("last")
    assert caught.value.code == "run.not_found"
