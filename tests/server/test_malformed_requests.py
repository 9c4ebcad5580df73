"""No request fails the server: it is refused with a reason in JSON, and nothing is logged as ours.

``benchmarks/fuzz_server.py`` sends ten times as many to a server in a process of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import run_writer
from malformed_requests import CLOSED, REFUSED, RawSocket, Requests, messages, send
from tornado.httpclient import AsyncHTTPClient
from tornado.web import RequestHandler

from paddle_lab.runs import RunFolder
from paddle_lab.server import gpu_service, stream
from paddle_lab.server.base_handler import LARGEST_BODY, JsonRefusals, LabHandler
from paddle_lab.server.gpu_routes import SERVICE

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SEED = 20240
REQUESTS = 500


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "simulated:2xT4")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def run(registry_root: Path, tmp_path: Path) -> RunFolder:
    folder = run_writer.new_run(tmp_path / "work", registry_root)
    run_writer.write_run(folder, 5)
    return folder


@pytest.fixture
def base(jp_base_url: str) -> str:
    return f"{urlsplit(jp_base_url).path}paddle-lab"


@pytest.fixture
def port(http_server_client: Any, jp_http_port: int) -> int:
    """Of the server, which then listens."""
    return jp_http_port


@pytest.fixture
def token(jp_serverapp: Any) -> str:
    service = jp_serverapp.web_app.settings[SERVICE]
    service.fixed = False
    return str(jp_serverapp.identity_provider.token)


@pytest.fixture
def requests(run: RunFolder, base: str, token: str) -> Requests:
    return Requests(base, token, run.id, random.Random(SEED))


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as a fault of ours, or with a traceback."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.ERROR or (record.exc_info and record.levelno > logging.DEBUG)
    ]


async def test_every_malformed_request_is_refused_with_a_reason(
    requests: Requests, run: RunFolder, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    before = run.requests_path.exists()
    for case in itertools.islice(requests, REQUESTS):
        answer = await send(port, case.content)
        allowed = REFUSED if case.routed else (*REFUSED, CLOSED)
        assert answer.status in allowed, (case.what, answer)
        assert answer.is_json or not case.routed, (case.what, answer)
    assert faults(caplog) == []
    assert run.requests_path.exists() == before, "no run was asked anything"


async def test_a_large_body_is_refused_and_not_kept(
    run: RunFolder, base: str, token: str, port: int
) -> None:
    body = b'{"ask": "stop", "x": "' + b"x" * (2 << 20) + b'"}'
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for head, content in (
        (f"Content-Length: {len(body)}", body),
        ("Transfer-Encoding: chunked", chunks),
    ):
        lines = f"POST {base}/runs/{run.id}/requests HTTP/1.1\r\nHost: localhost\r\n{head}\r\n"
        lines += f"Authorization: token {token}\r\n\r\n"
        answer = await send(port, lines.encode() + content)
        assert (answer.status, answer.is_json) == (413, True)
    assert len(body) > LARGEST_BODY


async def test_a_request_with_a_cookie_needs_the_xsrf_token_too(
    run: RunFolder, base: str, token: str, port: int, jp_base_url: str
) -> None:
    login = await AsyncHTTPClient().fetch(
        f"http://localhost:{port}{jp_base_url}api/status?token={token}"
    )
    cookies = "; ".join(header.partition(";")[0] for header in login.headers.get_list("Set-Cookie"))
    assert "username" in cookies, "logged in"
    for extra, status in (("", 403), ("X-XSRFToken: wrong\r\n", 403)):
        content = f"POST {base}/runs/{run.id}/requests HTTP/1.1\r\nHost: localhost\r\n{extra}"
        content += f"Cookie: {cookies}\r\nContent-Length: 15\r\n\r\n" + '{"ask": "stop"}'
        answer = await send(port, content.encode())
        assert (answer.status, answer.is_json) == (status, True)
    assert not run.requests_path.exists()


async def test_who_may_only_read_cannot_act(
    run: RunFolder, base: str, token: str, port: int, jp_web_app: Any
) -> None:
    class Reader:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            return action == "read" and resource == "kernels"

    jp_web_app.settings["authorizer"] = Reader()
    for method, path, status in (
        ("GET", f"/runs/{run.id}", 200),
        ("POST", f"/runs/{run.id}/requests", 403),
        ("PUT", "/gpus", 403),
    ):
        body = '{"ask": "stop", "gpus": "none"}'
        content = f"{method} {base}{path} HTTP/1.1\r\nHost: localhost\r\n"
        content += f"Authorization: token {token}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        assert (await send(port, content.encode())).status == status
    assert not run.requests_path.exists()


def ours(web_app: Any) -> dict[str, type[RequestHandler]]:
    """All that the extension has registered, by pattern."""
    return {
        rule.matcher.regex.pattern: rule.target
        for group in web_app.default_router.rules
        for rule in getattr(group.target, "rules", [])
        if "/paddle-lab/" in getattr(getattr(rule.matcher, "regex", None), "pattern", "")
    }


async def test_no_route_can_forget_to_answer_its_errors(jp_web_app: Any) -> None:
    routes = ours(jp_web_app)
    assert len(routes) >= 12
    for pattern, handler in routes.items():
        assert issubclass(handler, (LabHandler, JsonRefusals)), pattern
        own = [name for name in ("get", "put", "post", "patch", "delete") if name in vars(handler)]
        if issubclass(handler, LabHandler):
            unanswered = [
                name
                for name in own
                if not hasattr(getattr(handler, name), "answers_errors_as_json")
            ]
            assert unanswered == [], pattern
        assert handler.auth_resource == "kernels", pattern


async def test_what_acts_takes_no_path_and_no_process_number(jp_web_app: Any) -> None:
    """Runs are named by their registered id, kernels by their registered name, checks by a number
    of the server's own, services by one of theirs (they are asked, not signalled); the file that
    `look` reads lies below the server's root (tests/server/test_looking.py).
    """
    acting = {
        re.sub(r"^.*/paddle-lab/", "", pattern)
        for pattern, handler in ours(jp_web_app).items()
        for name in ("post", "put", "patch", "delete")
        if name in vars(handler)
    }
    assert acting == {
        "runs/([^/]+)/requests$", "runs/([^/]+)/about$", "runs/([^/]+)$", "gpus$",
        "runs/([^/]+)/earlier$",
        "checks$", "checks/([0-9a-f]{16})$", "look$", "services/([0-9a-f]{16})$",
    }  # fmt: skip


async def test_nothing_that_a_tab_sends_ends_its_socket(
    base: str,
    token: str,
    port: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "REQUESTS_AT_ONCE", REQUESTS + 1)
    socket = await RawSocket.open(port, base, token, limit=1 << 22)
    for opcode, payload in itertools.islice(messages(random.Random(SEED)), REQUESTS):
        if opcode == 2 or payload.isascii():  # text that is no UTF-8 ends any WebSocket
            socket.send(opcode, payload)
    # The tab may have asked to be hidden, which is done.
    socket.say(op="visible", value=True)
    socket.say(op="subscribe", topic="links:1")
    socket.say(op="subscribe", topic="the last one")
    while True:
        opcode, line = await asyncio.wait_for(socket.read(), 30)
        assert opcode == 1
        if json.loads(line)["topic"] == "the last one":
            break
    socket.close()
    assert faults(caplog) == []


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [
        (1, b" " * (stream.LARGEST_MESSAGE + 1), 1009),
        (1, b"\xff\xfe", None),
        (8, b"\x03", None),
        (8, b"\x03\xe8\xff", None),
        (3, b"", None),
        (9, b"x" * 200, None),
    ],
    ids=["too long", "not UTF-8", "half a code", "reason", "unknown opcode", "long ping"],
)
async def test_what_is_no_websocket_ends_that_socket_alone(
    base: str,
    token: str,
    port: int,
    caplog: pytest.LogCaptureFixture,
    opcode: int,
    payload: bytes,
    code: int | None,
) -> None:
    socket = await RawSocket.open(port, base, token)
    socket.send(opcode, payload)
    told = b""
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        while True:
            _, told = await asyncio.wait_for(socket.read(), 20)
    if code is not None:
        assert int.from_bytes(told[:2], "big") == code
    other = await RawSocket.open(port, base, token)
    other.say(op="subscribe", topic="none")
    assert json.loads((await other.read())[1])["type"] == "gone"
    assert faults(caplog) == []


async def test_bytes_that_do_not_unpack_end_that_socket_alone(
    base: str, token: str, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Frames that say they are compressed and are not: Tornado lets zlib's error through."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {base}/stream?token={token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    head += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWJj\r\n"
    head += "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    writer.write(head.encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    junk = b"\xff" * 20
    with pytest.raises(zlib.error):
        zlib.decompress(junk, -15)
    writer.write(bytes([0xC1, 0x80 | len(junk)]) + b"\x00" * 4 + junk)
    await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert faults(caplog) == []


async def test_a_tab_that_asks_too_often_waits_and_the_others_do_not(
    base: str, token: str, port: int, jp_serverapp: Any
) -> None:
    storm = await RawSocket.open(port, base, token)
    for number in range(2000):
        storm.say(op="unsubscribe", topic=f"run:{number}")
    storm.say(op="subscribe", topic="none")
    other = await RawSocket.open(port, base, token)
    other.say(op="subscribe", topic="none")
    assert json.loads((await asyncio.wait_for(other.read(), 5))[1])["type"] == "gone"
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(storm.read(), 0.5)
    storm.close()
    other.close()


async def test_a_tab_that_does_not_read_is_closed(
    base: str,
    token: str,
    port: int,
    jp_serverapp: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "LARGEST_OUTBOX", 100_000)
    hub = jp_serverapp.web_app.settings["paddle_lab_hub"]
    published: list[Any] = []

    class Loud:
        def __init__(self, publish: Any) -> None:
            published.append(publish)

        async def start(self) -> None:
            pass

        async def stop(self) -> None:
            published.clear()

        async def initial_messages(self, since: int | None) -> list[dict[str, Any]]:
            return []

    hub.register("loud", lambda name, publish: Loud(publish))
    slow = await RawSocket.open(port, base, token)
    slow.say(op="subscribe", topic="loud")
    while not published:
        await asyncio.sleep(0.01)
    sent = 0
    while published:
        published[0]({"type": "delta", "text": "x" * 50_000})
        sent += 50_000
        assert sent < 64 << 20, "what the kernel's buffers take, and no more"
        await asyncio.sleep(0)
    assert hub.active == []
    slow.close()


async def test_a_tab_that_asks_and_does_not_read_waits_for_itself(
    base: str,
    token: str,
    port: int,
    jp_serverapp: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "MOST_UNREAD", 200_000)
    hub = jp_serverapp.web_app.settings["paddle_lab_hub"]
    asked: list[int] = []

    class Large:
        async def start(self) -> None:
            pass

        async def stop(self) -> None:
            pass

        async def initial_messages(self, since: int | None) -> list[dict[str, Any]]:
            asked.append(1)
            return [{"type": "snapshot", "text": "x" * 100_000}]

    hub.register("large", lambda name, publish: Large())
    slow = await RawSocket.open(port, base, token)
    for _ in range(150):
        slow.say(op="subscribe", topic="large")
    before = -1
    while len(asked) > before:
        before = len(asked)
        await asyncio.sleep(0.3)
    assert before < 150, "the rest is not given until it reads"
    for _ in range(150):
        await asyncio.wait_for(slow.read(), 20)
    assert len(asked) == 150, "a tab that reads gets all it asked for"
    slow.close()


async def test_an_old_sample_is_not_new_because_the_clock_was_set_back(
    jp_serverapp: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = jp_serverapp.web_app.settings[SERVICE]
    first = await service.fresh_sample()
    await asyncio.sleep(0.1)
    again = await service.fresh_sample(oldest_s=0.05)
    assert again.seq > first.seq
    assert gpu_service.FRESH_S < 5
    service.sampler.close()
