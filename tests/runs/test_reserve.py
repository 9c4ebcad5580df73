"""Space kept back for the end of a run: taken whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.runs.reserve import RESERVE_BYTES, Reserve


def full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_space_is_held_and_given_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / ".reserve")
    assert reserve.hold() and (tmp_path / ".reserve").stat().st_size == RESERVE_BYTES
    reserve.release()
    assert list(tmp_path.iterdir()) == []
    reserve.release()


def test_of_a_full_disk_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    assert Reserve(tmp_path / ".reserve").hold() is False
    assert list(tmp_path.iterdir()) == []


def test_a_run_for_whose_end_there_is_no_space_is_not_begun(
    tmp_path: Path, registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.start import create_run

    monkeypatch.setattr(Reserve, "take", full)
    with pytest.raises(RunError, match="No space left"):
        create_run(RunSpec(train="reviews", out=str(tmp_path / "runs")))
    assert list((tmp_path / "runs").iterdir()) == []
    assert Registry(registry_root).list() == []


def test_a_run_for_whose_end_there_is_no_space_is_not_resumed_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.start import begin

    folder = RunFolder.create(RunSpec(train="reviews"), tmp_path)
    with folder.open_log() as log:
        log.append("end", state="stopped", step=3)
    before = folder.events_path.read_bytes()
    monkeypatch.setattr(Reserve, "take", full)
    with pytest.raises(RunError, match="No space left"):
        begin(folder, resume=True)
    assert folder.events_path.read_bytes() == before
