"""The service as a process: it listens, loads, says that it is ready, and ends when told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from paddle_lab.serving.access import is_loopback
from paddle_lab.serving.app import build_app
from paddle_lab.serving.guard import Service
from paddle_lab.serving.problems import port_taken

_BACKLOG: Final = 1024
#: What clients of an ending service are waited for, beyond the longest deadline.
_GRACE_S: Final = 5.0
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT") if hasattr(signal, name)
)


@dataclass(frozen=True)
class Address:
    """Where it listens; ``port`` 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8000


class Front(Protocol):
    """Another server of the same service, beside that of HTTP."""

    async def start(self) -> None:
        """Listen. Raises ServerError where that cannot be."""
        ...

    def end(self, grace_s: float) -> None:
        """Take no more; what was begun has so long. May be called again with less time."""
        ...

    async def ended(self) -> None:
        """Wait until nothing runs any more."""
        ...


def listen_on(address: Address, option: str = "--port") -> socket.socket:
    """The bound socket; ``option`` names the port. Raises ServerError where that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP,
            flags=socket.AI_PASSIVE,
        )[0]  # fmt: skip
        # With its protocol: of no other socket asyncio sends small packets at once (TCP_NODELAY).
        listening = socket.socket(family, kind, protocol)
        try:
            if hasattr(socket, "SO_REUSEADDR"):
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(_BACKLOG)
        except BaseException:
            listening.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise port_taken(address.host, address.port, reason, option) from error
    listening.setblocking(False)
    return listening


def url_of(listening: socket.socket) -> str:
    """How a client on this machine calls it."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_local(address: Address) -> bool:
    """Whether only this machine can reach it."""
    return is_loopback(address.host)


class _Server(uvicorn.Server):
    """uvicorn without its own signals: at its end it would raise the one that ended it again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: :func:`serve` hears them."""
        yield


class _Sending:
    """The application. An answer that cannot be sent is no mistake of its own.

    A client whose body is no HTTP has been answered by the server before.
    """

    def __init__(self, app: Starlette, service: Service) -> None:
        self._app, self._log = app, service.log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unsent = False

        async def sending(message: Message) -> None:
            nonlocal unsent
            if unsent:
                return
            try:
                await send(message)
            except Exception as error:
                unsent = True
                self._log.event("unsent", kind=type(error).__name__)

        await self._app(scope, receive, sending)


async def serve(
    service: Service,
    listening: socket.socket,
    on_ready: Callable[[], None],
    *,
    with_input: bool = False,
    others: Sequence[Front] = (),
) -> None:
    """Answer until SIGTERM or Ctrl-C, then end what was begun; a second signal ends at once.

    Health is answered from the first moment, requests once all models are loaded; ``on_ready`` is
    called then. ``with_input``: standard input's end is such a signal, too. ``others`` begin and
    end with it. Raises the error of a model that cannot be loaded, or of an address.
    """
    grace_s = service.bounds.deadline_s + _GRACE_S
    config = uvicorn.Config(
        _Sending(build_app(service), service), log_config=None, access_log=False, lifespan="off",
        ws="none", server_header=False, proxy_headers=False, backlog=_BACKLOG,
        timeout_graceful_shutdown=int(grace_s),
    )  # fmt: skip
    server = _Server(config)
    loop = asyncio.get_running_loop()

    def end() -> None:
        if service.ending:
            server.force_exit = True
        else:
            service.log.event("ending", in_flight=service.in_flight)
        for other in others:
            other.end(0.0 if service.ending else grace_s)
        service.ending = True
        server.should_exit = True

    if with_input:
        hearing = threading.Thread(target=_until_input_ends, args=(loop, end), daemon=True)
        hearing.start()
    with _heard(loop, end), service.log.libraries():
        for other in others:
            await other.start()
        answering = asyncio.create_task(server.serve(sockets=[listening]))
        loading = asyncio.create_task(_loaded(service, on_ready))
        watching: asyncio.Task[None] | None = None
        try:
            await asyncio.wait({answering, loading}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                loading.result()  # raises what went wrong
                watching = asyncio.create_task(service.models.watch())
                await answering
        finally:
            server.should_exit = True
            await _cancelled([task for task in (loading, watching) if task is not None])
            await asyncio.gather(answering, return_exceptions=True)
            for other in others:
                other.end(grace_s)
                await other.ended()
            await service.models.end()
            service.log.event("ended")


def _until_input_ends(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """By the descriptor: a reader of Python's would hold a lock that its end needs."""
    while os.read(0, 1 << 12):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(end)


async def _loaded(service: Service, on_ready: Callable[[], None]) -> None:
    await service.models.load()
    on_ready()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _heard(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> Iterator[None]:
    """Within the block the signals that end a process call ``end`` in the loop."""
    before: dict[int, Any] = {}
    for number in _SIGNALS:
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
