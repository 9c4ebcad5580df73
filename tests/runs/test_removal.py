"""A removed run is gone at once for everybody, and nothing else is."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import run_writer

from paddle_lab.errors import RunError
from paddle_lab.runs import ProcessMark, Registry, RunFolder, removal
from paddle_lab.runs.answers import answers_path
from paddle_lab.runs.removal import remove_files, remove_run

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def registry(registry_root: Path) -> Registry:
    return Registry(registry_root)


def test_a_run_and_its_entry_are_removed(make_run: MakeRun, registry: Registry) -> None:
    gone, stays = make_run(name="gone"), make_run(name="stays")
    run_writer.write_run(gone, 10)
    remove_run(registry, registry.find("gone"))
    assert [ref.name for ref in registry.list()] == ["stays"]
    assert list(stays.path.parent.iterdir()) == [stays.path]


def test_what_its_model_answered_goes_with_it(
    make_run: MakeRun, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = make_run(name="gone"), make_run(name="stays")
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(gone.path.parent))
    kept = [answers_path(run.path, "0123456789abcdef") for run in (gone, stays)]
    for run in (gone, stays):
        run_writer.write_run(run, 10)
    kept[0].parent.mkdir()
    for path in kept:
        path.write_text("{}")
    remove_run(registry, registry.find("gone"))
    assert not kept[0].exists() and kept[1].exists()
    remove_run(registry, registry.find("stays"))
    assert not kept[1].parent.exists()


def test_no_view_sees_half_a_run(
    make_run: MakeRun, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    run_writer.write_run(folder, 10)
    real, seen = shutil.rmtree, []

    def rmtree(path: Any, **options: Any) -> None:
        seen.append((registry.list(), folder.path.exists()))
        real(path, **options)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    remove_run(registry, registry.find("last"))
    assert seen == [([], False)]


def test_one_that_another_process_removed_is_only_forgotten(
    make_run: MakeRun, registry: Registry
) -> None:
    folder = make_run()
    run_writer.write_run(folder, 10)
    ref = registry.find("last")
    shutil.rmtree(folder.path)
    remove_run(registry, ref)
    assert list(registry.root.iterdir()) == []


def test_one_that_was_resumed_just_now_is_spared(make_run: MakeRun, registry: Registry) -> None:
    folder = make_run()
    run_writer.write_run(folder, 10)
    ref = registry.find("last")
    with folder.open_log() as log:
        log.append("phase", phase="queued", process=ProcessMark.of_this_process().to_json())
    with pytest.raises(RunError, match="still running"):
        remove_run(registry, ref)
    assert folder.path.is_dir() and registry.list()


def test_one_that_is_removed_just_now_is_not_resumed(make_run: MakeRun, registry: Registry) -> None:
    from paddle_lab.runs.claim import file_lock
    from paddle_lab.training.start import _claim

    folder = make_run()
    run_writer.write_run(folder, 10)
    problems: list[str] = []

    def resume() -> None:
        try:
            _claim(folder)
        except RunError as error:
            problems.append(str(error))

    thread = threading.Thread(target=resume)
    with file_lock(folder.claim_path):
        thread.start()
        # Longer or shorter: it finds no folder now, or holds the lock of one that has moved.
        thread.join(0.2)
        folder.path.rename(folder.path.with_name("elsewhere"))
    thread.join()
    (problem,) = problems
    assert "was removed meanwhile" in problem
    assert not folder.path.exists()


def test_a_folder_that_cannot_go_is_told_and_stays_listed(
    make_run: MakeRun, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    run_writer.write_run(folder, 10)

    def rename(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(RunError, match="Permission denied"):
        remove_run(registry, registry.find("last"))
    assert folder.events_path.is_file() and registry.list()


def test_files_that_stay_behind_are_named(
    make_run: MakeRun, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_writer.write_run(make_run(), 10)

    def rmtree(path: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    with pytest.raises(RunError, match=r"\.paddle-lab-removed-.*Permission denied"):
        remove_run(registry, registry.find("last"))


def test_a_link_to_a_run_is_not_followed(
    make_run: MakeRun, registry: Registry, tmp_path: Path
) -> None:
    folder = make_run()
    run_writer.write_run(folder, 10)
    folder.path.rename(tmp_path / "on another disk")
    folder.path.symlink_to(tmp_path / "on another disk")
    with pytest.raises(RunError, match="symbolic link"):
        remove_run(registry, registry.find("last"))
    assert folder.events_path.is_file()


def test_what_a_killed_removal_left_goes_with_a_later_one(
    make_run: MakeRun, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = make_run(name="killed"), make_run(name="other")
    for folder in (killed, other):
        run_writer.write_run(folder, 10)
    with monkeypatch.context() as until_killed, pytest.raises(Killed):
        until_killed.setattr(Registry, "remove", die)
        remove_run(registry, registry.find("killed"))
    assert [ref.name for ref in registry.list()] == ["other"], "it is gone for everybody"
    assert len(list(registry.root.iterdir())) == 2
    remove_run(registry, registry.find("other"))
    assert list(killed.path.parent.iterdir()) == []
    assert list(registry.root.iterdir()) == []


class Killed(BaseException):
    """The process dies here."""


def die(*_: object) -> None:
    raise Killed


def test_runs_on_a_disk_that_went_away_are_not_forgotten(
    make_run: MakeRun, registry: Registry, tmp_path: Path
) -> None:
    away = run_writer.new_run(tmp_path / "stick", registry.root, name="away")
    here = make_run(name="here")
    run_writer.write_run(here, 10)
    (tmp_path / "stick").rename(tmp_path / "unplugged")
    remove_run(registry, registry.find(here.id))
    (tmp_path / "unplugged").rename(tmp_path / "stick")
    assert [ref.name for ref in registry.list()] == ["away"]
    assert away.info_path.is_file()


def test_two_that_remove_the_same_leftover_do_not_disturb_each_other(tmp_path: Path) -> None:
    problems: list[Exception] = []

    def clear() -> None:
        try:
            removal._remove_tree(tmp_path / "left")
        except Exception as error:
            problems.append(error)

    for _ in range(20):
        for number in range(30):
            (tmp_path / "left" / str(number)).mkdir(parents=True)
        threads = [threading.Thread(target=clear) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == [] and not (tmp_path / "left").exists()


def test_a_folder_with_files_of_others_is_left_alone(make_run: MakeRun, registry: Registry) -> None:
    folder = make_run(name="mixed")
    run_writer.write_run(folder, 4)
    (folder.path / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(RunError, match=r"thesis\.docx") as refused:
        remove_files(registry, registry.find("mixed"))
    assert refused.value.code == "run.foreign_files"
    assert (folder.path / "thesis.docx").exists() and folder.info_path.exists()
    (folder.path / "thesis.docx").unlink()
    remove_files(registry, registry.find("mixed"))
    assert not folder.path.exists() and registry.list() == []


def test_every_file_of_a_run_is_known_to_be_its_own() -> None:
    pages = Path(__file__).parents[2] / "docs" / "architecture.md"
    listing = (
        pages.read_text(encoding="utf-8").split("paddle_runs/<name>-<id>/\n")[1].split("```")[0]
    )
    names = {line.split()[0].rstrip("/") for line in listing.splitlines() if line[2:3].strip()}
    assert {"run.json", "cell.json", "checkpoints"} <= names
    assert {name for name in names if not name.startswith(".")} <= removal._OWN


def test_a_small_bundle_is_a_file_of_the_run(make_run: MakeRun, registry: Registry) -> None:
    folder = make_run(name="gone")
    run_writer.write_run(folder, 10)
    (folder.path / "bundle-small").mkdir()
    remove_files(registry, registry.find("gone"))
    assert not folder.path.exists()
