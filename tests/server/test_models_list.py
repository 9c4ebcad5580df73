"""What the page of models is told: the list of ``%ernie_models``, made by a process of its own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tornado.httpclient import HTTPClientError

from paddle_lab.server import models_list
from paddle_lab.server.child import Ended

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab" / "server" / "page.schema.json").read_text("utf-8")
)


@pytest.fixture
def jp_server_config(registry_root: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The answers of the processes that are started, one after the other."""
    answers: list[bytes] = []

    async def run_child(words: list[str], *, limit_s: float) -> Ended:
        await asyncio.sleep(0.05)
        return Ended(0, answers.pop(0))

    monkeypatch.setattr(models_list, "run_child", run_child)
    return answers


@pytest.mark.slow
async def test_every_model_by_name(jp_fetch: Any) -> None:
    answer = json.loads((await jp_fetch("paddle-lab", "models", request_timeout=120)).body)
    schema = {"$ref": "#/$defs/Models", "$defs": SCHEMA["$defs"], "unevaluatedProperties": False}
    jsonschema.Draft202012Validator(schema).validate(answer)
    first = answer["models"][0]
    assert (first["name"], first["here"]) == ("ernie-lab-mini", True)


async def test_one_list_is_made_for_all_who_ask_at_once(made: list[bytes], jp_fetch: Any) -> None:
    made += [b'{"models": 1}', b'{"models": 2}']
    answers = await asyncio.gather(*(jp_fetch("paddle-lab", "models") for _ in range(3)))
    assert [json.loads(answer.body) for answer in answers] == [{"models": 1}] * 3


async def test_a_process_that_died_is_told_and_asked_anew(made: list[bytes], jp_fetch: Any) -> None:
    made += [b'{"mod', b'{"models": 2}']
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("paddle-lab", "models")
    assert json.loads(refused.value.response.body)["error"]["code"] == "server.look_failed"
    assert json.loads((await jp_fetch("paddle-lab", "models")).body) == {"models": 2}
