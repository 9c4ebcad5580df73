"""The socket of one browser tab: ``paddle-lab/stream``.

The tab sends ``{"op": "subscribe", "topic": "run:1a2b3c4d", "from": 41}`` (``from`` is the last
``seq`` it holds, absent at first), ``{"op": "unsubscribe", "topic": ...}`` and ``{"op": "visible",
"value": false}``: a tab that nobody sees is told nothing, and catches up when it is seen again.
What it gets back stands in :mod:`paddle_lab.server.topics`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from paddle_lab.server.hub import Hub
from paddle_lab.server.topics import NoSuchTopic

AUTH_RESOURCE = "kernels"
_MOST_TOPICS = 64
_LONGEST_NAME = 200


class Stream(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One tab's socket. A login or token is needed, as for every route of the server."""

    auth_resource = AUTH_RESOURCE
    _track_activity = False

    def set_default_headers(self) -> None:
        """No content security policy: browsers ignore it on a socket."""

    def get_compression_options(self) -> dict[str, Any]:
        """Curves compress well, and tabs may be far away."""
        return {"compression_level": 3}

    @property
    def hub(self) -> Hub:
        """The server's hub."""
        hub: Hub = self.settings["paddle_lab_hub"]
        return hub

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> Any:
        """Upgrade to a socket for whoever may read."""
        user, may = self.current_user, self.authorizer.is_authorized
        if not await ensure_async(may(self, user, "read", AUTH_RESOURCE)):
            raise HTTPError(403)
        return await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """The tab is connected and has asked for nothing yet."""
        super().open(*args, **kwargs)
        self._seen: dict[str, int | None] = {}
        self._visible = True

    async def on_message(self, message: str | bytes) -> None:
        """Heed what the tab asks; nonsense is answered, never fatal."""
        try:
            request = json.loads(message)
            op, topic = request["op"], request.get("topic", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._refuse("", "not a request")
            return
        if op == "visible":
            await self._show(bool(request.get("value")))
        elif not isinstance(topic, str) or len(topic) > _LONGEST_NAME:
            self._refuse("", "not a topic")
        elif op == "subscribe":
            since = request.get("from")
            await self._subscribe(topic, since if isinstance(since, int) else None)
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
        topics, self._seen = list(self._seen), {}
        for topic in topics:
            self._later(self.hub.unsubscribe(topic, self._send))

    async def _subscribe(self, topic: str, since: int | None) -> None:
        if len(self._seen) >= _MOST_TOPICS and topic not in self._seen:
            self._refuse(topic, "too many topics")
            return
        self._seen[topic] = since
        if not self._visible:
            return
        await self.hub.unsubscribe(topic, self._send)
        try:
            await self.hub.subscribe(topic, self._send, since)
        except NoSuchTopic as error:
            self._seen.pop(topic, None)
            self._write(json.dumps({"topic": topic, "type": "gone", "reason": str(error)}))
        except Exception as error:  # a topic that fails must not end the others
            self.log.exception("paddle_lab: topic %s failed", topic)
            self._refuse(topic, str(error))
        if self.ws_connection is None:
            await self.hub.unsubscribe(topic, self._send)

    async def _show(self, visible: bool) -> None:
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
        self._write(json.dumps({"topic": topic, "type": "error", "reason": reason}))

    def _write(self, line: str) -> None:
        try:
            future = self.write_message(line)
        except WebSocketClosedError:
            return
        future.add_done_callback(lambda done: done.exception())

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
