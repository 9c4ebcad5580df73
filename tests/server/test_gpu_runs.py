"""The runs are followed as long as somebody looks, whatever one reading comes to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import run_writer

from paddle_lab.runs import Registry
from paddle_lab.runs.board import RunsBoard
from paddle_lab.server import gpu_runs
from paddle_lab.server.gpu_runs import RunsWatch


@pytest.mark.parametrize("who", ["the reading", "a listener"])
def test_one_failure_ends_no_following(make_run, registry_root, monkeypatch, caplog, who):
    run_writer.write_run(make_run(), 10)
    monkeypatch.setattr(gpu_runs, "PERIOD_S", 0.01)
    monkeypatch.setattr(gpu_runs, "QUIET_PERIOD_S", 0.01)
    board = RunsBoard(Registry(registry_root))
    real, failures = board.refresh, [OSError(116, "Stale file handle")] * 2
    heard: list[int] = []

    def refresh():
        if who == "the reading" and failures:
            raise failures.pop()
        return real()

    def listener(summaries, changed):
        if who == "a listener" and failures:
            raise failures.pop()
        heard.append(len(summaries))

    board.refresh = refresh

    async def follow():
        watch = RunsWatch(Path("/"), board=board)
        watch.listen(listener)
        while failures or not heard:
            make_run()
            await asyncio.sleep(0.2)
        await watch.leave(listener)

    asyncio.run(asyncio.wait_for(follow(), 60))
    said = {"the reading": "could not be read", "a listener": "a listener of the runs failed"}
    assert sum(said[who] in record.message for record in caplog.records) >= 1
