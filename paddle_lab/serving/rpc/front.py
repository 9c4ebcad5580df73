"""The gRPC server: it listens beside the HTTP server, in the same event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import grpc

from paddle_lab.serving.guard import Service
from paddle_lab.serving.listening import Address, listen_on
from paddle_lab.serving.oip import methods as oip
from paddle_lab.serving.problems import port_taken
from paddle_lab.serving.rpc import health
from paddle_lab.serving.rpc.messages import HEALTH, INFERENCE

#: The option that names its port.
OPTION: Final = "--grpc-port"
#: Clients that ask more often whether the connection is there are told to leave.
_SHORTEST_PING_MS: Final = 10_000
_KEEP_ALIVE_MS: Final = 60_000
#: How long calls are refused by name before the library takes none: it would cancel those that it
#: has heard of and not begun, which tells a client less.
_REFUSING_S: Final = 0.5
_KEEP_ALIVE_TIMEOUT_MS: Final = 20_000
#: As a set of bits: what is not compressed. A small message could become a large one.
_UNCOMPRESSED: Final = 1


class Front:
    """A server that takes requests between :meth:`start` and :meth:`end`.

    ``address`` is how a client on this machine calls it, once it is started; port 0 takes a free
    one.
    """

    def __init__(self, service: Service, address: Address) -> None:
        self.address = ""
        self._service, self._asked = service, address
        self._server: Any = None
        self._ending: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen. Raises ServerError where that cannot be."""
        self._server = grpc.aio.server(
            options=_options(self._service), maximum_concurrent_rpcs=2 * self._service.most_requests
        )
        for name, methods in _services(self._service).items():
            handlers = grpc.method_handlers_generic_handler(name, methods)
            self._server.add_generic_rpc_handlers((handlers,))
        host, port = self._asked.host, self._asked.port
        shown = f"[{host}]" if ":" in host else host
        try:
            port = self._server.add_insecure_port(f"{shown}:{port}")
        except RuntimeError as error:
            listen_on(self._asked, OPTION).close()  # says why, which the library does not
            raise port_taken(host, port, str(error)[:300], OPTION) from error
        await self._server.start()
        local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(shown, shown)
        self.address = f"{local}:{port}"

    def end(self, grace_s: float) -> None:
        """Take no more; what was begun has so long. May be called again with less time."""
        if self._server is not None:
            self._ending.append(asyncio.ensure_future(self._stop(grace_s)))

    async def ended(self) -> None:
        """Wait until nothing runs any more."""
        await asyncio.gather(*self._ending)

    async def _stop(self, grace_s: float) -> None:
        if grace_s > 0:
            await asyncio.sleep(_REFUSING_S)
        await self._server.stop(grace_s if grace_s > 0 else None)


def _options(service: Service) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # two services on one port would share its clients
        ("grpc.max_receive_message_length", service.bounds.body),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", service.most_requests),
        ("grpc.compression_enabled_algorithms_bitset", _UNCOMPRESSED),
        ("grpc.keepalive_time_ms", _KEEP_ALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEP_ALIVE_TIMEOUT_MS),
        ("grpc.http2.min_ping_interval_without_data_ms", _SHORTEST_PING_MS),
    ]


def _services(service: Service) -> Mapping[str, Mapping[str, Any]]:
    return {INFERENCE: oip.methods(service), HEALTH: health.methods(service)}
