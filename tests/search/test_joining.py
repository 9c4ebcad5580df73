"""Several processes work on one search: each has trials of its own, one process owns the search."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from search.acting import Acting

from paddle_lab.commands import Context, search
from paddle_lab.errors import PaddleLabError
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import ProcessMark
from paddle_lab.search import start
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.joining import Part, join
from paddle_lab.search.others import OwnFile

DEAD = ProcessMark(2**22 + 1, 1.0, ProcessMark.of_this_process().host).to_json()
ELSEWHERE = ProcessMark(7, 1.0, "a-machine-that-is-not-this-one").to_json()

Begun = Callable[..., SearchFolder]


class Working:
    """Somebody who works on a search in a thread, as a process would."""

    def __init__(self, work: Callable[..., Any], *args: Any, **options: Any) -> None:
        self.result: Any = None
        self.error: PaddleLabError | None = None
        self._thread = threading.Thread(target=self._run, args=(work, args, options))
        self._thread.start()

    def _run(self, work: Callable[..., Any], args: Any, options: Any) -> None:
        try:
            self.result = work(*args, **options)
        except PaddleLabError as error:
            self.error = error

    def ended(self) -> Any:
        """What it came to."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.result


@pytest.fixture
def held(acting: Acting) -> threading.Event:
    """Trials stand still until it is set."""
    acting.hold = threading.Event()
    return acting.hold


