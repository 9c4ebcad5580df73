"""Calls over gRPC that no method of a service may fail on, made from a seed; connections, too."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from serving.calling import Outcome
from serving.malformed import KEYS, NAMES, TYPES, VERSIONS, spoilt, tells_of_inside

from paddle_lab.serving.rpc.messages import HEALTH, INFERENCE, message

#: What a call may end with.
ENDED = ("OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED", "UNIMPLEMENTED",
         "UNAUTHENTICATED", "DEADLINE_EXCEEDED")  # fmt: skip
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TEXTS = ([b"x"], ["好".encode()], [b"\xff"], [b""] * 300)
DATA = (
    b"", b"\x00", b"\x01\x00\x00\x00\x02\x1f\x8b", b"\x00\xff\xff\xff\xff",
    b"\x00\x00\x00\x00\x03\xff\xff\xff",
)  # fmt: skip


@dataclass(frozen=True)
class CallCase:
    """A call: bytes in the place of a message, and how it is made."""

    what: str
    service: str
    method: str
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()


def is_failure(outcome: Outcome) -> bool:
    """Whether a call met a mistake of the service."""
    fault = outcome.status not in ENDED or outcome.code == "server.fault"
    return fault or tells_of_inside(outcome.said.encode())


async def answer_to(port: int, content: bytes, wait_s: float = 0.2) -> bytes:
    """What a connection is told that begins with these bytes, until it is closed or silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    try:
        writer.write(content)
        while part := await asyncio.wait_for(reader.read(1 << 16), wait_s):
            found += part
    except (TimeoutError, asyncio.TimeoutError, ConnectionError):
        return found
    finally:
        writer.close()
    return found


def calls(chance: random.Random) -> Iterator[CallCase]:
    """Endless calls over gRPC."""
    names = ("ServerLive", "ServerReady", "ServerMetadata", "ModelReady", "ModelMetadata")
    while True:
        given = _message(chance)
        yield CallCase("tensors", INFERENCE, "ModelInfer", given)
        yield CallCase("spoilt", INFERENCE, "ModelInfer", spoilt(given, chance))
        yield CallCase("random", INFERENCE, "ModelInfer", chance.randbytes(chance.randrange(200)))
        asked = message("ModelReadyRequest")(
            name=chance.choice(("words", "", "other", "词" * 999)), version=chance.choice(VERSIONS)
        )
        yield CallCase("names", INFERENCE, chance.choice(names), asked.SerializeToString())
        yield CallCase("names", INFERENCE, chance.choice(names), spoilt(given, chance))
        yield CallCase("health", HEALTH, chance.choice(("Check", "Watch")),
                       chance.choice((b"", b"\xff", asked.SerializeToString())))  # fmt: skip
        service = chance.choice(("", "a", INFERENCE, "x" * 900))
        method = chance.choice(("", "ModelStreamInfer", "modelinfer", "%00"))
        yield CallCase("method", service, method, b"")
        headers = (
            (chance.choice(("authorization", "accept-language", "x-any", "grpc-timeout-x")),
             chance.choice(("", "Bearer x", "zh", "x" * 3000, " "))),
        )  # fmt: skip
        yield CallCase("metadata", INFERENCE, "ModelInfer", given, headers)


def _message(chance: random.Random) -> bytes:
    """A request for an inference whose parts need not fit."""
    given = message("ModelInferRequest")(
        model_name="words" if chance.random() < 0.8 else chance.choice(("", "other", "词" * 500)),
        model_version=chance.choice(("", "", "", "1", "2")), id=chance.choice(("", "7", "x" * 500)),
    )  # fmt: skip
    for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 40))):
        tensor = given.inputs.add(
            name=chance.choice([name for name in NAMES if isinstance(name, str)]),
            datatype=chance.choice([kind for kind in TYPES if isinstance(kind, str)]),
            shape=chance.choice(([1], [1], [2], [1, 3], [0], [], [-1], [1 << 40], [1 << 62] * 4)),
        )
        if chance.random() < 0.6:
            tensor.name, tensor.datatype = "text", "BYTES"
        _fill(tensor.contents, chance)
    for _ in range(chance.choice((0, 0, 1, 40))):
        given.outputs.add(name=chance.choice(("answer", "logits", "", "x" * 300)))
    if chance.random() < 0.4:
        key = chance.choice(KEYS)
        _choose(given.parameters[key], chance)
    if chance.random() < 0.5:
        for tensor in given.inputs:
            if chance.random() < 0.8:
                tensor.ClearField("contents")
        for _ in range(chance.choice((len(given.inputs), len(given.inputs), 1, 3))):
            given.raw_input_contents.append(_raw(chance))
    return bytes(given.SerializeToString())


