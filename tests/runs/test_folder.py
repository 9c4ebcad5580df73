"""Run folders, their registry and the requests of people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.runs.log_tail import other_logs
from paddle_lab.runs.requests import requests_size

HOSTILE = [
    "../../x",
    "<img src=x onerror=alert(1)>",
    "a/b\\c",
    "say \"hi\" & 'bye'",
    "emoji 🙈 名",
    "right\u202eleft",
    "line\nbreak",
    "\x00\x07",
    "." * 300,
    "名" * 300,
    "",
    "-rf",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside_the_root(tmp_path: Path, name: str) -> None:
    folder = RunFolder.create(RunSpec(train="reviews", name=name), tmp_path / "runs")
    assert folder.path.parent == tmp_path / "runs"
    assert not folder.path.name.startswith(("-", "."))
    assert len(folder.path.name.encode()) < 200
    assert folder.info()["name"] == name
    assert folder.spec().name == name


def test_run_json_holds_every_option(tmp_path: Path) -> None:
    spec = RunSpec(train="a.tsv", lr=3e-4, extra={"max_grad_norm": 0.5})
    folder = RunFolder.create(spec, tmp_path, host="here")
    assert folder.spec() == spec
    assert folder.info()["host"] == "here"


def test_options_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    info = folder.info()
    info["spec"]["of_the_future"] = 1
    folder.info_path.write_text(json.dumps(info))
    assert folder.spec() == RunSpec(train="a.tsv")


def test_a_run_from_before_skip_bad_was_an_option_still_skips_bad_rows() -> None:
    spec = RunSpec.from_json({"train": "a.tsv", "extra": {"skip_bad": True, "max_grad_norm": 0.5}})
    assert spec == RunSpec(train="a.tsv", skip_bad=True, extra={"max_grad_norm": 0.5})
    assert RunSpec.from_json({"train": "a.tsv", "extra": {}}) == RunSpec(train="a.tsv")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 3}', '{"spec": [], "id": "x"}'])
def test_a_damaged_run_is_told_with_a_way_on(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError) as caught:
        RunFolder.open(tmp_path)
    assert "run.json" in str(caught.value)
    assert "runs list" in str(caught.value)


def test_an_unwritable_root_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError) as caught:
        RunFolder.create(RunSpec(train="a.tsv"), tmp_path / "file" / "runs")
    assert "--out" in str(caught.value)


def test_runs_are_found_in_many_ways(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    folders = [
        RunFolder.create(RunSpec(train="a.tsv", name=name), tmp_path / "runs")
        for name in ("first", "second")
    ]
    for folder in folders:
        registry.add(folder)
    newest = registry.list()[0]
    assert registry.find("last") == newest
    assert registry.find("1") == newest
    for folder in folders:
        for wanted in (folder.id, folder.info()["name"], folder.path.name, str(folder.path)):
            assert registry.find(wanted).folder == folder


def test_a_missing_run_gets_close_names(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    with pytest.raises(RunError, match="no run yet"):
        registry.find("last")
    registry.add(RunFolder.create(RunSpec(train="a.tsv", name="reviews"), tmp_path))
    with pytest.raises(RunError) as caught:
        registry.find("revews")
    assert "reviews" in str(caught.value)


def test_damaged_entries_and_vanished_folders_are_not_listed(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path / "runs")
    registry.add(folder)
    (registry.root / "broken.json").write_text("{")
    (registry.root / "gone.json").write_text(
        json.dumps({"id": "x", "name": "x", "created": 1, "folder": str(tmp_path / "gone")})
    )
    assert [ref.folder for ref in registry.list()] == [folder]


def test_requests_reach_the_watcher_once(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    folder.ask("stop", source="before the run looked")
    watcher = folder.watch_requests()
    assert watcher.poll() == []
    folder.ask("pause", source="widget")
    folder.ask("stop", "epoch", source="server")
    with folder.requests_path.open("ab") as file:
        file.write(b'not json\n{"ask":"explode"}\n{"ask":"res')
    assert [(request.ask, request.when, request.source) for request in watcher.poll()] == [
        ("pause", "step", "widget"),
        ("stop", "epoch", "server"),
    ]
    assert watcher.poll() == []


def test_an_unknown_request_is_refused(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    with pytest.raises(RunError, match="explode"):
        folder.ask("explode")
    with pytest.raises(RunError):
        folder.ask("stop", "tomorrow")


def test_the_log_tail_is_short_and_survives_any_bytes(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    assert folder.log_tail() == []
    folder.log_path.write_bytes(b"\xff\xfe bad\n" + "行\n".encode() * 10_000 + b"last\n")
    tail = folder.log_tail(lines=50)
    assert len(tail) == 50 and tail[-1] == "last"


def test_the_logs_of_other_processes_are_found_in_their_order(tmp_path: Path) -> None:
    assert other_logs(tmp_path) == []
    logs = tmp_path / "logs"
    logs.mkdir()
    names = "rank-10.txt", "rank-2.txt", "machine-1.txt", "rank-3.error.json", "notes.txt", "rank-9"
    for name in names:
        (logs / name).write_text("")
    assert other_logs(tmp_path) == ["rank-2", "rank-10", "machine-1"]


def test_a_run_that_died_before_its_first_event_is_crashed(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    assert folder.state().state == "queued"
    info = folder.info()
    info["process"]["pid"] = 2**22 + 1
    folder.info_path.write_text(json.dumps(info))
    assert folder.state().state == "crashed", "at once: its process is gone"


def test_a_run_of_another_host_without_an_event_has_two_minutes(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    info = folder.info()
    info["process"]["host"] = "elsewhere"
    folder.info_path.write_text(json.dumps(info))
    assert folder.state().state == "queued"
    info["created"] -= 3600
    folder.info_path.write_text(json.dumps(info))
    assert folder.state().state == "crashed"


def test_a_clock_that_is_set_while_a_run_begins_makes_it_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    now = time.time()
    for day in (-86_400, 86_400):
        monkeypatch.setattr(time, "time", lambda day=day: now + day)
        assert folder.state().state == "queued"


def test_numbers_of_one_question_are_places_in_one_list(
    make_run: Callable[..., RunFolder], registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(registry_root)
    for name in "abc":
        make_run(name=name)
    listed = [ref.id for ref in registry.list()]
    lists = [registry.list(), registry.list()[1:]]  # another process removes the newest meanwhile
    monkeypatch.setattr(registry, "list", lambda: lists.pop(0))
    assert [ref.id for ref in registry.find_all(["3", "1", "last"])] == [listed[2], listed[0]]


def test_a_disk_that_went_away_hides_no_run_on_another(
    make_run: Callable[..., RunFolder], registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, kept = make_run(name="lost"), make_run(name="kept")
    real = Path.lstat

    def lstat(self: Path) -> Any:
        if self == lost.info_path:
            raise OSError(116, "Stale file handle")
        return real(self)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert [ref.folder for ref in Registry(registry_root).list()] == [kept]


def test_a_watcher_may_look_back_to_an_earlier_moment(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    folder.ask("pause")
    earlier = requests_size(folder.requests_path)
    folder.ask("stop")
    assert folder.watch_requests().poll() == []
    assert [r.ask for r in folder.watch_requests(earlier).poll()] == ["stop"]
    assert [r.ask for r in folder.watch_requests(0).poll()] == ["pause", "stop"]
