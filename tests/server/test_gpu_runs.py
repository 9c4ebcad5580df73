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


def test_who_follows_is_told_what_somebody_else_had_read(make_run, registry_root, monkeypatch):
    """A script that asks for the snapshot must not take the news from the pages."""
    monkeypatch.setattr(gpu_runs, "QUIET_PERIOD_S", 3600.0)
    heard: list[set[str]] = []

    async def story():
        watch = RunsWatch(Path("/"), board=RunsBoard(Registry(registry_root)))
        listener = lambda summaries, changed: heard.append(changed)  # noqa: E731
        watch.listen(listener)
        await watch.refresh()
        run = make_run()
        await asyncio.gather(*(watch.refresh() for _ in range(20)))
        assert heard == [{run.id}], "once, though twenty asked"
        await watch.leave(listener)

    asyncio.run(asyncio.wait_for(story(), 60))


def test_many_who_ask_at_once_share_a_reading(make_run, registry_root):
    board = RunsBoard(Registry(registry_root))
    real, readings = board.refresh, []
    board.refresh = lambda: readings.append(1) or real()  # type: ignore[method-assign]

    async def story():
        watch = RunsWatch(Path("/"), board=board)
        await asyncio.gather(*(watch.refresh() for _ in range(50)))
        assert len(readings) <= 2
        make_run()
        await watch.refresh()
        assert len(watch.summaries) == 1, "what came before the question is in the answer"
        before = len(readings)
        await watch.refresh(oldest_s=60)
        assert len(readings) == before

    asyncio.run(asyncio.wait_for(story(), 60))
