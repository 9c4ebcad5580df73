"""Requests that no route and no socket may fail on: made from a seed, sent byte by byte.

Every request here is wrong in at least one way, so it must be refused; none may bring a status of
500 or more, a traceback, or an answer that is no JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

REFUSED = (400, 403, 404, 405, 409, 413, 422, 426)
#: What Tornado refuses before it knows the route: a plain answer, or the connection is closed.
CLOSED = 0

WORDS = ("points", "range", "again", "language", "chosen")
NUMBERS = (
    *("²", "١", "٣٤", "1e3", "0x10", "1.0", "-1", "0", "", " 5", "5 ", "+5", "1_0", "1441", "NaN"),
    *("9" * 23, "9" * 5000, "%00", "5%00", "%ff", "%c0%af", "%ed%a0%80", "%zz", "%", "%2", "[]"),
)
IDS = (
    *("..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%2fb", "%00", "a%00b", "%ff%fe", "%c0%ae%c0%ae"),
    *(
        "%ed%a0%80",
        "%e2%80%ae",
        "%e2%80%8f" * 9,
        "%",
        "%%",
        "%zz",
        "~",
        "*",
        "a" * 3000,
        "%0d%0aX:1",
    ),
    *("{id}", "<script>", "'; DROP", "%F0%9F%98%80", "C:%5Crun", "%5c%5chost", "last", "%0d%0aX:1"),
)
PATHS = (
    "/",
    "//",
    "/runs/",
    "/nothing",
    "/stream/x",
    "/runs/a/b/c",
    "/..%2f..",
    "/%00",
    "/%ff",
)
METHODS = ("DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "G\x00T", "X" * 300, "HEAD")
TOPICS = (
    *("", ":", "run:", "run:../..", "run:\x00", "run:" + "x" * 190, "x" * 4000, "\u202egpu", "GPU"),
    *(
        "links:²",
        "links:-1",
        "links:9999",
        "links:1:2",
        "links:٣",
        "gpu ",
        "owners\n",
        "\U0001f600",
    ),
    *(None, True, 3, 1.5, [], {}, ["gpu"], {"gpu": 1}),
)
SINCE = (True, -1, 1 << 70, 1.5, "7", [], {}, None, 9_007_199_254_740_993)
OPS = ("subscribe", "unsubscribe", "visible", "dance", "", None, True, 3, [], {}, "SUBSCRIBE")


def deep(depth: int, bracket: str = "[") -> bytes:
    """Nested brackets, open and closed again."""
    opened, closed = ('{"a":', "}") if bracket == "{" else ("[", "]")
    return (opened * depth + "1" + closed * depth).encode()


BODIES: tuple[bytes, ...] = (
    *(b"", b"{", b"null", b"[]", b"3", b'"stop"', b"true", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00"),
    *(b'{"ask": NaN}', b'{"ask": 1e999}', b'{"ask": "\\ud800"}', b'{"ask": ' + b"9" * 5000 + b"}"),
    *(b'{"ask": ["stop"]}', b'{"ask": {"stop": 1}}', b'{"ask": "stop", "when": null}', b"ask=stop"),
    *(b'{"ask": "abort"}', b'{"ask": "stop", "when": 3}', b'{"gpus": 3}', b'{"gpus": ["auto"]}'),
    *(
        b'{"gpus": "simulated:1xT4,seed=\xc2\xb2"}',
        b'{"gpus": "simulated:99xA100"}',
        b'{"gpus": ""',
    ),
    *(
        b'{"gpus": "simulated:1xT4,seed=' + b"9" * 5000 + b'"}',
        b'{"gpus": "\x00"}',
        b'{"a": 1}' * 2,
    ),
    *(b'{"ask": "st\xf6p"}', b'{"ask": "stop"' + b" " * 70_000 + b"}", b"\xed\xa0\x80", b"'stop'"),
    *(deep(100), deep(100_000), deep(10_000, "{"), b"[" * 100_000),
)
TYPES = (
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=",
    "image/png",
    "\xff",
    "",
)


@dataclass(frozen=True)
class Case:
    """One request: what is wrong with it, its bytes, and whether it reaches a route at all."""

    what: str
    content: bytes
    routed: bool = True


@dataclass
class Requests:
    """Malformed requests for a server at ``base`` (its base URL's path) with ``token``."""

    base: str
    token: str
    run_id: str
    random: random.Random
    _makers: list[Callable[[], Case]] = field(init=False)

    def __post_init__(self) -> None:
        self._makers = [
            *(self.query, self.id, self.body, self.method, self.stranger, self.path),
            *(self.handshake, self.broken),
        ]

    def __iter__(self) -> Iterator[Case]:
        """Endless; each kind in turn."""
        while True:
            for maker in self._makers:
                yield maker()

    def query(self) -> Case:
        """A value of a query that is none of those it can have, or one given twice."""
        word = self.random.choice(WORDS)
        value = self.random.choice([*NUMBERS[2:], "x" * 2000, "%e2%80%ae", "two"])
        if self.random.random() < 0.2:
            value = f"1&{word}=1"
        elif word in ("again", "chosen") and value in ("", "0", "5", "1"):
            value = "2"
        routes = {"points": "history", "range": "history", "again": "doctor"}
        route = routes.get(word, f"runs/{self.run_id}/output")
        return self._case("GET", f"/{route}?{word}={value or '%20'}", "query")

    def id(self) -> Case:
        """A run that is none: a path, a name, bytes that are no text."""
        wanted = self.random.choice(IDS)
        tail = self.random.choice(("", "/output", "/requests"))
        method, body = ("POST", b'{"ask": "stop"}') if tail == "/requests" else ("GET", None)
        return self._case(method, f"/runs/{wanted}{tail}", "id", body)

    def body(self) -> Case:
        """A body that is no request, to the two routes that take one."""
        body = self.random.choice(BODIES)
        if self.random.random() < 0.3:
            body = self.random.randbytes(self.random.randrange(200))
        target = self.random.choice((("POST", f"/runs/{self.run_id}/requests"), ("PUT", "/gpus")))
        return self._case(*target, "body", body, {"Content-Type": self.random.choice(TYPES)})

    def method(self) -> Case:
        """A method that the route does not have, or that nobody has."""
        method = self.random.choice(METHODS)
        route = self.random.choice(
            ("/runs", "/history", "/gpus", "/stream", f"/runs/{self.run_id}")
        )
        if method == "HEAD":
            method, route = "POST", "/snapshot"
        return self._case(method, route, "method", b"{}", routed=method.isalpha())

    def stranger(self) -> Case:
        """No token, or a wrong one, also for requests that act."""
        method, route = self.random.choice(
            (("GET", "/runs"), ("PUT", "/gpus"), ("POST", f"/runs/{self.run_id}/requests"))
        )
        token = self.random.choice(
            ("", "token ", "token wrong", "Bearer \xff", "Basic Og==", "token")
        )
        body = None if method == "GET" else b'{"ask": "stop", "gpus": "none"}'
        return self._case(method, route, "stranger", body, {"Authorization": token})

    def path(self) -> Case:
        """An address that there is not."""
        return self._case("GET", self.random.choice(PATHS), "path")

    def handshake(self) -> Case:
        """Not quite the beginning of a socket."""
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        wrong = self.random.choice(
            (
                ("Upgrade", "h2c"),
                ("Connection", "close"),
                ("Sec-WebSocket-Version", "99"),
                ("Sec-WebSocket-Key", ""),
                ("Authorization", "token wrong"),
            )
        )
        return self._case("GET", "/stream", "handshake", None, {**headers, wrong[0]: wrong[1]})

    def broken(self) -> Case:
        """Not HTTP, or more of it than a server takes."""
        line = f"GET {self.base}/runs HTTP/1.1\r\nHost: localhost\r\n".encode()
        content = self.random.choice(
            (
                line + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
                line + b"X: y\r\n" * 20_000 + b"\r\n",
                line + b"Content-Length: -5\r\n\r\n",
                line + b"Content-Length: 5, 6\r\n\r\nhello",
                line + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                line + b"No colon here\r\n\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                b"GET\r\n\r\n",
                line.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n",
            )
        )
        return Case("broken", content, routed=False)

    def _case(
        self,
        method: str,
        path: str,
        what: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        routed: bool = True,
    ) -> Case:
        told = {"Authorization": f"token {self.token}", **(headers or {})}
        if body is not None:
            told["Content-Length"] = str(len(body))
        lines = [f"{method} {self.base}{path} HTTP/1.1", "Host: localhost", "Connection: close"]
        # What a request says of its connection comes once.
        lines = [line for line in lines if line.partition(":")[0] not in told]
        lines += [f"{name}: {value}" for name, value in told.items()]
        head = "\r\n".join(lines).encode("utf-8")
        # A blank or a letter that is not ASCII in the address is no HTTP.
        routed = routed and " " not in path and path.isascii()
        return Case(f"{what} {method} {path[:60]}", head + b"\r\n\r\n" + (body or b""), routed)


@dataclass(frozen=True)
class Answer:
    """``status`` is 0 where the connection was closed without a word."""

    status: int
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether the body is an object with a reason."""
        try:
            return bool(json.loads(self.body)["message"])
        except (ValueError, KeyError, TypeError):
            return False


async def send(port: int, content: bytes, timeout_s: float = 20.0) -> Answer:
    """Send these bytes on a connection of their own and read the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(content)
        return await asyncio.wait_for(_answer(reader), timeout_s)
    except (asyncio.IncompleteReadError, ConnectionError):
        return Answer(CLOSED, b"")
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    length = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    body = await reader.readexactly(length[0]) if length else b""
    return Answer(int(head.split(b" ", 2)[1]), body)


def messages(chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """Endless messages that a socket must bear: (opcode, payload). 1 is text, 2 binary."""
    while True:
        topic, since = chance.choice(TOPICS), chance.choice(SINCE)
        request = {"op": chance.choice(OPS), "topic": topic, "from": since, "value": since}
        text = json.dumps(request).encode()
        yield 1, text
        yield 2, text[: chance.randrange(len(text))]
        yield 1, chance.choice(BODIES)[:16_000]
        yield (
            2,
            chance.choice((b"\xff", b"\xed\xa0\x80", b"", deep(4000), text.replace(b"-1", b"NaN"))),
        )
        yield 2, chance.randbytes(chance.randrange(60))


class RawSocket:
    """A WebSocket whose frames are written byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, base: str, token: str, *, limit: int = 1 << 16) -> RawSocket:
        """Connect to ``paddle-lab/stream``. ``limit`` bounds what is kept unread here."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {base}/stream?token={token} HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))
        return cls(reader, writer)

    def send(self, opcode: int, payload: bytes) -> None:
        """One whole frame, masked with zeros."""
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack("!H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", size)
        self.writer.write(head + b"\x00" * 4 + payload)

    def say(self, **request: object) -> None:
        """A request as the page sends it."""
        self.send(1, json.dumps(request).encode())

    async def read(self) -> tuple[int, bytes]:
        """The next frame: (opcode, payload). Raises IncompleteReadError at the end."""
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(size)

    def close(self) -> None:
        """Go without a word."""
        self.writer.close()
