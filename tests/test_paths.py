"""Files are written whole or not at all, and never in the place of what is no file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from paddle_lab.paths import atomic_write_text, put_in_place


def test_a_file_or_link_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    for name in ("new", "old", "link"):
        atomic_write_text(tmp_path / name, name)
        assert (tmp_path / name).read_text() == name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "new", "old"]


def test_a_pipe_or_device_stays_what_it_is(tmp_path: Path) -> None:
    """As root a rename would take the place of /dev/null for every program on the machine."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a file"):
        atomic_write_text(tmp_path / "pipe", "content")
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"], "nothing is left beside it"


def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    new, target, aside = (tmp_path / name for name in ("new", "target", "aside"))
    new.mkdir()
    (new / "a").write_text("new")
    return new, target, aside


def test_a_folder_takes_the_place_of_another_which_is_aside(tmp_path: Path) -> None:
    new, target, aside = folders(tmp_path)
    put_in_place(new, target, aside)
    assert (target / "a").read_text() == "new" and not aside.exists()
    target.rename(new)
    target.mkdir()
    put_in_place(new, target, aside)
    assert (target / "a").read_text() == "new" and list(aside.iterdir()) == []


@pytest.mark.parametrize("problem", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("renaming", [0, 1])
def test_the_older_folder_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renaming: int, problem: type[BaseException]
) -> None:
    new, target, aside = folders(tmp_path)
    target.mkdir()
    (target / "a").write_text("old")
    rename, done = Path.rename, []

    def interrupted(path: Path, other: Path) -> Path:
        if len(done) == renaming:
            done.append(path)
            raise problem
        done.append(path)
        return rename(path, other)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(problem):
        put_in_place(new, target, aside)
    assert (target / "a").read_text() == "old" and not aside.exists()
    assert (new / "a").read_text() == "new"
