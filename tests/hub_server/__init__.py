"""A hub on this machine that speaks the protocols of the real ones, for their own clients.

Hugging Face's as ``huggingface_hub`` and ``datasets`` use it: what a repository holds, its tree,
files with redirects, hashes and ranges, revisions and tags, Git LFS, commits; and ModelScope's HTTP
interface for downloads and for publishing; and Gitea's, by which AI Studio is read. Nothing is on a
disk. Real hubs were not reached by any test.
"""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType

from hub_server.faults import Faults
from hub_server.handler import Handler
from hub_server.store import Repo, Store

__all__ = ["Faults", "HubServer", "Repo", "Store"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left is no error of the test."""


class HubServer:
    """The hub, listening while it is entered.

    ``store`` is what it holds, ``faults`` what goes wrong, ``asked`` every request in its order:
    method, path with query, and the token that came with it. ``ranges`` counts the files that were
    asked for from some byte on, ``furthest`` is the last byte of
    any that was asked for.
    """

    def __init__(self) -> None:
        self.store = Store()
        self.faults = Faults()
        self.asked: list[tuple[str, str, str | None]] = []
        self.ranges = self.furthest = 0
        self._http = _Server(("127.0.0.1", 0), Handler)
        self._http.hub = self  # type: ignore[attr-defined]
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def paths(self, method: str = "GET") -> list[str]:
        """The paths that were asked for with a method."""
        return [path for one, path, _ in self.asked if one == method]
