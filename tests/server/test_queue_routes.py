"""What a page asks of the queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_lab.queue import asking, store
from paddle_lab.runs import RunFolder

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(registry_root: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def waiting(make_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Two runs in line, with nobody to begin them."""
    monkeypatch.setattr(asking, "supervise", lambda: None)
    folders = [make_run(name=name) for name in ("first", "second")]
    for folder in folders:
        asking.add(folder)
    return folders


async def test_a_waiting_run_comes_one_place_earlier(
    waiting: list[RunFolder], jp_fetch: Any
) -> None:
    route = "paddle-lab", "runs", waiting[1].id, "earlier"
    for _ in range(2):
        answer = await jp_fetch(*route, method="POST", body="")
        assert json.loads(answer.body) == {"place": 1}, "the next one stays the next one"
    assert [one.run for one in store.read().waiting] == [waiting[1].id, waiting[0].id]


async def test_a_run_that_does_not_wait_is_not_moved(
    waiting: list[RunFolder], make_run: Callable[..., RunFolder], jp_fetch: Any
) -> None:
    for run, status, code in ((make_run().id, 409, "run.queue"), ("../x", 404, "run.unknown")):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch(
                "paddle-lab", "runs", run.replace("/", "%2F"), "earlier", method="POST", body=""
            )
        assert refused.value.code == status
        assert json.loads(refused.value.response.body)["error"]["code"] == code
    assert [one.run for one in store.read().waiting] == [folder.id for folder in waiting]
