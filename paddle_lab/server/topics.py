"""Topics: what the server tells its browser tabs, each made once for all listeners.

A tab opens one socket and subscribes to topics by name (``run:1a2b3c4d``, ``gpu``). The part of
the name before the colon chooses the factory that makes the :class:`Topic`; the topic lives from
its first listener to its last. To add a kind of topic, write the class and register its factory::

    class GpuTopic:
        def __init__(self, publish: Publish) -> None: ...
        async def start(self) -> None: ...            # first listener: begin to sample
        async def stop(self) -> None: ...             # last listener left: end
        async def initial_messages(self, since: int | None) -> list[Message]: ...  # of a new one

    hub.register("gpu", lambda name, publish: GpuTopic(publish))

A message is a JSON object with a ``type`` (``snapshot``, ``delta``, ``gone``, ``error``); the hub
adds ``topic``. ``publish`` sends to every listener and may be called from any thread; a message is
turned into JSON once, whatever the number of tabs. ``since`` is the ``seq`` of the last message a
tab holds when it comes back, or None: the initial messages may then be the few that it missed. A
topic that returns the same object as before has it encoded once.
What blocks (files, psutil) belongs in a thread of :class:`~paddle_lab.server.readers.Readers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]
Publish = Callable[[Message], None]
TopicFactory = Callable[[str, Publish], "Topic"]


class Topic(Protocol):
    """One stream of messages, shared by all tabs that listen to it."""

    async def start(self) -> None:
        """The first listener came."""

    async def stop(self) -> None:
        """The last listener left; nothing may be published after this returns."""

    async def initial_messages(self, since: int | None) -> list[Message]:
        """What a new listener gets first; messages published meanwhile follow it."""


class NoSuchTopic(LookupError):
    """A topic that this server does not have; the text says why, for the person asking."""
