"""The socket of one browser tab: ``paddle-lab/stream``.

The tab sends ``{"op": "subscribe", "topic": "run:1a2b3c4d", "from": 41}`` (``from`` is the last
``seq`` it holds, absent at first), ``{"op": "unsubscribe", "topic": ...}`` and ``{"op": "visible",
"value": false}``: a tab that nobody sees is told nothing, and catches up when it is seen again.
What it gets back stands in :mod:`paddle_lab.server.topics`.

A tab is bounded in what it may ask and in what is kept for it: messages of at most 16 KiB, 64
topics, 50 requests a second after the first 200 (more wait in the tab's own connection). What it
has not read yet is bounded, too: beyond 1 MiB its next request waits, and beyond 4 MiB, which only
a tab reaches that does not read at all, it is closed. Its page then connects anew.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Any, Final

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError, stream_request_body
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from paddle_lab.server.base_handler import AUTH_RESOURCE, JsonRefusals
from paddle_lab.server.hub import Hub
from paddle_lab.server.json_text import to_json
from paddle_lab.server.rate import Rate
from paddle_lab.server.topics import NoSuchTopic
from paddle_lab.untrusted import UnusableFile, parse_json

LARGEST_MESSAGE: Final = 16 * 1024
MOST_TOPICS: Final = 64
LONGEST_NAME: Final = 200
REQUESTS_PER_S: Final = 50.0
REQUESTS_AT_ONCE: Final = 200
#: Characters on their way to one tab: beyond, it is given nothing new that it asks for ...
MOST_UNREAD: Final = 1 << 20
#: ... and is closed. A tab that reads, however slowly, never comes here.
LARGEST_OUTBOX: Final = 4 << 20
#: WebSocket close code "try again later": the page connects anew and gets a snapshot.
TRY_AGAIN: Final = 1013


@stream_request_body
class Stream(JsonRefusals, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One tab's socket. A login or token is needed, as for every route of the server."""

    auth_resource = AUTH_RESOURCE
    _track_activity = False

    def initialize(self) -> None:
        """Nothing is asked yet; a connection that is refused is closed like any other."""
        self._seen: dict[str, int | None] = {}
        self._visible = True
        self._rate = Rate(REQUESTS_PER_S, REQUESTS_AT_ONCE)
        self._outbox = 0
        self._may_ask = asyncio.Event()
        self._may_ask.set()

    def set_default_headers(self) -> None:
        """No content security policy: browsers ignore it on a socket."""

    def data_received(self, chunk: bytes) -> None:
        """Nobody sends a body here: what comes is not kept."""

    def get_compression_options(self) -> dict[str, Any]:
        """Curves compress well, and tabs may be far away."""
        return {"compression_level": 3}

    @property
    def max_message_size(self) -> int:
        """Bytes of one message; a longer one closes the socket (1009)."""
        return LARGEST_MESSAGE

    @property
    def hub(self) -> Hub:
        """The server's hub."""
        hub: Hub = self.settings["paddle_lab_hub"]
        return hub

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> Any:
        """Upgrade to a socket for whoever may read; returns when it is closed."""
        user, may = self.current_user, self.authorizer.is_authorized
        if not await ensure_async(may(self, user, "read", AUTH_RESOURCE)):
            raise HTTPError(403)
        try:
            return await super().get(*args, **kwargs)
        except zlib.error as error:  # bytes that are not what the tab said it would send
            self.log.debug("paddle_lab: a damaged message: %s", error)
            self.close()

    async def on_message(self, message: str | bytes) -> None:
        """Heed what the tab asks; what is not understood is answered, never fatal.

        The next message is read when this one is done: a tab that asks too often waits here.
        """
        await asyncio.sleep(self._rate.wait_s())
        try:
            request = parse_json(message)
        except UnusableFile as error:
            self._refuse("", f"not a request: {error}")
            return
        if not isinstance(request, dict):
            self._refuse("", "not a request: it is not a JSON object")
            return
        op, topic = request.get("op"), request.get("topic", "")
        if op == "visible":
            await self._show(request.get("value"))
        elif not isinstance(topic, str) or len(topic) > LONGEST_NAME:
            self._refuse("", "not a topic")
        elif op == "subscribe":
            since = request.get("from")
            await self._subscribe(topic, since if _is_seq(since) else None)
        elif op == "unsubscribe":
            self._seen.pop(topic, None)
            await self.hub.unsubscribe(topic, self._send)
        else:
            self._refuse(topic, "unknown op")

    def on_close(self) -> None:
        """The tab is gone: let its topics go."""
        super().on_close()
        if self.ping_callback is not None:
            # Else it keeps the closed socket alive until the next ping, half a minute later.
            self.ping_callback.stop()
        self._may_ask.set()
        self._forget_topics()

    def _forget_topics(self) -> None:
        topics, self._seen = list(self._seen), {}
        for topic in topics:
            self._later(self.hub.unsubscribe(topic, self._send))

    async def _subscribe(self, topic: str, since: int | None) -> None:
        if len(self._seen) >= MOST_TOPICS and topic not in self._seen:
            self._refuse(topic, "too many topics")
            return
        self._seen[topic] = since
        await self._may_ask.wait()
        if not self._visible or topic not in self._seen:
            return
        await self.hub.unsubscribe(topic, self._send)
        try:
            await self.hub.subscribe(topic, self._send, since)
        except NoSuchTopic as error:
            self._seen.pop(topic, None)
            self._write(to_json({"topic": topic, "type": "gone", "reason": str(error)}))
        except Exception as error:  # a topic that fails must not end the others
            self.log.exception("paddle_lab: topic %r failed", topic)
            self._refuse(topic, str(error))
        if self.ws_connection is None:
            await self.hub.unsubscribe(topic, self._send)

    async def _show(self, visible: object) -> None:
        if not isinstance(visible, bool):
            self._refuse("", "visible is true or false")
            return
        if visible == self._visible:
            return
        self._visible = visible
        for topic, since in list(self._seen.items()):
            if visible:
                await self._subscribe(topic, since)
            else:
                await self.hub.unsubscribe(topic, self._send)

    def _send(self, topic: str, seq: int | None, line: str) -> None:
        """What the hub calls: remember how far this tab is, and pass the line on."""
        if topic in self._seen and seq is not None:
            self._seen[topic] = seq
        self._write(line)

    def _refuse(self, topic: str, reason: str) -> None:
        self._write(to_json({"topic": topic, "type": "error", "reason": reason}))

    def _write(self, line: str) -> None:
        """Send a line; a tab that has not read the last 4 MiB is closed instead."""
        if self.ws_connection is None or self.ws_connection.is_closing():
            return
        size = len(line)
        if self._outbox + size > LARGEST_OUTBOX and self._outbox:
            self.log.warning("paddle_lab: a tab does not read; its socket is closed")
            self._forget_topics()
            self.close(TRY_AGAIN, "too much unread")
            return
        try:
            future = self.write_message(line)
        except WebSocketClosedError:
            return
        self._outbox += size
        if self._outbox > MOST_UNREAD:
            self._may_ask.clear()

        def done(sent: asyncio.Future[None]) -> None:
            self._outbox -= size
            if self._outbox <= MOST_UNREAD:
                self._may_ask.set()
            sent.exception()

        future.add_done_callback(done)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _is_seq(value: object) -> bool:
    return type(value) is int and value >= 0
