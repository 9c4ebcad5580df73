"""Several machines work on one run: they prove that they share its folder, start and end together.

The machines are threads here, and the ranks small programs in place of those that train.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_lab import api, cli
from paddle_lab.errors import RunError, UsageError
from paddle_lab.runs import ProcessMark, RunFolder, RunSpec
from paddle_lab.search.start import new_search
from paddle_lab.training.ranks import meeting, supervisor
from paddle_lab.training.ranks.joining import Joined, run_in
from paddle_lab.training.ranks.meeting import Call, FirstMachine, OtherMachine, path_of
from paddle_lab.training.ranks.placing import (
    Placing,
    commands_of_machines,
    placing_of,
    refuse_machines,
)
from paddle_lab.training.ranks.processes import Crew
from paddle_lab.training.ranks.ssh import started_by_ssh
from paddle_lab.training.ranks.supervisor import Supervisor
from paddle_lab.training.run import Run

SLEEP = "import time; time.sleep(600)"
LOST = "import time; time.sleep(0.5); raise SystemExit(75)"
KILL = "import os, time; time.sleep(0.3); os.kill(os.getpid(), 9)"
FINISH = """
import sys
from paddle_lab.runs import RunFolder
with RunFolder.open(sys.argv[1]).open_log() as log:
    log.append("end", state="finished", step=3)
"""
TWO = {"nnodes": 2, "master": "gpu1:29500"}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path / "runs")
    with folder.open_log() as log:
        log.append("phase", phase="load", process=ProcessMark.of_this_process().to_json())
    return folder


def test_the_first_waits_until_each_other_has_written_its_secret_back(folder: RunFolder) -> None:
    first, call = FirstMachine(folder, 3), Call(0, "secret")
    met = threading.Event()

    def meet() -> None:
        first.meet(call)
        met.set()

    waiting = threading.Thread(target=meet)
    waiting.start()
    others = [OtherMachine(folder, node) for node in (1, 2)]
    while (heard := others[0].heard()) is None:
        time.sleep(0.01)
    others[0].answer(heard)
    others[1].answer(replace(heard, token="of an earlier time"))
    assert not met.wait(0.5)
    others[1].answer(heard)
    waiting.join(30)
    assert met.is_set()
    first.part()
    told = others[0].heard()
    assert told is not None and told.over


def test_one_that_does_not_come_is_named(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "MEET_S", 0.2)
    with pytest.raises(RunError, match="Machine 1, 2 did not come") as missing:
        FirstMachine(folder, 3).meet(Call(0, "secret"))
    assert missing.value.code == "run.machine_missing"


def test_a_first_machine_of_which_nothing_is_heard_is_gone(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "_GONE_S", 0.1)
    other = OtherMachine(folder, 1)
    assert other.heard() is None
    time.sleep(0.2)
    with pytest.raises(RunError, match="Nothing is heard"):
        other.heard()


@pytest.mark.parametrize("content", ["", "[]", '{"number": "0"}', "\x00", '{"number": 0}'])
def test_a_damaged_document_is_no_call(folder: RunFolder, content: str) -> None:
    path_of(folder, 0).parent.mkdir()
    path_of(folder, 0).write_text(content, encoding="utf-8")
    assert OtherMachine(folder, 1).heard() is None


@pytest.fixture
def two(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Two machines with one rank each; those of a second attempt are other programs."""
    monkeypatch.setattr(supervisor, "_ELSEWHERE_S", 3.0)

    def work(*programs: str, then: tuple[str, ...] = (), restarts: int = 0) -> int:
        def command(crew: Crew, rank: int, listening: int | None) -> list[str]:
            chosen = then if crew.resume else programs
            return [sys.executable, "-c", chosen[rank], str(folder.path)]

        monkeypatch.setattr(Crew, "command", command)
        joined = Joined(Crew(folder, 1, 1, 2, "127.0.0.1", 1, "", 1), 1)
        other = threading.Thread(target=joined.work)
        other.start()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            crew = Crew(folder, 0, 1, 2, "127.0.0.1", listening.getsockname()[1], "", 1)
            code = Supervisor(crew, None, restarts, nnodes=2).work(listening)
        other.join(60)
        left = [one for one in psutil.Process().children() if str(folder.path) in one.cmdline()]
        assert not other.is_alive() and not left
        return code

    return work


@pytest.mark.slow
def test_both_end_with_the_run(two: Callable[..., int], folder: RunFolder) -> None:
    assert two(FINISH, SLEEP) == 0
    assert folder.state().state == "finished"


def test_what_killed_a_rank_of_the_other_machine_is_told(
    two: Callable[..., int], folder: RunFolder
) -> None:
    assert two(LOST, KILL) == 1
    end = folder.state().end
    assert end is not None
    assert "Process 1" in str(RunError.from_json(end["error"]))
    assert "SIGKILL" in str(RunError.from_json(end["error"]))


@pytest.mark.slow
def test_both_start_again(two: Callable[..., int], folder: RunFolder) -> None:
    assert two(LOST, KILL, then=(FINISH, SLEEP), restarts=1) == 0
    assert [notice["code"] for notice in folder.state().notices] == ["restarted"]


