"""Run folders on a disk that does not answer: said, and everything else goes on."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
import run_writer
from tab_socket import hear, say
from tornado.httpclient import HTTPClientError

from paddle_lab.server.gpu_routes import SERVICE

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "simulated:2xT4")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def answers(jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The disk of the runs; it answers when this is set."""
    service = jp_serverapp.web_app.settings[SERVICE]
    service.readers._limit_s = 0.3
    found = threading.Event()
    real = service.runs._board.refresh

    def refresh() -> Any:
        found.wait(60)
        return real()

    monkeypatch.setattr(service.runs._board, "refresh", refresh)
    yield found
    found.set()
    service.sampler.close()


@pytest.mark.slow
async def test_the_rest_goes_on_and_the_runs_come_when_the_disk_does(
    jp_fetch: Any, jp_ws_fetch: Any, make_run: Any, answers: threading.Event, caplog: Any
) -> None:
    run_writer.write_run(make_run(name="night"), 5)
    socket = await jp_ws_fetch("paddle-lab", "stream")
    for topic in ("runs", "gpu", "alerts", "owners"):
        await say(socket, op="subscribe", topic=topic)
    assert (await hear(socket, "runs"))[0]["runs"] == [], "what is known, which is nothing"
    assert len(await hear(socket, "gpu", 3)) == 3
    for path in ("snapshot", "runs"):
        with pytest.raises(HTTPClientError) as refused:
            await asyncio.wait_for(jp_fetch("paddle-lab", path), 20)
        assert refused.value.code == 503
        reason = json.loads(refused.value.response.body)
        assert reason["error"]["code"] == "server.disk_silent"
    assert json.loads((await jp_fetch("paddle-lab", "history")).body)["tracks"]
    answers.set()
    (delta,) = await hear(socket, "runs")
    assert [run["name"] for run in delta["runs"]] == ["night"]
    assert json.loads((await jp_fetch("paddle-lab", "runs")).body)["runs"]
    socket.close()
    assert not [record for record in caplog.records if record.exc_info], "no fault of ours"
