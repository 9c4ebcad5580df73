"""What cannot be is told before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab.errors import DataError, RunError, UsageError
from paddle_lab.models import resolve_model
from paddle_lab.runs import EventLog, Registry, RunFolder, RunSpec
from paddle_lab.training.limits import check_length, steps_of
from paddle_lab.training.plan import make_plan
from paddle_lab.training.start import begin, create_run


def test_half_an_epoch_has_half_the_steps() -> None:
    spec = RunSpec(train="a.tsv", batch_size=10, epochs=0.5)
    assert steps_of(spec, 100) == 5
    assert steps_of(spec, 15) == 1


def test_less_than_one_step_is_no_run() -> None:
    with pytest.raises(UsageError, match="less than one step") as caught:
        steps_of(RunSpec(train="a.tsv", batch_size=32, epochs=0.01), 70)
    assert "70 rows in batches of 32 has 3 steps" in str(caught.value)


def test_longer_than_the_model_reads_is_refused_with_the_limit(tmp_path: Path) -> None:
    folder = resolve_model("ernie-lab-mini").folder
    check_length(RunSpec(train="a.tsv", max_len=512), folder)
    with pytest.raises(UsageError, match="--max-len 513 is more than ernie-lab-mini reads"):
        check_length(RunSpec(train="a.tsv", max_len=513), folder)
    rows = tmp_path / "a.tsv"
    rows.write_text("".join(f"第{n}本书不错\t{n % 2}\n" for n in range(40)), encoding="utf-8")
    with pytest.raises(UsageError, match="positions for 512"):
        make_plan(RunSpec(train=str(rows), max_len=600), {})


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_a_file_that_is_not_there_makes_no_run(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    parts = {"train": "reviews", part: str(tmp_path / "nope.tsv")}
    with pytest.raises(DataError, match=r"nope\.tsv"):
        create_run(RunSpec(**parts, out=str(tmp_path / "runs")))
    assert not (tmp_path / "runs").exists() and Registry().list() == []


def test_a_full_disk_when_a_run_is_resumed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    folder = RunFolder.create(RunSpec(train="reviews"), tmp_path / "runs")
    with folder.open_log() as log:
        log.append("end", state="stopped", step=1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(EventLog, "append", full)
    with pytest.raises(RunError, match="No space left"):
        begin(folder, resume=True)
