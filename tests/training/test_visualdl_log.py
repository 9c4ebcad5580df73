"""The curve for VisualDL: the same numbers as the events, readable by its own reader."""

from __future__ import annotations

import errno
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from kernel import events_of

from paddle_lab.errors import RunError, UsageError
from paddle_lab.training.options import resolve_spec
from paddle_lab.training.run import Run
from paddle_lab.training.visualdl_log import VisualDlLog


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    """Steps and values of a tag, read as VisualDL reads them."""
    from visualdl import LogReader
    from visualdl.reader.reader import is_VDLRecord_file

    (file,) = folder.iterdir()
    assert is_VDLRecord_file(str(file), check=True)
    found = LogReader(file_path=str(file)).get_data("scalar", tag)
    return [(item.id, pytest.approx(item.value, rel=1e-6)) for item in found]


def test_without_visualdl_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RunError, match="pip install visualdl"):
        VisualDlLog(tmp_path, print)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match=r"cannot be written|无法写入"):
        VisualDlLog(tmp_path / "file" / "visualdl", print)


def test_a_full_disk_ends_the_log_and_is_told_once(tmp_path: Path) -> None:
    lost: list[OSError] = []
    log = VisualDlLog(tmp_path, lost.append)
    (file,) = tmp_path.iterdir()
    log("step", {"step": 1, "loss": 0.5, "lr": 1e-4, "samples_per_s": None})
    before = file.stat().st_size
    log._records._writer.close()
    log._records._writer = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    for step in range(2, 5):
        log("step", {"step": step, "loss": 0.5, "lr": 1e-4, "samples_per_s": 9.0})
    log("end", {})
    assert [error.errno for error in lost] == [errno.ENOSPC]
    assert scalars(tmp_path, "train/loss") == [(1, 0.5)] and file.stat().st_size == before


def test_it_is_asked_for_by_its_own_option_alone() -> None:
    assert resolve_spec({"train": "a.tsv", "report_to": "visualdl"}).report_to == "visualdl"
    with pytest.raises(UsageError, match="visualdl"):
        resolve_spec({"train": "a.tsv", "report_to": "visualld"})
    with pytest.raises(UsageError, match="--report-to visualdl"):
        resolve_spec({"train": "a.tsv", "extra": {"report_to": "visualdl"}})


@pytest.mark.slow
def test_a_run_writes_its_curve_and_says_where(finetune: Callable[..., Run]) -> None:
    run = finetune(report_to="visualdl")
    place = run.folder.path / "visualdl"
    events = events_of(run.folder)
    steps = [event for event in events if event["kind"] == "step"]
    evals = [event for event in events if event["kind"] == "eval"]
    assert scalars(place, "train/loss") == [(e["step"], e["loss"]) for e in steps]
    assert scalars(place, "train/lr") == [(e["step"], e["lr"]) for e in steps]
    assert scalars(place, "dev/accuracy") == [(e["step"], e["metrics"]["accuracy"]) for e in evals]
    assert any(f"visualdl --logdir {place}" in n["text"]["en"] for n in run.state.notices)
