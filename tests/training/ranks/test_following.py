"""One rank of a machine gets a model that is not there; the others wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import DataError, HubError, PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.training.ranks import following
from paddle_lab.training.ranks.agreement import FollowingReporter
from paddle_lab.training.ranks.processes import Crew

NOT_HERE = HubError(T("not here", "不在这里"), code="hub.not_here")


def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *found: Any, fetches: bool) -> Any:
    """What a rank reads, where each look finds the next of these, and how often it may fetch."""
    looks, asked = iter(found), list[bool]()

    def load(*_: Any, offline: bool, **__: Any) -> Any:
        asked.append(offline)
        result = next(looks)
        if isinstance(result, PaddleLabError):
            raise result
        return result

    monkeypatch.setattr(following, "load_inputs", load)
    monkeypatch.setattr(following, "_AGAIN_S", 0.0)
    spec = RunSpec(train="a.tsv")
    folder = RunFolder.create(spec, tmp_path)
    return following._inputs(folder, spec, FollowingReporter(folder), False, fetches), asked


def test_it_waits_until_the_model_is_there_without_asking_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = inputs(tmp_path, monkeypatch, NOT_HERE, NOT_HERE, "inputs", fetches=False)
    assert read == ("inputs", [True, True, True])


def test_the_one_that_fetches_fails_where_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubError):
        inputs(tmp_path, monkeypatch, NOT_HERE, fetches=True)


def test_other_errors_are_not_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = DataError(T("wrong", "错误"), code="data.wrong")
    with pytest.raises(DataError):
        inputs(tmp_path, monkeypatch, wrong, fetches=False)


def test_one_rank_of_each_machine_fetches(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    second = Crew(folder, 2, 2, 4, "gpu1", 29500, "", 1)
    assert ["--fetches" in second.command(rank, None) for rank in (2, 3)] == [True, False]
