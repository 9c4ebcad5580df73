"""The connection by which the leader's decisions reach the other ranks of a run.

Paddle's collectives on a CPU give up after 30 seconds, so that nobody may come late to one. Here a
rank waits for as long as the others live: whoever ends closes its connection, which all others
hear at once. One exchange is a line of each follower ("I am here") and a line of the leader.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import socket
import time
from typing import Any, Final

_LONGEST: Final = 64 * 1024 * 1024
_HELLO_S: Final = 10.0
_RETRY_S: Final = 0.05
#: A machine that went away without a word is missed after about a minute.
_KEEPALIVE: Final = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


class PeersLost(BaseException):
    """Another rank has ended: this one cannot go on. Not an error of its own.

    No Exception, so that nothing on the way takes it for a failure of what it does; the supervisor
    knows which rank was the first to end, and why.
    """


class Channel:
    """One rank's end of the connection; :meth:`agree` is all that is done with it."""

    def __init__(self, peers: list[socket.socket], *, leads: bool) -> None:
        self._peers = peers
        self._files = [peer.makefile("rb") for peer in peers]
        self._leads = leads

    def agree(self, value: Any = None) -> Any:
        """The leader's ``value`` (what JSON can hold), on every rank, once all have come here.

        Raises PeersLost.
        """
        if not self._leads:
            self._send(b"\n")
            return json.loads(self._line(0))
        for number in range(len(self._peers)):
            self._line(number)
        self._send(json.dumps(value).encode("utf-8") + b"\n")
        return value

    def close(self) -> None:
        """Leave: the others hear it."""
        for file, peer in zip(self._files, self._peers, strict=True):
            with contextlib.suppress(OSError):
                file.close()
            with contextlib.suppress(OSError):
                peer.close()

    def _send(self, line: bytes) -> None:
        try:
            for peer in self._peers:
                peer.sendall(line)
        except OSError as error:
            raise PeersLost(str(error)) from error

    def _line(self, number: int) -> bytes:
        try:
            line = self._files[number].readline(_LONGEST)
        except OSError as error:
            raise PeersLost(str(error)) from error
        if not line.endswith(b"\n"):
            raise PeersLost("a rank has closed its connection")
        return line


def lead(listening: socket.socket, size: int, token: str) -> Channel:
    """Take in the ``size`` - 1 others; connections without the ``token`` are closed.

    Waits until all have come: the supervisor ends whoever waits in vain.
    """
    found: dict[int, socket.socket] = {}
    listening.settimeout(None)
    while len(found) < size - 1:
        peer, _ = listening.accept()
        rank = _hello(peer, token)
        if rank is None or not 0 < rank < size or rank in found:
            peer.close()
            continue
        _set_up(peer)
        found[rank] = peer
    return Channel([found[rank] for rank in sorted(found)], leads=True)


def follow(address: tuple[str, int], rank: int, token: str) -> Channel:
    """Connect to the leader, as soon as it listens. Raises PeersLost when it went meanwhile."""
    while True:
        try:
            peer = socket.create_connection(address, timeout=_HELLO_S)
            break
        except OSError:
            time.sleep(_RETRY_S)  # not there yet; the supervisor ends a rank that waits in vain
    peer.settimeout(None)
    _set_up(peer)
    try:
        peer.sendall(json.dumps([token, rank]).encode("utf-8") + b"\n")
    except OSError as error:
        raise PeersLost(str(error)) from error
    return Channel([peer], leads=False)


def _hello(peer: socket.socket, token: str) -> int | None:
    """The rank that a new connection says it is; None for one that is none of ours."""
    peer.settimeout(_HELLO_S)
    try:
        # By the byte: what follows the line is for the file that is made of the connection later.
        line = bytearray()
        while not line.endswith(b"\n") and len(line) < 1024:
            if not (byte := peer.recv(1)):
                return None
            line += byte
        told, rank = json.loads(line.decode("utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    known = isinstance(told, str) and hmac.compare_digest(told.encode(), token.encode())
    peer.settimeout(None)
    return rank if known and type(rank) is int else None


def _set_up(peer: socket.socket) -> None:
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
