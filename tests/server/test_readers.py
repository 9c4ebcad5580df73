"""Threads that read for the event loop: few, in time, and none is waited for in vain."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.server.readers import DiskSilent, Readers


class Disk:
    """Reads that return when the disk answers again."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.reading = 0
        self.most = 0
        self._lock = threading.Lock()

    def read(self) -> str:
        with self._lock:
            self.reading += 1
            self.most = max(self.most, self.reading)
        self.answers.wait(30)
        with self._lock:
            self.reading -= 1
        return "read"


@pytest.fixture
def disk() -> Any:
    found = Disk()
    yield found
    found.answers.set()


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_results_and_failures_reach_who_asked() -> None:
    async def story() -> None:
        readers = Readers()
        assert await readers.run("sum", sum, [1, 2, 3]) == 6
        with pytest.raises(FileNotFoundError):
            await readers.run("file", Path("/nothing/here").read_text)
        with pytest.raises(RuntimeError, match="SystemExit"):
            await readers.run("exit", sys.exit)
        assert await readers.run("sum", sum, [1]) == 1

    asyncio.run(story())


def test_many_reads_share_few_threads(disk: Disk) -> None:
    async def story() -> None:
        readers = Readers(workers=3)
        reads = [asyncio.create_task(readers.run(f"run {n}", disk.read)) for n in range(40)]
        await until(lambda: disk.reading == 3)
        await asyncio.sleep(0.05)
        assert (disk.most, readers.threads) == (3, 3)
        disk.answers.set()
        assert await asyncio.gather(*reads) == ["read"] * 40

    asyncio.run(story())


def test_a_read_that_hangs_is_given_up_and_holds_nobody_up(disk: Disk) -> None:
    async def story() -> None:
        readers = Readers(workers=2, limit_s=0.2)
        hung = [asyncio.create_task(readers.run(f"dead {n}", disk.read)) for n in range(2)]
        await until(lambda: disk.reading == 2)
        assert await readers.run("live", str, 1, limit_s=5) == "1", "as soon as they are given up"
        for read in hung:
            with pytest.raises(DiskSilent):
                await read
        assert readers.overdue == 2
        began = time.monotonic()
        with pytest.raises(DiskSilent) as refused:
            await readers.run("dead 0", disk.read)
        assert time.monotonic() - began < 0.1, "no second thread for the same"
        assert refused.value.code == "server.disk_silent"
        assert disk.reading == 2
        disk.answers.set()
        await until(lambda: readers.overdue == 0)
        await asyncio.sleep(0.01)
        assert await readers.run("dead 0", disk.read) == "read", "the disk is back"
        assert readers.threads <= 2

    asyncio.run(story())


def test_when_too_many_hang_all_are_refused_at_once(disk: Disk) -> None:
    async def story() -> None:
        readers = Readers(workers=1, overdue=3, limit_s=0.05)
        for number in range(3):
            with pytest.raises(DiskSilent):
                await readers.run(f"dead {number}", disk.read)
        with pytest.raises(DiskSilent):
            await readers.run("live", str)
        assert readers.threads == 3
        disk.answers.set()
        await until(lambda: readers.overdue == 0)
        assert await readers.run("live", str, 2, limit_s=20) == "2"

    asyncio.run(story())


def test_a_read_in_the_queue_is_given_up_too(disk: Disk) -> None:
    async def story() -> None:
        readers = Readers(workers=1, limit_s=5)
        first = asyncio.create_task(readers.run("slow", disk.read))
        await until(lambda: disk.reading == 1)
        with pytest.raises(DiskSilent):
            await readers.run("behind it", disk.read, limit_s=0.05)
        disk.answers.set()
        assert await first == "read"
        assert disk.most == 1, "what nobody waits for is not read"

    asyncio.run(story())


def test_after_a_cancelled_reader_the_next_waits_for_its_thread(disk: Disk) -> None:
    async def story() -> None:
        readers = Readers(workers=2)
        first = asyncio.create_task(readers.run("run", disk.read))
        await until(lambda: disk.reading == 1)
        first.cancel()
        second = asyncio.create_task(readers.run("run", disk.read))
        await asyncio.sleep(0.1)
        assert disk.reading == 1
        disk.answers.set()
        assert await second == "read"
        assert disk.most == 1

    asyncio.run(story())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no FIFO")
def test_a_fifo_keeps_no_process_from_ending(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    code = (
        "import asyncio, pathlib, sys\n"
        "from paddle_lab.server.readers import DiskSilent, Readers\n"
        "async def story():\n"
        "    read = pathlib.Path(sys.argv[1]).read_text\n"
        "    try:\n"
        "        await Readers(limit_s=0.1).run('fifo', read)\n"
        "    except DiskSilent:\n"
        "        print('given up')\n"
        "asyncio.run(story())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "fifo")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "given up"
