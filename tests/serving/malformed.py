"""Requests that no route of a service may fail on, made from a seed.

Most are wrong in some way; one that happens to be right is answered. None may bring a fault, a
traceback, or the end of the service.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from malformed_requests import Answer, Requests

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x", "\u202e\x00\x1b[31m", "\ud7ff", "好" * 300, "<script>", [],
    {}, [[]], [{}], ["x", 3], {"text": {}}, {"text": ["x"]}, [["a", "b"]], [None], "../../etc",
)  # fmt: skip
KEYS = ("text", "texts", "text2", "model", "version", "long_text", "deadline_ms", "", "__proto__")
PATHS = ("/predict", "/models", "/metrics", "/docs", "/openapi.json", "/health/live", "//", "/%00")
MODELS = ("words", "", "other", "%00", "..%2f..%2fetc", "%ff", "w" * 3000, "words%2fversions", "词")
VERSIONS = ("1", "2", "", "%00", "-1", "9" * 400)
METHODS = (
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "TRACE",
    "CONNECT",
    "OPTIONS",
    "HEAD",
    "post",
    "G\x00T",
)
NAMES: tuple[Any, ...] = (
    "text", "text2", "input_ids", "token_type_ids", "", "x" * 201, 3, None, "\x00"
)  # fmt: skip
TYPES: tuple[Any, ...] = (
    "BYTES", "INT64", "INT32", "INT8", "UINT8", "BOOL", "FP32", "FP64", "FP16", "", "bytes", 7,
    None, [],
)  # fmt: skip
SHAPES: tuple[Any, ...] = ([1], [2], [1, 1], [1, 3], [0], [], [-1], [1 << 40], [1 << 31, 1 << 31],
                           [1] * 5, "1", None, [True], [1.0], [[1]], [1 << 62] * 4)  # fmt: skip
DATA: tuple[Any, ...] = (
    ["很好"], ["a", "b"], [], [[1, 2, 3]], [[2, 9, 3]], [-1], [1 << 62], [1e300], [None], "x", None,
    [[[[[[[[[1]]]]]]]]], [True, False], ["\ud7ff"], [{}], [10**18] * 3, [[2, 199, 3]],
    ["x" * 30_000],
)  # fmt: skip
LENGTHS = ("0", "1", "-1", "x", "99999999", "²", "9" * 400, "", "1 2", "+5")
#: What a request may be answered with, 0 for a connection that is closed.
ANSWERED = (0, 200, 400, 401, 404, 405, 408, 413, 414, 421, 426, 431)
_INSIDE = (b"Traceback", b'File "', b".py", b"paddle_lab/", b"Error(")


def tells_of_inside(text: bytes) -> bool:
    """Whether an answer has something of the service's own code."""
    return any(part in text for part in _INSIDE)


def is_fault(answer: Answer) -> bool:
    """Whether a request over HTTP met a mistake of the service."""
    return answer.status not in ANSWERED or tells_of_inside(answer.body)


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """The bytes with some changed, taken away or put in."""
    found = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(found) + 1)
        kind = chance.randrange(4)
        if kind == 0 and found:
            found[at % len(found)] = chance.randrange(256)
        elif kind == 1:
            del found[at : at + chance.randrange(1, 9)]
        elif kind == 2:
            found[at:at] = chance.randbytes(chance.randrange(1, 9))
        else:
            found[at:at] = found[: chance.randrange(len(found) + 1)]
    return bytes(found)


def bodies(seed: int, count: int) -> list[bytes]:
    """Bodies for ``POST /predict``."""
    chance = random.Random(seed)
    return [_body(chance) for _ in range(count)]


def _body(chance: random.Random) -> bytes:
    content = {chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randrange(1, 4))}
    body = json.dumps(content, ensure_ascii=chance.random() < 0.5).encode()
    if chance.random() < 0.4:
        body = spoilt(body, chance)
    if chance.random() < 0.1:
        body = body[: chance.randrange(len(body) + 1)]
    return body


def _tensor(chance: random.Random) -> dict[str, Any]:
    given = {
        "name": chance.choice(NAMES), "datatype": chance.choice(TYPES),
        "shape": chance.choice(SHAPES), "data": chance.choice(DATA),
        "parameters": chance.choice([{}, {"binary_data_size": chance.choice((0, 5, -1, 1 << 40))}]),
    }  # fmt: skip
    if chance.random() < 0.5:  # else nothing is ever wrong behind the first look
        given |= {"name": "text", "datatype": "BYTES", "shape": [1]}
    return {key: value for key, value in given.items() if chance.random() < 0.9}


def _inference(chance: random.Random) -> dict[str, Any]:
    return {
        "inputs": [_tensor(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 40)))],
        "outputs": chance.choice(([], [{"name": "answer"}], [{"name": "x"}], [3], {}, None)),
        "parameters": {chance.choice(KEYS): chance.choice(VALUES)},
        "id": chance.choice(("1", 3, None, "\ud7ff", "x" * 5000)),
    }


def http_requests(chance: random.Random) -> Iterator[bytes]:
    """Endless requests, each a connection's first bytes."""
    broken = Requests("", "", "x", chance)
    while True:
        yield _http("POST", "/predict", _body(chance))
        path = _model_path(chance)
        body = json.dumps(_inference(chance), ensure_ascii=chance.random() < 0.5).encode()
        yield _http("POST", path, body if chance.random() < 0.7 else spoilt(body, chance))
        rest = chance.randbytes(chance.randrange(40))
        length = chance.choice((*LENGTHS, str(len(body))))
        yield _http("POST", path, body + rest, {"Inference-Header-Content-Length": length})
        yield _http(chance.choice(METHODS), chance.choice((*PATHS, path)), b"{}")
        yield _http("GET", path.removesuffix("/infer") + chance.choice(("", "/ready", "/x")), b"")
        name = chance.choice(("Host", "Content-Encoding", "Authorization", "Accept-Language",
                              "Content-Type", "Expect", "Connection", "Upgrade"))  # fmt: skip
        value = chance.choice(("evil.example", "gzip", "Bearer x", "zh" * 99, "\xff", "", "h2c"))
        yield _http("POST", "/predict", b'{"text": "x"}', {name: value})
        yield broken.broken().content.replace(b"/runs", b"/models")


def _model_path(chance: random.Random) -> str:
    model = "words" if chance.random() < 0.7 else chance.choice(MODELS)
    version = "" if chance.random() < 0.7 else f"/versions/{chance.choice(VERSIONS)}"
    return f"/v2/models/{model}{version}/infer"


def _http(method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    told = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body))}
    told |= headers or {}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
