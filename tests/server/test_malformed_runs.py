"""Malformed run folders on a Jupyter server: the others are served, and nothing fails or hangs.

One server serves all shapes in turn: it takes longer to start than to serve a hundred of them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import malformed_runs
import pytest
import run_writer
from tab_socket import hear, say
from tornado.httpclient import HTTPClientError

from paddle_lab.runs import RunFolder

pytest_plugins = ["pytest_jupyter.jupyter_server"]
#: Far more than it takes: what needs longer hangs.
PATIENCE_S = 20.0
GOOD = {"first", "second", "third"}

Fetch = Callable[..., Awaitable[Any]]


@pytest.fixture
def jp_server_config(registry_root: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def bad(make_run: Callable[..., RunFolder], tmp_path: Path) -> RunFolder:
    """A run beside three good ones; a copy of it is kept aside, to be spoilt again and again."""
    for name in sorted(GOOD):
        run_writer.write_run(make_run(name=name), 20)
    folder = make_run(name="bad")
    run_writer.write_run(folder, 20)
    shutil.copytree(folder.path, tmp_path / "whole")
    return folder


@pytest.mark.slow
async def test_no_shape_hurts_the_server(
    bad: RunFolder,
    tmp_path: Path,
    jp_fetch: Fetch,
    jp_ws_fetch: Fetch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run_id = bad.id
    wrong: dict[str, object] = {}
    for name in sorted(malformed_runs.SHAPES):
        shutil.rmtree(bad.path)
        shutil.copytree(tmp_path / "whole", bad.path)
        malformed_runs.spoil(name, bad.path)
        caplog.clear()
        try:
            await asyncio.wait_for(serve(name, run_id, jp_fetch, jp_ws_fetch), PATIENCE_S)
        except (AssertionError, asyncio.TimeoutError) as error:
            wrong[name] = repr(error)
        if failures := [record.getMessage() for record in caplog.records if record.exc_info]:
            wrong[name] = failures
    assert wrong == {}


async def serve(name: str, run_id: str, fetch: Fetch, ws_fetch: Fetch) -> None:
    """Everything a page asks of the server, with one malformed run among the others."""
    readable = malformed_runs.SHAPES[name].readable
    answer = json.loads((await fetch("paddle-lab", "runs")).body)
    rows = {row["name"]: row for row in answer["runs"]}
    assert rows.keys() == {*GOOD, "bad"}
    assert {rows[good]["state"] for good in GOOD} == {"finished"}
    assert (rows["bad"]["state"] == "unreadable") is not readable
    asked = [
        await status_of(fetch, run_id),
        await status_of(fetch, run_id, "output"),
        await status_of(fetch, run_id, "requests", method="POST", body='{"ask": "stop"}'),
    ]
    assert asked[:2] == [200 if readable else 422] * 2
    assert asked[2] in (201, 400, 422)
    socket = await ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="runs")
    (told,) = await hear(socket, "runs")
    assert {run["name"]: run["state"] for run in told["runs"]} == {
        key: row["state"] for key, row in rows.items()
    }
    await say(socket, op="subscribe", topic=f"run:{run_id}")
    (about,) = await hear(socket, f"run:{run_id}")
    assert about["type"] == ("snapshot" if readable else about["type"])
    assert about["type"] in ("snapshot", "error", "gone")
    socket.close()


async def status_of(fetch: Fetch, run_id: str, *parts: str, **options: Any) -> int:
    """The status of an answer about a run; an error's is no exception."""
    try:
        answer = await fetch("paddle-lab", "runs", run_id, *parts, **options)
    except HTTPClientError as error:
        return int(error.code)
    return int(answer.code)
