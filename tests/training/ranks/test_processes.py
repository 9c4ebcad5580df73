"""The processes of a machine: their end is seen at once, and nobody looks for it all the time."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from paddle_lab.runs import RunFolder
from paddle_lab.training.ranks.processes import Crew, RankProcesses


class Sleeping(Crew):
    """Ranks that only wait."""

    def command(self, rank: int, listening: int | None) -> list[str]:
        return [sys.executable, "-c", "import time; time.sleep(300)"]


@pytest.fixture
def ranks(tmp_path: Path) -> RankProcesses:
    return RankProcesses(Sleeping(RunFolder(tmp_path), 0, 2, 2, "", 0, "", 1), None)


def pid_of(ranks: RankProcesses, rank: int) -> int:
    return ranks._processes[rank].pid


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of an end by itself")
def test_a_wait_ends_with_a_process_and_else_when_it_was_long_enough(ranks: RankProcesses) -> None:
    try:
        ranks.wait(0.01)
        ranks.look()
        assert not ranks.failed
        threading.Timer(0.05, os.kill, (pid_of(ranks, 1), signal.SIGKILL)).start()
        ranks.wait(200)
        deadline = time.monotonic() + 20
        while not ranks.failed and time.monotonic() < deadline:
            ranks.look()
        assert ranks.has_ended(1) and ranks.killed and not ranks.all_ended
    finally:
        ranks.kill()
    ranks.look()
    ranks.wait(0.01)
    assert ranks.all_ended


def test_where_ends_cannot_be_heard_it_looks_often(
    ranks: RankProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    slept: list[float] = []
    monkeypatch.setattr("paddle_lab.training.ranks.processes.time.sleep", slept.append)
    try:
        ranks.wait(200)
    finally:
        ranks.kill()
    assert slept == [0.03]