def until(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def write_stands(folder: SearchFolder, **changes: Any) -> None:
    folder.keep_trials({**folder.trials(), **changes})


def test_two_processes_share_the_trials_and_the_owner_alone_reports(
    begun: Begun, acting: Acting, held: threading.Event
) -> None:
    folder = begun(trials=6, pruner="none")
    owner = Working(start.work_on, folder)
    until(lambda: folder.live and acting.begun)
    other = Working(join, folder)
    until(lambda: len(acting.begun) == 2)
    held.set()
    part: Part = other.ended()
    ended = owner.ended()
    assert part.why == "no_more"
    assert [row["number"] for row in ended["trials"]] == list(range(6)), "none is made twice"
    assert {row["state"] for row in ended["trials"]} == {"complete"}
    assert len(set(acting.begun)) == 6 and len(acting.begun) == 7, "six, and the best once more"
    theirs = {row["run"] for row in part.rows}
    assert theirs and theirs < {row["run"] for row in ended["trials"]}
    best = max(ended["trials"], key=lambda row: row["value"])
    assert acting.finished == [best["run"]] == [ended["finished"]]


def test_a_stopped_search_stops_those_that_joined_and_goes_on_with_their_trials(
    begun: Begun, acting: Acting, held: threading.Event
) -> None:
    folder = begun(trials=4, pruner="none")
    owner = Working(start.work_on, folder)
    until(lambda: folder.live and acting.begun)
    other = Working(join, folder)
    until(lambda: len(acting.begun) == 2)
    folder.ask_to_stop("test")
    held.set()
    part = other.ended()
    stopped = owner.ended()
    assert part.why in ("stopped", "search_ended") and stopped["state"] == "stopped"
    assert {row["state"] for row in stopped["trials"]} == {"stopped"}
    first = list(acting.begun)
    ended = start.work_on(folder)
    assert sorted(acting.begun[2:4]) == sorted(first), "they go on before new ones begin"
    assert [row["state"] for row in ended["trials"]] == ["complete"] * 4


def test_who_joined_goes_on_when_the_owner_has_ended_and_the_next_owner_has_its_trials(
    begun: Begun, acting: Acting
) -> None:
    folder = begun(trials=3, pruner="none")
    write_stands(folder, state="running", process=DEAD)
    with pytest.raises(PaddleLabError) as caught:
        join(folder)
    assert caught.value.code == "run.not_active"
    write_stands(folder, state="running", process=ProcessMark.of_this_process().to_json())
    acting.hold = threading.Event()
    other = Working(join, folder)
    until(lambda: acting.begun)
    write_stands(folder, process=DEAD)
    acting.hold.set()
    part = other.ended()
    assert part.why == "owner_gone" and len(part.rows) == 3 and acting.finished == []
    acting.hold = None
    ended = start.work_on(folder)
    assert [row["state"] for row in ended["trials"]] == ["complete"] * 3
    assert len(acting.finished) == 1 and len(acting.begun) == 4


def killed_worker(folder: SearchFolder, acting: Acting, process: dict[str, Any]) -> str:
    """A process that joined, began a trial, and is no more; the name of its run."""
    write_stands(folder, state="running", process=ProcessMark.of_this_process().to_json())
    acting.hold = threading.Event()
    other = Working(join, folder)
    until(lambda: [*folder.workers_path.glob("*.json")] and acting.begun)
    [path] = folder.workers_path.glob("*.json")
    until(lambda: json.loads(path.read_text(encoding="utf-8"))["trials"])
    content = path.read_text(encoding="utf-8")
    folder.ask_to_stop("test")
    acting.hold.set()
    acting.hold = None
    other.ended()
    path.write_text(content, encoding="utf-8")
    atomic_write_json(path, {**json.loads(content), "process": process})
    write_stands(folder, state="stopped")
    return acting.begun[0]


def test_the_trial_of_a_process_that_was_killed_here_is_taken_up(
    begun: Begun, acting: Acting
) -> None:
    folder = begun(trials=2, pruner="none")
    run = killed_worker(folder, acting, DEAD)
    ended = start.work_on(folder)
    assert acting.begun[1] == run, "from where it was, before a new one begins"
    assert [row["state"] for row in ended["trials"]] == ["complete", "complete"]


def test_the_trial_of_a_machine_that_is_silent_counts_as_failed(
    begun: Begun, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.search.others.GONE_S", 0.0)
    monkeypatch.setattr("paddle_lab.search.engine._LOOK_AT_OTHERS_S", 0.01)
    folder = begun(trials=2, pruner="none")
    run = killed_worker(folder, acting, ELSEWHERE)
    ended = start.work_on(folder)
    assert [row["state"] for row in ended["trials"]] == ["failed", "complete"]
    assert ended["trials"][0]["error"]["code"] == "run.machine_missing"
    assert acting.begun.count(run) == 1, "it may still train where nobody sees it"
    again = start.work_on(folder, trials=3)
    assert [row["state"] for row in again["trials"]] == ["failed", "complete", "complete"]


def test_a_search_of_another_machine_is_not_taken_over_while_it_is_heard_of(
    begun: Begun, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.search.others._LOOK_S", 0.01)
    folder = begun(trials=1)
    write_stands(folder, state="running", process=ELSEWHERE)
    resuming = Working(start.work_on, folder)
    write_stands(folder, seconds=2.0)
    while resuming._thread.is_alive():
        write_stands(folder, seconds=folder.trials()["seconds"] + 1)
        time.sleep(0.01)
    assert resuming.error is not None and resuming.error.code == "run.active"
    assert "--join" in str(resuming.error.fix)
    monkeypatch.setattr("paddle_lab.search.others.GONE_S", 0.05)
    said: list[str] = []
    ended = start.work_on(folder, say=lambda text: said.append(str(text)))
    assert ended["state"] == "finished" and "a-machine-that-is-not-this-one" in said[0]


def test_an_owner_that_another_took_for_ended_writes_no_more(
    begun: Begun, acting: Acting, held: threading.Event
) -> None:
    folder = begun(trials=2)
    owner = Working(start.work_on, folder)
    until(lambda: folder.live and acting.begun)
    held.set()
    while owner._thread.is_alive():
        write_stands(folder, process=ELSEWHERE, seconds=77.0)
        time.sleep(0.005)
    assert owner.error is not None and owner.error.code == "run.taken_over"
    assert folder.trials()["seconds"] == 77.0


@pytest.mark.parametrize(
    ("changes", "given", "code"),
    [
        ({}, {"nodes": "gpu1,gpu2"}, "run.unreadable"),
        ({}, {"trust": True}, "run.unreadable"),
        ({}, {"extra": {"logging_dir": "/tmp/elsewhere"}}, "usage.fixed_option"),
        ({}, {"batch_size": -5}, "usage.value"),
        ({}, {"model": "nosuchmodel"}, "model.not_found"),
        ({"space": [("limit", "int", 10, 20)]}, {}, "run.unreadable"),
        ({"space": [("lr", "float", 1e-5, 50.0)]}, {}, "run.unreadable"),
        ({"space": [("set.a b", "float", 1e-5, 1e-4)]}, {}, "run.unreadable"),
        ({"fingerprint": "0" * 64}, {}, "run.data_changed"),
    ],
)
def test_what_the_folder_says_is_judged_as_what_a_person_says(
    begun: Begun, acting: Acting, changes: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    folder = begun()
    write_stands(folder, state="running", process=ProcessMark.of_this_process().to_json())
    plan = json.loads(folder.plan_path.read_text(encoding="utf-8"))
    if "space" in changes:
        keys = ("name", "kind", "low", "high")
        found = [dict(zip(keys, one, strict=True)) for one in changes["space"]]
        changes = {"space": [{**one, "log": False, "values": []} for one in found]}
    plan = {**plan, **changes, "given": {**plan["given"], **given}}
    atomic_write_json(folder.plan_path, plan)
    with pytest.raises(PaddleLabError) as caught:
        join(folder)
    assert caught.value.code == code and acting.begun == []


def test_a_damaged_file_of_another_process_stops_nobody(begun: Begun, acting: Acting) -> None:
    folder = begun(trials=1)
    OwnFile(folder, "0a1b2c3d").write([])
    (folder.workers_path / "0a1b2c3d.json").write_text('{"state": "working", "trials": 3}')
    (folder.workers_path / "..json").write_text("{}")
    assert start.work_on(folder)["state"] == "finished"


def asked(line: str) -> Any:
    return search.execute(search.build_parser().parse_args(line.split()), Context())


def test_the_command_joins_and_says_what_it_did(
    begun: Begun, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begun(trials=2, pruner="none")
    owner = ProcessMark.of_this_process().to_json()
    write_stands(folder, state="running", process=owner)
    commands: list[list[str]] = []
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
        asked(f"--join {folder.path} --jobs 2 --threads 1 --background")
    [command] = commands
    args = search.build_parser().parse_args(command[command.index("search") + 1 :])
    assert (args.join, args.jobs, args.threads) == (str(folder.path), 2, "1")
    result = asked(f"--join {folder.path} --threads 1 --quiet")
    assert "Worked on 2 trials" in result.text and "2 whole" in result.text
    assert result.json["why"] == "no_more" and len(result.json["trials"]) == 2
    runs = [folder.run(row["run"]) for row in result.json["trials"]]
    assert [run.spec().threads for run in runs] == [1, 1]
    with pytest.raises(PaddleLabError) as caught:
        asked(f"--join {folder.path} --lr 1e-5..1e-4")
    assert caught.value.code == "usage.not_on_resume"


@pytest.mark.slow
def test_two_processes_train_the_trials_of_one_search(tmp_path: Path, registry_root: Path) -> None:
    from kernel import write_reviews

    rows = write_reviews(tmp_path / "rows.tsv", 80)
    program = [sys.executable, "-m", "paddle_lab.cli", "search"]
    options = ["--epochs", "1", "--max-len", "32", "--no-baseline", "--no-export", "--trials", "3",
               "--lr", "1e-5..1e-3", "--out", str(tmp_path), "--threads", "1"]  # fmt: skip
    owner = subprocess.Popen([*program, str(rows), *options, "--quiet"])
    until(lambda: [*tmp_path.glob("*-search-*/trials.json")])
    [found] = tmp_path.glob("*-search-*")
    joined = subprocess.run(
        [*program, "--join", str(found), "--json"], capture_output=True, text=True, timeout=240,
        check=True,
    )  # fmt: skip
    assert owner.wait(240) == 0
    ended = SearchFolder(found).trials()
    theirs = {row["run"] for row in json.loads(joined.stdout)["trials"]}
    runs = [row["run"] for row in ended["trials"]]
    assert ended["state"] == "finished" and len(set(runs)) == 3
    assert theirs and theirs < set(runs)
    best = ended["trials"][ended["best"]]
    assert SearchFolder(found).run(best["run"]).report_data() is not None
