"""One request to the hub: told, refused where that was asked for, else answered by its routes."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_server import downloads, gitea, hugging_face, modelscope, modelscope_writes

if TYPE_CHECKING:
    from hub_server import HubServer


class Handler(BaseHTTPRequestHandler):
    """Routes are functions ``(handler, path, query) -> bool``: whether they have answered."""

    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to the terminal."""

    def _answer(self) -> None:
        self.hub = self.server.hub  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        self.hub.asked.append((self.command, self.path, self.token))
        if self.hub.faults.silent:
            self.cut_off()
            return
        if (refusal := self.hub.faults.refusal(self.path)) is not None:
            self.send_json({"error": "as the test asks"}, refusal.status, refusal.headers)
            return
        split = urlsplit(self.path)
        path = unquote(split.path)
        query = {key: values[-1] for key, values in parse_qs(split.query).items()}
        routes = (modelscope_writes, modelscope, gitea, hugging_face, downloads)
        for route in (one.answer for one in routes):
            if route(self, path, query):
                return
        self.send_json({"error": "Not found"}, 404)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    @property
    def token(self) -> str | None:
        """What the client says who it is."""
        given = self.headers.get("Authorization") or ""
        return given.removeprefix("Bearer ").removeprefix("token ") or None

    @property
    def who(self) -> str | None:
        """The owner of the token; None for nobody that is known."""
        return self.hub.store.tokens.get(self.token or "")

    def send_json(
        self, content: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """An answer of JSON."""
        self.send_bytes(
            json.dumps(content, ensure_ascii=False).encode("utf-8"),
            status,
            {"Content-Type": "application/json", **(headers or {})},
        )

    def send_bytes(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        """An answer as it is; of HEAD the headers alone."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def cut_off(self) -> None:
        """The connection ends here."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
