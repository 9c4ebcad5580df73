"""A search from Python: the same options, and an object that holds what it found."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from search.acting import Acting, quality, rows

import paddle_lab
from paddle_lab.errors import PaddleLabError
from paddle_lab.search.api import Search
from paddle_lab.search.folder import searches


def searched(tmp_path: Path, **options: Any) -> Search:
    given: dict[str, Any] = {"lr": "1e-6..1e-2", "batch_size": [8, 16], "seed": 7, "trials": 3}
    return paddle_lab.hyperparameter_search(
        rows(tmp_path), **{**given, "pruner": "none", "show": False, **options}
    )


def test_it_returns_the_best_run_its_values_and_the_trials(acting: Acting, tmp_path: Path) -> None:
    search = searched(tmp_path)
    table = search.table()
    assert {"trial", "lr", "batch_size", "accuracy", "run"} <= set(table.columns)
    assert list(table["state"]) == ["complete"] * 3 and set(table["batch_size"]) <= {8, 16}
    assert search.value == max(table["accuracy"]) == pytest.approx(quality(search.params["lr"]))
    best = search.best
    assert best is not None and acting.finished == [best.folder.path.name]
    assert best.folder.spec().batch_size == search.params["batch_size"]
    assert search.command is not None and f"--lr {search.params['lr']}" in search.command
    assert (search.state, search.live, search.importance) == ("finished", False, None)
    assert search.wait() is search and Search.find(search.id).folder == search.folder
    assert "3 of 3 trials" in repr(search) and "<svg" in search._repr_html_()
    again = paddle_lab.hyperparameter_search(resume=search.id, trials=4, show=False)
    assert len(again.trials) == 4


def test_a_live_one_is_joined_stopped_and_waited_for(acting: Acting, tmp_path: Path) -> None:
    acting.hold = threading.Event()
    thread = threading.Thread(target=searched, args=(tmp_path,), kwargs={"trials": 6})
    thread.start()
    while not acting.begun:
        time.sleep(0.01)
    search = Search.find()
    done: list[Any] = []
    joining = threading.Thread(target=lambda: done.extend(search.join(show=False, threads=1)))
    joining.start()
    while len(acting.begun) < 2:
        time.sleep(0.01)
    search.stop()
    acting.hold.set()
    search.wait()
    joining.join(30)
    thread.join(30)
    assert search.state == "stopped" and [row["state"] for row in done] == ["stopped"]


def test_in_the_background_a_process_works_on_it_and_its_death_is_told(
    acting: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def popen(command: list[str], **_: Any) -> Any:
        commands.append(command)
        return SimpleNamespace(poll=lambda: 1)

    monkeypatch.setattr(subprocess, "Popen", popen)
    search = searched(tmp_path, minutes=2, background=True)
    assert commands[0][-6:] == ["--resume", str(search.folder.path), "--trials", "3", "--minutes",
                                "2.0"]  # fmt: skip
    with pytest.raises(PaddleLabError) as caught:
        search.wait()
    assert caught.value.code == "run.process_died" and "log.txt" in str(caught.value.why)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"lr": 1e-4, "batch_size": None}, "usage.search"),
        ({"trials": 0}, "usage.value"),
        ({"pruner": "wide"}, "usage.value"),
        ({"minutes": "soon"}, "usage.value"),
        ({"batch_size": [16]}, "usage.value"),
        ({"model": ["a,b", "c"]}, "usage.value"),
        ({"nodes": "gpu1,gpu2"}, "usage.unknown_option"),
        ({"batchsize": 16}, "usage.unknown_option"),
        ({"resume": "last"}, "usage.not_on_resume"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_made(
    acting: Acting, tmp_path: Path, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(PaddleLabError) as caught:
        searched(tmp_path, **options)
    assert caught.value.code == code and searches() == []
    with pytest.raises(PaddleLabError) as caught:
        paddle_lab.hyperparameter_search(lr="1e-5..1e-4")
    assert caught.value.code == "usage.no_data"