def _fill(contents: Any, chance: random.Random) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        contents.bytes_contents.extend(
            chance.choice(([b"x"], ["好".encode()], [b"\xff"], [b""] * 300))
        )
    elif kind == 1:
        contents.int64_contents.extend(chance.choice(([2, 9, 3], [-1], [1 << 62], [0] * 99)))
    elif kind == 2:
        contents.fp32_contents.extend((float("nan"), float("inf")))
    elif kind == 3:
        contents.int_contents.extend((1, -(1 << 31)))
        contents.bool_contents.append(True)


def _choose(parameter: Any, chance: random.Random) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        parameter.bool_param = True
    elif kind == 1:
        parameter.int64_param = chance.choice((0, -1, 50, 1 << 62))
    elif kind == 2:
        parameter.string_param = chance.choice(("", "windows", "x" * 5000))
    elif kind == 3:
        parameter.double_param = chance.choice((float("nan"), float("inf"), -1.0, 1e308))


def _raw(chance: random.Random) -> bytes:
    """Bytes of a tensor: right, cut, or with lengths that are not there."""
    text = "很好".encode()
    return chance.choice((
        struct.pack("<I", len(text)) + text, struct.pack("<I", 1 << 31) + text, b"", b"\x00",
        struct.pack("<I", 2) + b"\xff\xff", struct.pack("<qqq", 2, 9, 3), struct.pack("<q", -1),
        chance.randbytes(chance.randrange(40)), b"\x00" * 4000,
    ))  # fmt: skip


def connections(chance: random.Random) -> Iterator[bytes]:
    """Endless beginnings of a connection of HTTP/2 that no client of gRPC would send."""
    headers = _headers()
    while True:
        wrong = dict(headers)
        key = chance.choice(list(headers))
        value = chance.choice(
            ("", "x", "GET", "text/plain", "\x00", "x" * 100, b"/\xff", b"\xff\xfe")
        )
        wrong[key] = value
        data = chance.choice((*DATA, chance.randbytes(30)))
        frame = chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 200))
        yield (
            _PREFACE
            + _frame(4, 0, 0, b"")
            + _frame(1, 4, 1, _packed(wrong))
            + _frame(0, 1, 1, data)
        )
        yield (
            _PREFACE + _frame(4, 0, 0, b"")
            + _frame(frame, chance.randrange(256), chance.choice((0, 1, 2, 1 << 31)),
                     chance.randbytes(chance.randrange(40)))
        )  # fmt: skip
        yield _PREFACE + chance.randbytes(chance.randrange(200))
        yield spoilt(_PREFACE + _frame(4, 0, 0, b"") + _frame(1, 4, 1, _packed(headers)), chance)
        yield b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        yield chance.randbytes(chance.randrange(1, 100))


def beginning(path: bytes) -> bytes:
    """A connection that calls a method of this path, with an empty message."""
    packed = _packed({**_headers(), ":path": path})
    return _PREFACE + _frame(4, 0, 0, b"") + _frame(1, 4, 1, packed) + _frame(0, 1, 1, b"\x00" * 5)


def _headers() -> dict[str, str | bytes]:
    return {
        ":method": "POST", ":scheme": "http", ":path": f"/{INFERENCE}/ModelInfer",
        ":authority": "localhost", "content-type": "application/grpc", "te": "trailers",
    }  # fmt: skip


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return struct.pack("!I", len(content))[1:] + struct.pack("!BBI", kind, flags, stream) + content


def _packed(headers: dict[str, str | bytes]) -> bytes:
    """Headers as they travel: names and values as they are, kept in no table."""
    found = b""
    for name, value in headers.items():
        content = value if isinstance(value, bytes) else value.encode()
        for first, part in ((b"\x00", name.encode()), (b"", content)):
            found += first + bytes([len(part)]) + part
    return found