def test_the_command_of_each_machine_is_exact(folder: RunFolder) -> None:
    placing = Placing(procs=4, nnodes=3, master="gpu1:29500")
    assert commands_of_machines(folder, placing) == [
        f"paddle-lab launch {folder.path} --node-rank {node} --nnodes 3 --master gpu1:29500 "
        "--procs 4"
        for node in (1, 2)
    ]
    (on_gpus,) = commands_of_machines(folder, replace(placing, nnodes=2, procs=1, gpus="2"))
    assert on_gpus.endswith("--gpus 2")


def test_a_folder_starts_nothing_on_other_machines() -> None:
    """What run.json says of machines is not taken for what the person says."""
    spec = RunSpec(train="a.tsv", nodes="here,there", nnodes=2, master="there:29500")
    assert placing_of(spec, {}) == Placing()
    assert placing_of(spec, TWO) == Placing(nnodes=2, master="gpu1:29500")
    assert placing_of(spec).nodes == "here,there"


@pytest.mark.parametrize(
    "said",
    [
        {"master": "gpu1:29500"},
        {"nodes": "a,b,c", "nnodes": 2},
        {"nodes": "-oProxyCommand=x,b"},
        {"nodes": "a"},
        {"nnodes": 2, "master": "gpu1"},
        {"nnodes": 2, "master": "-x:1234"},
    ],
)
def test_machines_that_are_half_said_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        placing_of(RunSpec(train="a.tsv"), said)


def test_a_queue_and_a_search_start_nothing_on_other_machines() -> None:
    refuse_machines(Placing(procs=4), "--queue")
    with pytest.raises(UsageError, match="--queue"):
        api.launch("reviews", queue=True, show=False, nodes="here,there")
    with pytest.raises(UsageError, match="%ernie_search"):
        new_search({"train": "reviews", "lr": "1e-5..1e-4", "nodes": "here,there"}, {})


def test_named_machines_say_how_many_they_are_and_where_the_first_listens() -> None:
    placing = placing_of(RunSpec(train="a.tsv"), {"nodes": "me@gpu1,gpu2,gpu3"})
    assert (placing.nnodes, placing.master) == (3, "gpu1:29500")
    here = placing_of(RunSpec(train="a.tsv"), {"nnodes": 2})
    assert here.master == f"{socket.gethostname()}:29500"


@pytest.mark.parametrize(
    "line",
    [
        "X",
        "X --node-rank 1",
        "X --node-rank 1 --nnodes 2",
        "X --node-rank 2 --nnodes 2 --master gpu1:29500",
        "X --node-rank 0 --nnodes 2 --master gpu1:29500",
    ],
)
def test_a_machine_that_does_not_say_which_it_is_is_refused(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["launch", *line.split()]) == 2
    assert "UsageError" in capsys.readouterr().err


def test_a_run_is_found_in_the_folder_where_the_first_machine_makes_it(
    tmp_path: Path, folder: RunFolder
) -> None:
    assert run_in(folder.path) == folder
    assert run_in(folder.path.parent) == folder
    RunFolder.create(RunSpec(train="b.tsv"), folder.path.parent)
    with pytest.raises(RunError, match="several runs"):
        run_in(folder.path.parent)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ssh that runs the command here, and keeps the words that it was given."""
    words = tmp_path / "ssh-words"
    double = tmp_path / "bin" / "ssh"
    double.parent.mkdir()
    double.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {words}\n'
        'while [ "$1" != "--" ]; do shift; done\nshift 2\nexec sh -c "$*"\n'
    )
    double.chmod(double.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{double.parent}{os.pathsep}{os.environ['PATH']}")
    return words


def test_ssh_is_asked_without_a_password_and_with_the_exact_command(
    folder: RunFolder, ssh: Path
) -> None:
    crew = Crew(folder, 0, 2, 4, "gpu1", 29500, "secret", 1)
    (started,) = started_by_ssh(crew, ["gpu1", "me@gpu2"])
    deadline = time.monotonic() + 30
    while not (ssh.exists() and ssh.read_text().endswith("--procs 2\n")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.terminate()
    started.wait()
    *options, host, command = ssh.read_text().splitlines()
    assert options == ["-o", "BatchMode=yes", "--"] and host == "me@gpu2"
    assert command.endswith(
        f"launch {folder.path} --node-rank 1 --nnodes 2 --master gpu1:29500 --procs 2"
    )
    assert "secret" not in command


@pytest.mark.slow
def test_two_machines_train_a_run_to_its_end(
    finetune: Callable[..., Run], ssh: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        master = f"127.0.0.1:{probe.getsockname()[1]}"
    run = finetune(epochs=1.0, nodes="127.0.0.1,elsewhere", master=master)
    assert run.state.state == "finished"
    logs = run.folder.path / "logs"
    assert "machine 1" in (logs / "machine-1.txt").read_text(encoding="utf-8")
    assert (logs / "rank-1.txt").stat().st_size > 0
