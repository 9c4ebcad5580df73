"""The run stream as a browser tab meets it: over a real Jupyter server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import run_writer
import tornado
from tornado.httpclient import HTTPClientError

from paddle_lab.runs import Registry, RunFolder
from paddle_lab.views.frozen import MIME

pytest_plugins = ["pytest_jupyter.jupyter_server"]
WAIT_S = 60


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def run(registry_root: Path, tmp_path: Path) -> RunFolder:
    return run_writer.new_run(tmp_path / "work", registry_root)


Connect = Callable[..., Awaitable[Any]]


@pytest.fixture
def connect(jp_ws_fetch: Any) -> Connect:
    """Open the socket and subscribe to a run."""

    async def open_socket(folder: RunFolder | None = None, since: int | None = None) -> Any:
        socket = await jp_ws_fetch("paddle-lab", "stream")
        if folder is not None:
            extra = {} if since is None else {"from": since}
            await ask(socket, op="subscribe", topic=f"run:{folder.id}", **extra)
        return socket

    return open_socket


async def ask(socket: Any, **request: Any) -> None:
    await socket.write_message(json.dumps(request))


async def hear(socket: Any) -> dict[str, Any]:
    line = await asyncio.wait_for(socket.read_message(), WAIT_S)
    assert line is not None, "the socket was closed"
    return dict(json.loads(line))


async def hear_until(socket: Any, found: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    heard = [await hear(socket)]
    while not found(heard[-1]):
        heard.append(await hear(socket))
    return heard


async def test_a_snapshot_then_only_what_is_new(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 10, end=False)
    socket = await connect(run)
    first = await hear(socket)
    assert first["type"] == "snapshot"
    assert first["snapshot"]["columns"]["step"] == list(range(1, 11))
    with run.open_log() as log:
        log.append("step", **run_writer.step_fields(11, 20))
    second = await hear(socket)
    assert second["type"] == "delta"
    assert [event["step"] for event in second["events"]] == [11]
    assert second["from"] == second["seq"] == first["seq"] + 1


async def test_the_end_brings_the_report(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 10, end=False)
    socket = await connect(run)
    await hear(socket)
    with run.open_log() as log:
        run_writer.finish(run, log, 10, "finished")
    heard = await hear_until(socket, lambda message: "patch" in message)
    while not any(event["kind"] == "end" for event in heard[-1]["events"]):
        heard.append(await hear(socket))
    assert heard[-1]["patch"]["report"]["rows"] == 1000


async def test_a_returning_tab_gets_only_what_it_missed(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 10, end=False)
    stays = await connect(run)
    whole = await hear(stays)
    leaves = await connect(run)
    await hear(leaves)
    leaves.close()
    with run.open_log() as log:
        for step in range(11, 14):
            log.append("step", **run_writer.step_fields(step, 20))
    await hear_until(stays, lambda message: message["seq"] == whole["seq"] + 3)
    returns = await connect(run, since=whole["seq"])
    missed = await hear(returns)
    assert missed["type"] == "delta"
    assert [event["step"] for event in missed["events"]] == [11, 12, 13]
    stranger = await connect(run, since=10_000)
    assert (await hear(stranger))["type"] == "snapshot"


async def test_a_hidden_tab_is_told_nothing_and_catches_up(
    run: RunFolder, connect: Connect, jp_serverapp: Any
) -> None:
    run_writer.write_run(run, 5, end=False)
    socket = await connect(run)
    whole = await hear(socket)
    await ask(socket, op="visible", value=False)
    hub = jp_serverapp.web_app.settings["paddle_lab_hub"]
    while hub.active:
        await asyncio.sleep(0.01)
    with run.open_log() as log:
        log.append("step", **run_writer.step_fields(6, 20))
    await ask(socket, op="visible", value=True)
    caught_up = await hear(socket)
    assert caught_up["seq"] == whole["seq"] + 1
    socket.close()
    while hub.active:
        await asyncio.sleep(0.01)


async def test_a_fast_run_is_thinned_to_the_budget(run: RunFolder, connect: Connect) -> None:
    with run.open_log() as log:
        log.append("phase", phase="train", total_steps=5000)
        socket = await connect(run)
        await hear(socket)
        for step in range(1, 3001):
            log.append("step", **run_writer.step_fields(step, 5000))
        heard = await hear_until(socket, lambda message: message["seq"] == 3000)
    deltas = [message for message in heard if message["type"] == "delta"]
    assert all(len(json.dumps(message)) <= 8192 for message in deltas)
    assert deltas[-1]["events"][-1]["step"] == 3000


async def test_torn_and_foreign_lines_are_survived(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 3, end=False)
    socket = await connect(run)
    whole = await hear(socket)
    seq = whole["seq"]
    with run.events_path.open("ab") as file:
        file.write(b'not json\n{"seq": %d, "kind": "end"}\n' % (seq + 1))
        file.write(b'{"seq": %d, "kind": "step", "t": 1, "step": 4, "loss": NaN}\n' % (seq + 2))
        file.write(b'{"seq": %d, "kind": "step", "t": 1, "step": 4, "loss": null}\n' % (seq + 2))
        file.write(b'{"seq": %d, "t": 2, "kind": "st' % (seq + 3))
        file.flush()
        heard = await hear_until(socket, lambda message: message["seq"] == seq + 2)
        file.write(b'ep", "step": 5, "loss": 0.5}\n')
        file.flush()
    assert heard[-1]["events"][-1]["loss"] is None
    last = await hear(socket)
    assert last["events"][0]["step"] == 5


async def test_a_vanished_folder_is_said_and_comes_back(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 3, end=False)
    socket = await connect(run)
    await hear(socket)
    aside = run.path.with_name("aside")
    run.path.rename(aside)
    gone = await hear(socket)
    assert gone["type"] == "gone"
    aside.rename(run.path)
    assert (await hear(socket))["type"] == "snapshot"


async def test_an_unreadable_log_is_said_and_comes_back(run: RunFolder, connect: Connect) -> None:
    run_writer.write_run(run, 3, end=False)
    aside = run.path / "aside.jsonl"
    run.events_path.rename(aside)
    run.events_path.mkdir()
    socket = await connect(run)
    said = await hear(socket)
    assert said["type"] == "error"
    assert "directory" in said["reason"]
    run.events_path.rmdir()
    aside.rename(run.events_path)
    assert (await hear(socket))["type"] == "snapshot"


async def test_only_registered_runs_are_served(
    run: RunFolder, connect: Connect, tmp_path: Path
) -> None:
    socket = await connect()
    secret = run_writer.new_run(tmp_path / "elsewhere", tmp_path / "other-registry")
    for topic in (f"run:{secret.id}", f"run:{secret.path}", "run:../../etc/passwd", "gopher", ""):
        await ask(socket, op="subscribe", topic=topic)
        assert (await hear(socket))["type"] == "gone"


async def test_nonsense_is_answered_and_the_socket_lives(run: RunFolder, connect: Connect) -> None:
    socket = await connect()
    for nonsense in ("{", "[]", "42", '{"op": "subscribe", "topic": 3}', '{"op": "dance"}'):
        await socket.write_message(nonsense)
        assert (await hear(socket))["type"] == "error"
    await ask(socket, op="subscribe", topic=f"run:{run.id}", **{"from": "seven"})
    assert (await hear(socket))["type"] == "snapshot"


async def test_http_lists_shows_and_asks(run: RunFolder, jp_fetch: Any) -> None:
    run_writer.write_run(run, 5)
    listed = json.loads((await jp_fetch("paddle-lab", "runs")).body)
    assert [item["id"] for item in listed["runs"]] == [run.id]
    shown = json.loads((await jp_fetch("paddle-lab", "runs", run.id)).body)
    assert shown["points"] == 5
    frozen = json.loads((await jp_fetch("paddle-lab", "runs", run.id, "output")).body)
    assert "text/html" in frozen["data"]
    for asked, kept in (("", None), ("&chosen=1", "zh")):
        params = dict(pair.split("=") for pair in f"language=zh{asked}".split("&"))
        answer = await jp_fetch("paddle-lab", "runs", run.id, "output", params=params)
        assert json.loads(answer.body)["data"][MIME].get("language") == kept
    body = json.dumps({"ask": "stop", "when": "epoch"})
    watcher = run.watch_requests()
    made = await jp_fetch("paddle-lab", "runs", run.id, "requests", method="POST", body=body)
    assert made.code == 201
    asked = watcher.poll()
    assert [(item.ask, item.when, item.source) for item in asked] == [("stop", "epoch", "server")]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("0000", '{"ask": "stop"}', 404),
        (None, '{"ask": "explode"}', 400),
        (None, '["stop"]', 400),
        (None, "{", 400),
    ],
)
async def test_http_refuses_with_reasons(
    run: RunFolder, jp_fetch: Any, path: str | None, body: str, code: int
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("paddle-lab", "runs", path or run.id, "requests", method="POST", body=body)
    assert refused.value.code == code
    assert json.loads(refused.value.response.body)["message"]


async def test_every_route_needs_a_login(jp_serverapp: Any, http_server_client: Any) -> None:
    """Walks the server's own table, so that a route added tomorrow is asked too."""
    rules = [
        rule
        for group in jp_serverapp.web_app.default_router.rules
        for rule in getattr(group.target, "rules", [])
    ]
    patterns = {rule.matcher.regex.pattern for rule in rules if hasattr(rule.matcher, "regex")}
    ours = sorted(pattern for pattern in patterns if "/paddle-lab/" in pattern)
    assert any(pattern.rstrip("$").endswith("paddle-lab/stream") for pattern in ours)
    assert len(ours) >= 5
    for pattern in ours:
        url = _example(pattern)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            body = "{}" if method in ("POST", "PUT", "PATCH") else None
            with pytest.raises(HTTPClientError) as refused:
                await http_server_client.fetch(
                    url, method=method, body=body, follow_redirects=False
                )
            assert refused.value.code in (403, 405), (method, url, refused.value.code)


def _example(pattern: str) -> str:
    import re

    return re.sub(r"\((?:\?P<\w+>)?[^()]*\)", "1a2b3c4d", pattern.rstrip("$").lstrip("^"))


async def test_the_socket_refuses_strangers(
    run: RunFolder, jp_serverapp: Any, jp_http_port: int, jp_base_url: str, jp_fetch: Any
) -> None:
    url = f"ws://localhost:{jp_http_port}{jp_base_url}paddle-lab/stream"
    for address in (url, f"{url}?token=wrong"):
        with pytest.raises(HTTPClientError) as refused:
            await tornado.websocket.websocket_connect(address)
        assert refused.value.code == 403


async def test_tokens_are_matched_and_nothing_of_paddle_is_loaded(
    run: RunFolder, connect: Connect, registry_root: Path
) -> None:
    import subprocess
    import sys

    code = (
        "import sys, paddle_lab.server, paddle_lab.views\n"
        "heavy = {'paddle', 'paddlenlp', 'matplotlib', 'pandas', 'datasets', 'IPython', "
        "'anywidget'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]", loaded.stderr
    assert Registry(registry_root).get(run.id) is not None
