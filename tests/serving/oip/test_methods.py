"""The Open Inference Protocol over gRPC: the same tensors and answers as over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from serving.asking import Client
from serving.calling import Caller, asking_for, ids_given, texts_given
from word_model import word_predictor

from paddle_lab.serving.models import Place
from paddle_lab.serving.oip.tensors import Head, from_bytes
from paddle_lab.serving.rpc.messages import HEALTH, message

GOOD, BAD = "很好", "太差了"


def outputs_of(answer: Any) -> dict[str, Any]:
    """Texts or arrays of an answer, whichever form it has."""
    found: dict[str, Any] = {}
    for number, one in enumerate(answer.outputs):
        if answer.raw_output_contents:
            head = Head(one.name, one.datatype, tuple(one.shape))
            tensor = from_bytes(head, answer.raw_output_contents[number])
            found[one.name] = tensor.texts if tensor.texts is not None else tensor.array
        elif one.datatype == "BYTES":
            found[one.name] = [text.decode() for text in one.contents.bytes_contents]
        else:
            found[one.name] = np.array(one.contents.fp32_contents).reshape(list(one.shape))
    return found


@pytest.mark.parametrize("raw", [True, False])
def test_texts_are_answered_in_the_form_in_which_they_were_sent(
    call: Callable[..., None], words: Place, raw: bool
) -> None:
    expected = [one.to_json() for one in word_predictor(words.folder).predict([GOOD, BAD, ""])]

    async def story(client: Client, caller: Caller) -> None:
        found = await caller.infer(texts_given([GOOD, BAD, ""], raw=raw, id="a"))
        answer = found.message
        assert bool(answer.raw_output_contents) is raw
        assert (answer.model_name, answer.model_version, answer.id) == ("words", "1", "a")
        outputs = outputs_of(answer)
        assert [json.loads(one) for one in outputs["answer"]] == expected
        assert outputs["prediction"][:2] == ["好评", "差评"]
        whole = texts_given(["好" * 90], raw=raw)
        found = await caller.infer(asking_for(whole, "answer", long_text="windows"))
        (only,) = outputs_of(found.message).values()
        assert json.loads(only[0])["windows"] > 1

    call(story, words)


def test_token_ids_give_the_programs_outputs(call: Callable[..., None], words: Place) -> None:
    predictor = word_predictor(words.folder)
    rows = [ids.tolist() for ids in predictor.encode([GOOD, "好评"]).ids]

    async def story(client: Client, caller: Caller) -> None:
        found = await caller.infer(asking_for(ids_given(rows), "logits"))
        logits = outputs_of(found.message)["logits"]
        np.testing.assert_array_equal(logits, predictor.logits([GOOD, "好评"]))
        raw = ids_given(rows)
        raw.inputs[0].ClearField("contents")
        raw.raw_input_contents.append(np.array(rows, "<i8").tobytes())
        found = await caller.infer(raw)
        np.testing.assert_array_equal(outputs_of(found.message)["logits"], logits)

    call(story, words)


def test_server_models_and_health(call: Callable[..., None], words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        assert (await caller.call("ServerLive")).message.live
        assert (await caller.call("ServerReady")).message.ready
        assert (await caller.call("ServerMetadata")).message.name == "paddle-lab"
        about = (await caller.call("ModelMetadata", named("words"))).message
        assert list(about.versions) == ["1"] and about.platform == "paddle_lab_paddle"
        over_http = (await client.ask("/v2/models/words")).json
        for key in ("inputs", "outputs"):
            assert [(one.name, one.datatype, list(one.shape)) for one in getattr(about, key)] == [
                (one["name"], one["datatype"], one["shape"]) for one in over_http[key]
            ]
        assert (await caller.call("ModelReady", named("words", "1"))).message.ready
        for wrong in (named("other"), named("words", "2")):
            for method in ("ModelReady", "ModelMetadata"):
                refused = await caller.call(method, wrong)
                assert (refused.status, refused.code) == ("NOT_FOUND", "server.no_such_model")

    call(story, words)


def named(name: str, version: str = "") -> Any:
    return message("ModelReadyRequest")(name=name, version=version)


def test_the_health_that_load_balancers_ask_for(call: Callable[..., None], words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        async def status(of: str) -> Any:
            given = message("HealthCheckRequest")(service=of)
            found = await caller.call("Check", given, service=HEALTH, answer="HealthCheckResponse")
            return found.message.status if found.message is not None else found.status

        names = ("", "inference.GRPCInferenceService", "words")
        assert [await status(name) for name in names] == [2, 2, 2]
        await client.service.models.load()
        assert [await status(name) for name in names] == [1, 1, 1]
        assert await status("other") == "NOT_FOUND"
        client.service.ending = True
        assert await status("") == 2

    call(story, words, load=False)


def without_contents(given: Any) -> Any:
    given.inputs[0].ClearField("contents")
    return given


def typed_beside_raw(given: Any) -> Any:
    given.inputs[0].contents.bytes_contents.append(b"x")
    return given


def twice(given: Any) -> Any:
    given.inputs.append(given.inputs[0])
    return given


def in_another_field(given: Any) -> Any:
    given.inputs[0].contents.fp32_contents.append(1.0)
    return given


def shaped(given: Any, *shape: int) -> Any:
    given.inputs[0].shape[:] = shape
    return given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"\xff\xff", "not a ModelInferRequest"),
        (b"\x2a\x00" * 5000, "more than 2024 fields"),
        (message("ModelInferRequest")(model_name="words"), "no inputs"),
        (texts_given([GOOD], raw=False, name="other"), "reads text"),
        (texts_given([GOOD], raw=False, name=""), "no name"),
        (without_contents(texts_given([GOOD], raw=False)), "1 elements"),
        (typed_beside_raw(texts_given([GOOD], raw=True)), "beside raw_input_contents"),
        (twice(texts_given([GOOD], raw=False)), "there twice"),
        (twice(texts_given([GOOD], raw=True)), "1 parts for 2 inputs"),
        (in_another_field(texts_given([GOOD], raw=False)), "fp32_contents"),
        (shaped(texts_given(["a", "b"], raw=True), 3), "3 elements"),
        (shaped(texts_given(["a", "b"], raw=True), -1), "list of sizes"),
        (texts_given(["x"] * 300, raw=True), "300 rows"),
        (texts_given(["x" * 30000], raw=False), "30000 characters"),
        (asking_for(texts_given([GOOD], raw=True), "logits"), "no output logits"),
        (asking_for(texts_given([GOOD], raw=True), long_text=3), "long_text"),
        (asking_for(texts_given([GOOD], raw=True), deadline_ms="x"), "deadline_ms"),
        (ids_given([[1_000_000]]), "outside"),
        (ids_given([[-1]]), "outside"),
        (ids_given([[2] * 33]), "33 tokens"),
        (asking_for(ids_given([[2]]), *("logits",) * 33), "more than 32"),
    ],
)
def test_what_is_not_taken_is_said(
    call: Callable[..., None], words: Place, given: Any, why: str
) -> None:
    async def story(client: Client, caller: Caller) -> None:
        refused = await caller.infer(given)
        assert refused.status in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), refused
        assert why in refused.said and refused.code.startswith("server."), refused

    call(story, words)
