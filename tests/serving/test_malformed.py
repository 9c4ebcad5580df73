"""Requests that somebody made up: each is answered in plain words, and the service goes on."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from malformed_requests import send
from serving.asking import Client, served
from serving.calling import Caller, texts_given
from serving.malformed import PATHS, bodies, http_requests, is_fault, tells_of_inside
from serving.malformed_calls import answer_to, calls, connections, is_failure
from serving.process import Served
from word_model import word_bundle

from paddle_lab.serving.models import Place
from paddle_lab.serving.requests import Bounds


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
                    assert not tells_of_inside(reply.body)
            assert (await client.ask("/predict", {"text": "很好"})).status == 200
            assert not any(event["event"] == "fault" for event in client.events())

    asyncio.run(story())


def test_made_up_calls_are_answered_and_nothing_breaks(
    call: Callable[..., None], words: Place
) -> None:
    chance = random.Random(0)

    async def story(client: Client, caller: Caller) -> None:
        for case in itertools.islice(calls(chance), 400):
            found = await caller.call(
                case.method, case.content, service=case.service, answer="",
                headers=dict(case.headers), timeout=5,
            )  # fmt: skip
            assert not is_failure(found), (case, found)
        assert (await caller.infer(texts_given(["很好"], raw=True))).status == "OK"
        assert not any(event["event"] == "fault" for event in client.events())

    call(story, words, bounds=Bounds(body=50_000))


@pytest.mark.slow
def test_a_real_service_bears_requests_and_connections_that_are_made_up(
    serve: Callable[..., Served], real_bundle: Path
) -> None:
    service = serve(f"words={real_bundle}", "--grpc-port", "0", "--deadline", "2")
    (serving,) = service.events("serving")
    grpc_port = int(serving["grpc"].rpartition(":")[2])
    chance = random.Random(0)

    async def story() -> None:
        for content in itertools.islice(http_requests(chance), 400):
            answer = await send(service.port, content)
            assert not is_fault(answer), (content[:300], answer)
        for content in itertools.islice(connections(chance), 100):
            assert not tells_of_inside(await answer_to(grpc_port, content))
        caller = Caller(serving["grpc"])
        given = texts_given(["很好"], raw=True)
        assert (await caller.infer(given, timeout=30)).status == "OK"
        await caller.channel.close()

    asyncio.run(story())
    assert service.ask("/predict", {"text": "很好"})[0] == 200
    assert "Traceback" not in service.log() and not service.events("fault")
    assert not [one for one in service.events("library") if one["kind"] is not None]
    # Beside the two lines for people all is JSON, also what libraries say.
    spoken = [line for line in service.log().splitlines() if not line.startswith("{")]
    assert [line.partition(" ")[0] for line in spoken] == ["Ready:", "gRPC"], spoken
    assert service.terminate() == 0
