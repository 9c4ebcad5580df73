"""A process of the server's is bounded, heard while it works, and ended when nobody waits."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.errors import ServerError
from paddle_lab.server import child
from paddle_lab.server.child import run_child


async def test_its_answer_and_its_words_are_heard(tmp_path: Path) -> None:
    said: list[str] = []
    code = (
        "import sys; print(sys.stdin.read()[::-1]); print('one\\n二', file=sys.stderr); sys.exit(3)"
    )
    ended = await run_child(["-c", code], limit_s=60, request=b"abc", say=said.append)
    assert ended.code == 3
    assert ended.output.strip() == b"cba"
    assert said == ["one", "二"]


async def test_it_begins_in_an_empty_folder_of_its_own() -> None:
    code = "import os; print(os.getcwd(), os.listdir())"
    ended = await run_child(["-c", code], limit_s=60)
    folder, names = ended.output.decode().split()
    assert names == "[]"
    assert not Path(folder).exists(), "and leaves nothing behind"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import time; time.sleep(600)", "server.too_slow"),
        ("import sys\nwhile True: sys.stdout.write('x' * 9999)", "server.too_much"),
    ],
)
async def test_it_is_ended_at_its_bounds(
    code: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE_S", 0.2)
    monkeypatch.setattr(child, "MOST_OUTPUT", 1 << 16)
    limit_s = 0.3 if expected == "server.too_slow" else 60
    with pytest.raises(ServerError) as refused:
        await run_child(["-c", code], limit_s=limit_s)
    assert refused.value.code == expected


@pytest.mark.parametrize("stubborn", [False, True])
async def test_cancelled_it_ends_with_its_own_children(
    stubborn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE_S", 0.3)
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" if stubborn else ""
    code = (
        f"{ignore}import subprocess, sys, os\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(os.getpid(), p.pid, file=sys.stderr, flush=True)\n"
        "p.wait()\n"
    )
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(run_child(["-c", code], limit_s=60, say=heard.set_result))
    pids = [int(word) for word in (await asyncio.wait_for(heard, 30)).split()]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _runs(pids[0])
    if stubborn:
        await _until_gone(pids[1])
    else:
        os.kill(pids[1], 9) if _runs(pids[1]) else None


async def _until_gone(pid: int) -> None:
    for _ in range(200):
        if not _runs(pid):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{pid} still runs")


def _runs(pid: int) -> Any:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
