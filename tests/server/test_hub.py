"""The hub: topics live from their first listener to their last, and nobody misses a message."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import Any

import pytest

from paddle_lab.server.hub import Hub
from paddle_lab.server.topics import Message, NoSuchTopic, Publish


class Clock:
    """A topic that counts; its initial messages can be held up."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self.calls: list[str] = []
        self.seq = 0
        self.hold: asyncio.Event | None = None
        self.fail = False

    async def start(self) -> None:
        if self.fail:
            raise OSError("no driver")
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")

    async def initial_messages(self, since: int | None) -> list[Message]:
        seq = self.seq
        if self.hold is not None:
            await self.hold.wait()
        return [] if since == seq else [{"type": "snapshot", "seq": seq}]

    def tick(self) -> None:
        self.seq += 1
        self.publish({"type": "delta", "seq": self.seq})


class Tab:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def __call__(self, topic: str, seq: int | None, line: str) -> None:
        message = json.loads(line)
        assert message["topic"] == topic
        assert message.get("seq") == seq
        self.heard.append(message)

    @property
    def seqs(self) -> list[tuple[str, int]]:
        return [(message["type"], message["seq"]) for message in self.heard]


@pytest.fixture
def topics() -> list[Clock]:
    return []


@pytest.fixture
def hub(topics: list[Clock]) -> Hub:
    found = Hub(logging.getLogger("test"))

    def make(name: str, publish: Publish) -> Clock:
        topics.append(Clock(publish))
        return topics[-1]

    found.register("clock", make)
    return found


def test_one_topic_serves_many_tabs_and_ends_with_the_last(hub: Hub, topics: list[Clock]) -> None:
    async def story() -> None:
        first, second = Tab(), Tab()
        await hub.subscribe("clock", first)
        await hub.subscribe("clock", second)
        topics[0].tick()
        assert first.seqs == second.seqs == [("snapshot", 0), ("delta", 1)]
        await hub.unsubscribe("clock", first)
        topics[0].tick()
        assert first.seqs[-1] == ("delta", 1)
        assert second.seqs[-1] == ("delta", 2)
        assert topics[0].calls == ["start"]
        await hub.unsubscribe("clock", second)
        assert topics[0].calls == ["start", "stop"]
        assert hub.active == []

    asyncio.run(story())
    assert len(topics) == 1


def test_what_is_published_meanwhile_follows_the_initial_messages(
    hub: Hub, topics: list[Clock]
) -> None:
    async def story() -> None:
        first, late = Tab(), Tab()
        await hub.subscribe("clock", first)
        topics[0].hold = asyncio.Event()
        joining = asyncio.create_task(hub.subscribe("clock", late))
        await asyncio.sleep(0)
        topics[0].tick()
        topics[0].hold.set()
        await joining
        assert late.seqs == [("snapshot", 0), ("delta", 1)]

    asyncio.run(story())


def test_a_tab_that_leaves_before_its_initial_messages_is_told_nothing(
    hub: Hub, topics: list[Clock]
) -> None:
    async def story() -> None:
        stays, leaves = Tab(), Tab()
        await hub.subscribe("clock", stays)
        topics[0].hold = asyncio.Event()
        joining = asyncio.create_task(hub.subscribe("clock", leaves))
        await asyncio.sleep(0)
        leaving = asyncio.create_task(hub.unsubscribe("clock", leaves))
        await asyncio.sleep(0)
        topics[0].hold.set()
        await asyncio.gather(joining, leaving)
        assert leaves.heard == []
        assert topics[0].calls == ["start"]

    asyncio.run(story())


def test_any_thread_may_publish(hub: Hub, topics: list[Clock]) -> None:
    async def story() -> None:
        tab = Tab()
        await hub.subscribe("clock", tab)
        thread = threading.Thread(target=topics[0].tick)
        thread.start()
        await asyncio.to_thread(thread.join)
        await asyncio.sleep(0)
        assert tab.seqs[-1] == ("delta", 1)

    asyncio.run(story())


def test_a_broken_tab_does_not_silence_the_others(hub: Hub, topics: list[Clock]) -> None:
    async def story() -> None:
        broken, whole = Tab(), Tab()
        await hub.subscribe("clock", broken)
        await hub.subscribe("clock", whole)
        broken.heard = None  # type: ignore[assignment]
        topics[0].tick()
        assert whole.seqs[-1] == ("delta", 1)

    asyncio.run(story())


def test_a_topic_that_cannot_start_is_forgotten(hub: Hub, topics: list[Clock]) -> None:
    async def story() -> None:
        hub.register("broken", lambda name, publish: _failing(publish))
        with pytest.raises(OSError, match="no driver"):
            await hub.subscribe("broken", Tab())
        assert hub.active == []
        with pytest.raises(NoSuchTopic):
            await hub.subscribe("unheard-of", Tab())

    asyncio.run(story())


def _failing(publish: Publish) -> Clock:
    clock = Clock(publish)
    clock.fail = True
    return clock


def test_damaged_numbers_and_letters_still_make_valid_json(hub: Hub, topics: list[Clock]) -> None:
    async def story() -> None:
        tab = Tab()
        await hub.subscribe("clock", tab)
        topics[0].publish({"type": "delta", "seq": 1, "loss": float("nan"), "label": "\ud800"})
        assert tab.heard[-1]["loss"] is None
        assert tab.heard[-1]["label"] == "\ufffd"

    asyncio.run(story())
