"""Requests that somebody made up: each is answered in plain words, and the service goes on."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from serving.asking import served
from word_model import word_bundle

from paddle_lab.serving.models import Place
from paddle_lab.serving.requests import Bounds

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x", "\u202e\x00\x1b[31m", "\ud7ff", "好" * 300, "<script>", [],
    {}, [[]], [{}], ["x", 3], {"text": {}}, {"text": ["x"]}, [["a", "b"]], [None], "../../etc",
)  # fmt: skip
KEYS = ("text", "texts", "text2", "model", "version", "long_text", "deadline_ms", "", "__proto__")
PATHS = ("/predict", "/models", "/metrics", "/docs", "/openapi.json", "/health/live", "//", "/%00")


def bodies(seed: int, count: int) -> list[bytes]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        content = {
            chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randrange(1, 4))
        }
        body = json.dumps(content, ensure_ascii=chance.random() < 0.5).encode()
        if chance.random() < 0.4:
            spoilt = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            body = bytes(spoilt)
        if chance.random() < 0.1:
            body = body[: chance.randrange(len(body))]
        found.append(body)
    return found


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(9))])
def test_made_up_requests_are_answered_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)

    async def story() -> None:
        place = Place("words", "1", word_bundle(tmp_path / "words"))
        async with served(monkeypatch, place, bounds=Bounds(body=5000)) as client:
            for body in bodies(seed, 500):
                path = "/predict" if chance.random() < 0.9 else chance.choice(PATHS)
                headers = {"accept-language": chance.choice(["zh", "en", "\x00", "zz" * 99])}
                reply = await client.ask(path, body, headers=headers)
                assert reply.status in (200, 400, 404, 405, 413), (path, body, reply.body)
                if reply.status != 200:
                    assert reply.json["error"]["code"] != "server.fault", body
                    assert b"Traceback" not in reply.body and b"File " not in reply.body
            assert (await client.ask("/predict", {"text": "很好"})).status == 200
            assert not any(event["event"] == "fault" for event in client.events())

    asyncio.run(story())
