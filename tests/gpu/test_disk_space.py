"""A disk that does not answer holds up no sample."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from paddle_lab.gpu import disk_space
from paddle_lab.gpu.disk_space import MOST_ASKED, DiskSpaces


def test_a_folder_that_is_not_yet_is_on_its_parents_disk(tmp_path: Path) -> None:
    spaces = DiskSpaces(wait_s=10)
    here, there = spaces(str(tmp_path)), spaces(str(tmp_path / "not" / "yet"))
    assert here is not None
    assert there is not None
    assert here.total == there.total == shutil.disk_usage(tmp_path).total
    assert 0 <= here.free <= here.total


def test_a_folder_that_cannot_be_named_is_unknown() -> None:
    assert DiskSpaces(wait_s=10)("/" + "x" * 5000) is None


def test_a_disk_that_hangs_is_told_as_it_was_and_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaces, answers = DiskSpaces(wait_s=10), threading.Event()
    known = spaces(str(tmp_path))
    asked: list[int] = []
    real = shutil.disk_usage

    def hang(path: Path) -> object:
        asked.append(1)
        answers.wait(30)
        return real(path)

    monkeypatch.setattr(disk_space.shutil, "disk_usage", hang)
    spaces.wait_s = 0.05
    try:
        began = time.monotonic()
        assert [spaces(str(tmp_path)) for _ in range(50)] == [known] * 50
        assert time.monotonic() - began < 5
        assert len(asked) == 1
        for number in range(2 * MOST_ASKED):
            assert spaces(str(tmp_path / str(number))) is None
        assert len(asked) <= MOST_ASKED
    finally:
        answers.set()
