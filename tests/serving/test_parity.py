"""One text has one answer, over HTTP, over gRPC and in a notebook."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import ROWS
from serving.asking import Client
from serving.calling import Caller, asking_for, texts_given
from serving.process import Served, same
from word_model import word_predictor

from paddle_lab.serving.models import Place

CHARS = sorted({char for row in ROWS for char in row} | set("xyz 😀\u3000\n"))


def texts(count: int) -> list[str]:
    """Reviews that nobody wrote: of the characters that the tokenizer knows, of any length."""
    chance = random.Random(7)
    made = ["".join(chance.choices(CHARS, k=chance.randrange(60))) for _ in range(count)]
    return [*ROWS, *made][:count]


def answers_in(message: Any) -> list[Any]:
    return [json.loads(one) for one in message.outputs[0].contents.bytes_contents]


def rest_request(rows: list[str]) -> dict[str, Any]:
    given = {"name": "text", "datatype": "BYTES", "shape": [len(rows)], "data": rows}
    return {"inputs": [given], "outputs": [{"name": "answer"}]}


def test_two_hundred_texts_have_the_answers_of_the_predictor(
    call: Callable[..., None], words: Place
) -> None:
    rows = texts(200)
    expected = [one.to_json() for one in word_predictor(words.folder).predict(rows)]

    async def story(client: Client, caller: Caller) -> None:
        over_http = (await client.ask("/v2/models/words/infer", rest_request(rows))).json
        assert [json.loads(one) for one in over_http["outputs"][0]["data"]] == expected
        given = asking_for(texts_given(rows, raw=False), "answer")
        assert answers_in((await caller.infer(given)).message) == expected

    call(story, words)


@pytest.mark.slow
def test_so_they_have_from_a_service_that_runs(
    serve: Callable[..., Served], real_bundle: Path
) -> None:
    from paddle_lab.bundle import load_bundle

    rows = texts(200)
    predictor = load_bundle(real_bundle, device="cpu", threads=1)
    expected = [predictor.predict(row)[0].to_json() for row in rows]
    service = serve(f"words={real_bundle}", "--grpc-port", "0", "--deadline", "60")
    (serving,) = service.events("serving")

    _, found = service.ask("/v2/models/words/infer", rest_request(rows))
    same([json.loads(one) for one in found["outputs"][0]["data"]], expected)

    async def over_grpc(given: Any) -> list[Any]:
        caller = Caller(serving["grpc"])
        outcome = await caller.infer(asking_for(given, "answer"), timeout=60)
        await caller.channel.close()
        assert outcome.status == "OK", outcome
        return answers_in(outcome.message)

    same(asyncio.run(over_grpc(texts_given(rows, raw=False))), expected)
    # Nothing but the texts of the request makes a batch with them: one by one they are the same.
    for row, wanted in zip(rows[:20], expected, strict=False):
        same(asyncio.run(over_grpc(texts_given([row], raw=False))), [wanted])
    assert service.terminate() == 0
