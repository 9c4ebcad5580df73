"""The hub: which tab listens to which topic."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

from paddle_lab.server.json_text import to_json
from paddle_lab.server.topics import Message, NoSuchTopic, Topic, TopicFactory

#: Tabs told in one turn of the event loop: well under a millisecond of work.
SENDS_PER_TURN: Final = 8


class Send(Protocol):
    """How one tab is told: the line of JSON, and its topic and ``seq`` for keeping account."""

    def __call__(self, topic: str, seq: int | None, line: str) -> None:
        """Send ``line`` to the tab."""

    def __hash__(self) -> int:
        """Listeners are kept by identity."""


class Hub:
    """Topics and their listeners. Lives on the server's event loop, one per server."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._factories: dict[str, TopicFactory] = {}
        self._channels: dict[str, _Channel] = {}

    def register(self, kind: str, factory: TopicFactory) -> None:
        """Add a kind of topic; ``kind`` is its name, or the part before the colon."""
        self._factories[kind] = factory

    @property
    def active(self) -> list[str]:
        """Names of the topics somebody listens to now."""
        return sorted(self._channels)

    async def subscribe(self, name: str, send: Send, since: int | None = None) -> None:
        """Let ``send`` hear a topic, beginning with its initial messages.

        Raises NoSuchTopic when no factory knows the name.
        """
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = self._open(name)
        # Listening before the initial messages: what is published meanwhile follows them.
        waiting: list[_Line] = []
        channel.listeners[send] = waiting
        try:
            async with channel.lock:
                if not channel.started:
                    await channel.topic.start()
                    channel.started = True
                initial = await channel.topic.initial_messages(since)
        except BaseException:
            await self.unsubscribe(name, send)
            raise
        if channel.listeners.get(send) is waiting:
            channel.listeners[send] = None
            for seq, line in [channel.encoded(name, message) for message in initial] + waiting:
                send(name, seq, line)

    async def unsubscribe(self, name: str, send: Send) -> None:
        """Let ``send`` hear a topic no longer; the topic ends with its last listener."""
        channel = self._channels.get(name)
        if channel is None or send not in channel.listeners:
            return
        del channel.listeners[send]
        async with channel.lock:
            if not channel.listeners and self._channels.get(name) is channel:
                del self._channels[name]
                if channel.started:
                    await channel.topic.stop()

    async def close(self) -> None:
        """End every topic: the server stops."""
        channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            await channel.topic.stop()

    def _open(self, name: str) -> _Channel:
        factory = self._factories.get(name.partition(":")[0])
        if factory is None:
            raise NoSuchTopic(f"no topic {name!r}")
        loop = asyncio.get_running_loop()

        def publish(message: Message) -> None:
            try:
                inside = asyncio.get_running_loop() is loop
            except RuntimeError:
                inside = False
            if inside:
                self._publish(name, message)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(self._publish, name, message)

        return _Channel(factory(name, publish))

    def _publish(self, name: str, message: Message) -> None:
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.outbox.append((_encode(name, message), deque(channel.listeners)))
        if len(channel.outbox) == 1:
            self._send_some(name, channel)

    def _send_some(self, name: str, channel: _Channel) -> None:
        """Tell a few tabs, then let the loop breathe: many tabs must not hold it up."""
        for _ in range(SENDS_PER_TURN):
            line, listeners = channel.outbox[0]
            if listeners:
                self._tell(name, channel, listeners.popleft(), line)
            if not listeners:
                channel.outbox.popleft()
            if not channel.outbox:
                return
        asyncio.get_running_loop().call_soon(self._send_some, name, channel)

    def _tell(self, name: str, channel: _Channel, send: Send, line: _Line) -> None:
        if send not in channel.listeners:
            return
        waiting = channel.listeners[send]
        if waiting is not None:
            waiting.append(line)
            return
        try:
            send(name, *line)
        except Exception:  # one broken tab must not silence the others
            self._log.debug("paddle_lab: a tab cannot be told of %s", name, exc_info=True)


_Line = tuple[int | None, str]


@dataclass
class _Channel:
    """One live topic; a listener without its initial messages has a list of what came meanwhile."""

    topic: Topic
    started: bool = False
    listeners: dict[Send, list[_Line] | None] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Lines on their way, oldest first, each with the tabs that have not been told yet.
    outbox: deque[tuple[_Line, deque[Send]]] = field(default_factory=deque)
    _last: tuple[Message, _Line] | None = None

    def encoded(self, name: str, message: Message) -> _Line:
        """The message as a line; one that a thousand tabs begin with is made into JSON once."""
        if self._last is None or self._last[0] is not message:
            self._last = (message, _encode(name, message))
        return self._last[1]


def _encode(name: str, message: Message) -> _Line:
    content = {"topic": name, **message}
    seq = message.get("seq")
    return (seq if isinstance(seq, int) else None), to_json(content)
