"""The Open Inference Protocol as KServe's and Triton's clients speak it."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.table_model import table_predictor
from serving.asking import Client, served
from word_model import word_bundle, word_predictor

from paddle_lab.serving.access import Access
from paddle_lab.serving.models import Place

GOOD, BAD = "很好", "太差了"
Story = Callable[[Client], Awaitable[None]]


@pytest.fixture
def words(tmp_path: Path) -> Place:
    return Place("words", "1", word_bundle(tmp_path / "words"))


def tell(monkeypatch: pytest.MonkeyPatch, story: Story, *places: Place, **options: Any) -> None:
    async def whole() -> None:
        async with served(monkeypatch, *places, **options) as client:
            await asyncio.wait_for(story(client), 30)

    asyncio.run(whole())


def texts(*values: str, name: str = "text") -> dict[str, Any]:
    return {"name": name, "datatype": "BYTES", "shape": [len(values)], "data": list(values)}


def ids(rows: list[list[int]], name: str = "input_ids") -> dict[str, Any]:
    shape = list(np.array(rows).shape)
    return {"name": name, "datatype": "INT64", "shape": shape, "data": rows}


def test_texts_are_answered_as_by_the_predictor(
    monkeypatch: pytest.MonkeyPatch, words: Place
) -> None:
    expected = [one.to_json() for one in word_predictor(words.folder).predict([GOOD, BAD])]

    async def story(client: Client) -> None:
        for path in ("/v2/models/words/infer", "/v2/models/words/versions/1/infer"):
            reply = await client.ask(path, {"id": "a", "inputs": [texts(GOOD, BAD)]})
            assert reply.status == 200 and reply.headers["content-type"] == "application/json"
            answer, prediction = reply.json["outputs"]
            assert [json.loads(one) for one in answer["data"]] == expected
            assert prediction["data"] == ["好评", "差评"] and prediction["shape"] == [2]
            assert (reply.json["id"], reply.json["model_version"]) == ("a", "1")
        whole = {"inputs": [texts("好" * 90)], "parameters": {"long_text": "windows"}}
        reply = await client.ask("/v2/models/words/infer", whole)
        assert json.loads(reply.json["outputs"][0]["data"][0])["windows"] > 1

    tell(monkeypatch, story, words)


def test_bytes_in_bytes_out(monkeypatch: pytest.MonkeyPatch, words: Place) -> None:
    async def story(client: Client) -> None:
        rest = b"".join(struct.pack("<I", len(one.encode())) + one.encode() for one in (GOOD, BAD))
        size = {"binary_data_size": len(rest)}
        given = {"name": "text", "datatype": "BYTES", "shape": [2, 1], "parameters": size}
        wanted = {"name": "prediction", "parameters": {"binary_data": True}}
        head = json.dumps({"inputs": [given], "outputs": [wanted]}).encode()
        reply = await client.ask(
            "/v2/models/words/infer", head + rest,
            headers={"inference-header-content-length": str(len(head))},
        )  # fmt: skip
        assert reply.status == 200 and reply.headers["content-type"] == "application/octet-stream"
        length = int(reply.headers["inference-header-content-length"])
        (about,) = json.loads(reply.body[:length])["outputs"]
        assert about["shape"] == [2, 1] and about["parameters"]["binary_data_size"] == 20
        assert reply.body[length:].count("评".encode()) == 2

    tell(monkeypatch, story, words)


def test_token_ids_give_the_programs_outputs(monkeypatch: pytest.MonkeyPatch, words: Place) -> None:
    predictor = word_predictor(words.folder)
    rows = [ids_.tolist() for ids_ in predictor.encode([GOOD, "好评"]).ids]

    async def story(client: Client) -> None:
        given = {"inputs": [ids(rows)], "outputs": [{"name": "logits"}]}
        (logits,) = (await client.ask("/v2/models/words/infer", given)).json["outputs"]
        expected = predictor.logits([GOOD, "好评"])
        assert logits["datatype"] == "FP32" and logits["shape"] == [2, 2]
        assert logits["data"] == expected.reshape(-1).tolist()

    tell(monkeypatch, story, words)


def test_outputs_for_each_token_come_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    predictor = table_predictor(tmp_path / "tag", "tag", {"types": ["物", "人"]})

    async def story(client: Client) -> None:
        about = (await client.ask("/v2/models/tag")).json
        (name,) = [one["name"] for one in about["outputs"][2:]]
        given = {"inputs": [ids([[2, 9, 3], [2, 8, 3]]), ids([[0] * 3] * 2, "token_type_ids")]}
        (found,) = (await client.ask("/v2/models/tag/infer", given)).json["outputs"]
        inputs = {"input_ids": np.array([[2, 9, 3], [2, 8, 3]])}
        np.testing.assert_allclose(
            np.array(found["data"]).reshape(found["shape"]), predictor.run_batch(inputs)[name]
        )

    tell(monkeypatch, story, Place("tag", "1", tmp_path / "tag"))


def test_server_models_and_health(monkeypatch: pytest.MonkeyPatch, words: Place) -> None:
    async def story(client: Client) -> None:
        assert (await client.ask("/v2/health/live")).json == {"live": True}
        assert (await client.ask("/v2/health/ready")).json == {"ready": True}
        assert "binary_tensor_data" in (await client.ask("/v2")).json["extensions"]
        about = (await client.ask("/v2/models/words")).json
        assert about["versions"] == ["1"] and about["platform"] == "paddle_lab_paddle"
        assert about["inputs"][0] == {"name": "text", "datatype": "BYTES", "shape": [-1]}
        assert about["outputs"][2] == {"name": "logits", "datatype": "FP32", "shape": [-1, 2]}
        assert (await client.ask("/v2/models/words/versions/1/ready")).status == 200
        for path in ("/v2/models/other", "/v2/models/words/versions/2", "/v2/nothing"):
            reply = await client.ask(path)
            assert reply.status == 404 and isinstance(reply.json["error"], str)

    tell(monkeypatch, story, words)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"inputs": [texts(GOOD, name="other")]}, "reads text"),
        ({"inputs": [texts(GOOD), texts(GOOD, name="text2")]}, "reads text"),
        ({"inputs": [{"name": "text", "datatype": "INT64", "shape": [1], "data": [1]}]}, "BYTES"),
        ({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1, 2], "data": ["a", "b"]}]},
         "shape"),
        ({"inputs": [texts(*["x"] * 300)]}, "300 rows"),
        ({"inputs": [texts("x" * 30000)]}, "30000 characters"),
        ({"inputs": [texts(GOOD)], "outputs": [{"name": "logits"}]}, "no output logits"),
        ({"inputs": [texts(GOOD)], "parameters": {"long_text": 3}}, "long_text"),
        ({"inputs": [texts(GOOD)], "parameters": {"deadline_ms": "x"}}, "deadline_ms"),
        ({"inputs": [ids([[1_000_000]])]}, "outside"),
        ({"inputs": [ids([[-1]])]}, "outside"),
        ({"inputs": [ids([[2]]), ids([[2]], "token_type_ids")]}, "outside"),
        ({"inputs": [ids([[2]]), ids([[0, 0]], "token_type_ids")]}, "another shape"),
        ({"inputs": [ids([[2] * 33])]}, "33 tokens"),
        ({"inputs": [{"name": "input_ids", "datatype": "INT64", "shape": [0, 3], "data": []}]},
         "shape"),
        ({"inputs": [{"name": "input_ids", "datatype": "FP32", "shape": [1, 1], "data": [1]}]},
         "whole"),
    ],
)  # fmt: skip
def test_what_the_model_does_not_take_is_said(
    monkeypatch: pytest.MonkeyPatch, words: Place, content: dict[str, Any], why: str
) -> None:
    async def story(client: Client) -> None:
        reply = await client.ask("/v2/models/words/infer", content)
        assert reply.status in (400, 413) and why in reply.json["error"], reply.body
        assert reply.json["code"].startswith("server.")

    tell(monkeypatch, story, words)


def test_the_token_is_asked_for_here_too(monkeypatch: pytest.MonkeyPatch, words: Place) -> None:
    async def story(client: Client) -> None:
        assert (await client.ask("/v2/health/ready")).status == 200
        for path in ("/v2", "/v2/models/words", "/v2/models/words/ready"):
            assert (await client.ask(path)).status == 401
        refused = await client.ask("/v2/models/words/infer", {"inputs": [texts(GOOD)]})
        assert refused.status == 401

    tell(monkeypatch, story, words, access=Access("a-long-enough-token", loopback=False))
