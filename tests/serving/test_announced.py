"""A service says that it runs, for as long as it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_lab.paths import data_dir
from paddle_lab.runs.process import ProcessMark
from paddle_lab.serving.announced import announced, end_service, services


@pytest.fixture(autouse=True)
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "data"))


def test_it_is_known_within_the_block_alone() -> None:
    assert services() == []
    with announced("http://127.0.0.1:8001", ["reviews", "intent"]):
        (one,) = services()
        assert (one.name, one.url, one.pid) == (
            "reviews, intent",
            "http://127.0.0.1:8001",
            os.getpid(),
        )
    assert services() == []


def test_a_killed_one_is_passed_over_and_forgotten() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    folder = data_dir() / "services"
    folder.mkdir(parents=True)
    mark = ProcessMark(child.pid, 1.0, "elsewhere").to_json()
    own = ProcessMark.of_this_process()
    (folder / "1.json").write_text(json.dumps({"name": "far", "url": "http://x", "process": mark}))
    dead = {**own.to_json(), "pid": child.pid, "born": "0:0"}
    (folder / "2.json").write_text(json.dumps({"name": "dead", "url": "http://y", "process": dead}))
    child.kill()
    child.wait()
    assert services() == []
    assert not end_service("2")
    with announced("http://127.0.0.1:8001", ["a"]):
        assert {path.name for path in folder.glob("*.json")} == {
            "1.json",
            f"{services()[0].id}.json",
        }


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": 1, "url": "x", "process": {}}'])
def test_what_is_none_of_ours_is_passed_over(content: str) -> None:
    folder = data_dir() / "services"
    folder.mkdir(parents=True)
    (folder / "3.json").write_text(content)
    assert services() == []


def test_a_full_disk_only_hides_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "file"))
    with announced("http://127.0.0.1:8001", ["a"]):
        assert services() == []


def test_it_is_ended_by_its_id() -> None:
    code = (
        "import sys, time\n"
        "from paddle_lab.serving.announced import announced\n"
        "with announced('http://127.0.0.1:8002', ['a']):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(600)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    (one,) = services()
    assert one.pid == child.pid and end_service(one.id)
    assert child.wait(20) != 0


def test_a_file_that_names_another_process_ends_nothing() -> None:
    code = (
        "import json\n"
        "from paddle_lab.runs.process import ProcessMark\n"
        "print(json.dumps(ProcessMark.of_this_process().to_json()), flush=True)\n"
        "input()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    mark = json.loads(child.stdout.readline())
    folder = data_dir() / "services"
    folder.mkdir(parents=True)
    (folder / "4.json").write_text(json.dumps({"name": "x", "url": "http://x", "process": mark}))
    assert end_service("4")
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(2)
    child.communicate("\n")
    assert child.returncode == 0
