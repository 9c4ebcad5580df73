"""A run of several processes ends as soon as one dies, says of which, and leaves none behind.

The ranks here are small programs in place of those that train.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark, RunFolder, RunSpec
from paddle_lab.training.ranks import supervisor
from paddle_lab.training.ranks.failures import LOST_OTHERS, error_path, write_error
from paddle_lab.training.ranks.processes import Crew
from paddle_lab.training.ranks.supervisor import Supervisor

SLEEP = "import time; time.sleep(600)"
#: Ends well, with the last word of a run.
FINISH = """
import sys
from paddle_lab.runs import RunFolder
with RunFolder.open(sys.argv[1]).open_log() as log:
    log.append("end", state="finished", step=3)
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    with folder.open_log() as log:
        log.append("phase", phase="load", process=ProcessMark.of_this_process().to_json())
    return folder


@pytest.fixture
def worked(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Supervise ranks that are these programs; those of a second attempt may be others."""

    def work(*programs: str, then: tuple[str, ...] = (), parent: int | None = None,
             restarts: int = 0, abort_after: float | None = None) -> int:  # fmt: skip
        def command(crew: Crew, rank: int, listening: int | None) -> list[str]:
            chosen = then if crew.resume and then else programs
            return [sys.executable, "-c", chosen[rank], str(folder.path), str(rank)]

        monkeypatch.setattr(Crew, "command", command)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            crew = Crew(folder, 0, len(programs), len(programs), "127.0.0.1", port, "token", 1)
            made = Supervisor(crew, parent, restarts)
            if abort_after is not None:
                threading.Timer(abort_after, made.leave).start()
            return made.work(listening)

    return work


def ranks_of(folder: RunFolder) -> list[psutil.Process]:
    """Processes of this one that work on the run."""
    children = psutil.Process().children()
    return [child for child in children if str(folder.path) in child.cmdline()]


def said(folder: RunFolder) -> str:
    end = folder.state().end
    assert end is not None and end["state"] == "failed"
    return str(RunError.from_json(end["error"]))


def test_a_run_whose_leader_ends_well_has_ended_whatever_the_others_do(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    assert worked(FINISH, SLEEP) == 0
    assert folder.state().state == "finished"
    assert not ranks_of(folder)


def test_a_killed_rank_is_named_with_its_signal(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    kill = "import os; os.kill(os.getpid(), 9)"
    assert worked(SLEEP, kill) == 1
    assert "Process 1 of the run's 2 has ended: killed by signal 9 (SIGKILL)." in said(folder)
    assert "logs/rank-1.txt" in said(folder)


def test_a_rank_that_fails_says_the_last_line_of_its_traceback(
    worked: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_SETTLE_S", 0.2)
    assert worked(SLEEP, "raise ValueError('the third layer is missing')") == 1
    assert "exit code 1" in said(folder)
    assert "ValueError: the third layer is missing" in said(folder)


def test_what_a_rank_has_said_of_itself_is_the_runs_error(
    worked: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_SETTLE_S", 0.2)
    told = RunError(T("No such file there.", "那里没有该文件。"), code="run.data_changed")
    path = error_path(folder, 1)
    path.parent.mkdir()
    write_error(folder, 0, told)  # of an earlier attempt: nobody's now
    write_error(folder, 1, told)
    path.rename(path.with_suffix(".kept"))
    move = f"import os; os.rename({str(path.with_suffix('.kept'))!r}, {str(path)!r}); exit(1)"
    assert worked(SLEEP, move) == 1
    assert said(folder) == "No such file there."


def test_who_only_lost_the_others_is_not_to_blame(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    lost = f"raise SystemExit({LOST_OTHERS})"
    late = "import time; time.sleep(0.4); raise MemoryError('of this rank')"
    assert worked(lost, late) == 1
    assert "Process 1" in said(folder) and "MemoryError: of this rank" in said(folder)


def test_where_all_lost_each_other_nobody_is_blamed(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    lost = f"raise SystemExit({LOST_OTHERS})"
    assert worked(lost, lost) == 1
    assert "have lost each other" in said(folder)


def test_an_aborted_run_whose_leader_does_not_listen_is_ended(
    worked: Callable[..., int], folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LEAVE_S", 0.3)
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
    worked(deaf, SLEEP, abort_after=0.5)
    assert folder.state().state == "aborted"
    assert not ranks_of(folder)


def test_after_a_death_the_ranks_go_on_from_the_checkpoint_as_often_as_was_asked(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    kill = "import os; os.kill(os.getpid(), 9)"
    assert worked(SLEEP, kill, then=(FINISH, SLEEP), restarts=1) == 0
    state = folder.state()
    assert state.state == "finished"
    (notice,) = state.notices
    assert notice["code"] == "restarted" and "restart 1 of 1" in notice["text"]["en"]


def test_a_failure_that_the_run_itself_tells_is_not_tried_again(
    worked: Callable[..., int], folder: RunFolder
) -> None:
    fail = FINISH.replace("finished", "failed") + "\nexit(1)"
    worked(fail, SLEEP, then=(FINISH, SLEEP), restarts=5)
    assert folder.state().state == "failed" and not folder.state().notices


CHILD = """
import sys, time
from paddle_lab.training.ranks.rank import end_with
end_with(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(600)
"""
PARENT = f"""
import os, subprocess, sys, time
command = [sys.executable, "-c", {CHILD!r}, str(os.getpid())]
child = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_rank_ends_with_its_supervisor_also_when_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    rank = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    gone, _ = psutil.wait_procs([rank], timeout=60)
    assert gone
    parent.stdout.close()


@pytest.mark.slow
def test_the_supervisor_ends_with_the_process_that_began_it_unless_it_stays(
    tmp_path: Path,
) -> None:
    """As where a kernel is killed: the one without a word goes, and its ranks with it."""
    folder = RunFolder.create(RunSpec(train=str(tmp_path / "none.tsv"), procs=2), tmp_path)
    begin = (
        "import os, subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-m', 'paddle_lab.training.ranks.supervisor', "
        "sys.argv[1], '--procs', '2', '--begun-by', str(os.getpid())], start_new_session=True); "
        "time.sleep(600)"
    )
    kernel = subprocess.Popen([sys.executable, "-c", begin, str(folder.path)])
    deadline = time.monotonic() + 120
    found: list[Any] = []
    while len(found) < 3 and time.monotonic() < deadline:
        found = psutil.Process(kernel.pid).children(recursive=True)
        time.sleep(0.02)
    os.kill(kernel.pid, signal.SIGKILL)
    kernel.wait()
    gone, left = psutil.wait_procs(found, timeout=60)
    assert len(gone) == 3 and not left
    assert folder.state().state == "crashed"
