"""A service of this user is an owner in the snapshot, and is ended by its id."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_lab.serving.announced import services

pytest_plugins = ["pytest_jupyter.jupyter_server"]

SERVICE = """
import time
from paddle_lab.serving.announced import announced
with announced("http://127.0.0.1:8123", ["reviews"]):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Any) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "none")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def service() -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    yield child
    child.kill()
    child.wait()


async def test_it_is_seen_with_what_it_holds_and_ended(
    jp_fetch: Any, service: subprocess.Popen[str]
) -> None:
    owners = json.loads((await jp_fetch("paddle-lab", "snapshot")).body)["owners"]
    (owner,) = [one for one in owners if one["kind"] == "service"]
    assert (owner["name"], owner["port"], owner["memory"]) == ("reviews", 8123, {})
    assert owner["total"] > 1 << 20
    assert owner["key"] == f"service:{services()[0].id}"
    answer = await jp_fetch("paddle-lab", "services", services()[0].id, method="DELETE")
    assert answer.code == 204
    assert service.wait(30) != 0


async def test_one_that_is_none_is_not_found(jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("paddle-lab", "services", "0123456789abcdef", method="DELETE")
    assert refused.value.code == 404
    assert "has ended" in json.loads(refused.value.response.body)["message"]
