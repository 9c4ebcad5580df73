"""Files are written whole or not at all, and never in the place of what is no file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from paddle_lab.paths import atomic_write_text


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
