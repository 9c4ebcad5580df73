"""The socket that the service listens on."""

from __future__ import annotations

import asyncio
import socket

import pytest

from paddle_lab.errors import ServerError
from paddle_lab.serving.listening import Address, listen_on, url_of


def test_small_answers_are_sent_at_once() -> None:
    """Else an answer in two packets waits for the client's word on the first: 40 ms each time."""

    async def accepted() -> int:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[int] = loop.create_future()

        def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer: socket.socket = writer.get_extra_info("socket")
            found.set_result(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = listen_on(Address(port=0))
        port = listening.getsockname()[1]
        async with await asyncio.start_server(meet, sock=listening):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            value = await asyncio.wait_for(found, 10)
            writer.close()
        return value

    assert asyncio.run(accepted())


def test_a_taken_port_is_said_with_its_address() -> None:
    with listen_on(Address(port=0)) as listening:
        port = listening.getsockname()[1]
        assert url_of(listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(ServerError, match=str(port)):
            listen_on(Address(port=port))
