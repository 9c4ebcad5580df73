"""Many tabs are told in turns: each hears everything in order, and the loop goes on between."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from paddle_lab.server.hub import SENDS_PER_TURN, Hub

TABS = 50


class Topic:
    def __init__(self, publish: Any) -> None:
        self.publish = publish

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def initial_messages(self, since: int | None) -> list[dict]:
        return [{"type": "snapshot", "seq": 0}]


class Tab:
    """Notes what it hears; equal to itself only."""

    def __init__(self, heard: list[tuple[int, int | None]], number: int) -> None:
        self.all, self.number = heard, number

    def __call__(self, topic: str, seq: int | None, line: str) -> None:
        self.all.append((self.number, seq))


async def story() -> None:
    hub = Hub(logging.getLogger())
    topics: list[Topic] = []

    def make(name: str, publish: Any) -> Topic:
        topics.append(Topic(publish))
        return topics[-1]

    hub.register("gpu", make)
    heard: list[tuple[int, int | None]] = []
    tabs = [Tab(heard, number) for number in range(TABS)]
    for tab in tabs:
        await hub.subscribe("gpu", tab)
    heard.clear()
    for seq in (1, 2, 3):
        topics[0].publish({"type": "delta", "seq": seq})
    assert len(heard) == SENDS_PER_TURN, "the rest waits for further turns"
    turns = 0
    await hub.unsubscribe("gpu", tabs[-1])
    while len(heard) < 3 * (TABS - 1):
        await asyncio.sleep(0)
        turns += 1
        assert turns < 1000
    assert turns >= 3 * (TABS - 1) // SENDS_PER_TURN - 1, "the loop ran in between"
    for number in range(TABS - 1):
        assert [seq for tab, seq in heard if tab == number] == [1, 2, 3]
    assert not [seq for tab, seq in heard if tab == TABS - 1], "who left is told nothing"


def test_every_tab_hears_everything_in_order():
    asyncio.run(story())
