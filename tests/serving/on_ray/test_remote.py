"""A front on Ray, with handles that are fakes: a replica is lost, another asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from serving.asking import MEASURED, Client, Workers
from serving.test_parity import rest_request, texts
from word_model import WordProgram, word_predictor

from paddle_lab.bundle import load_manifest
from paddle_lab.errors import ServerError
from paddle_lab.serving.identity import identity_of
from paddle_lab.serving.log import Log
from paddle_lab.serving.models import Place
from paddle_lab.serving.on_ray.plan import FrontPlan, Served
from paddle_lab.serving.on_ray.remote import Starting
from paddle_lab.serving.on_ray.replica import service_of_plan
from paddle_lab.serving.processes import How
from paddle_lab.serving.worker import outputs_of

Story = Callable[[Client, "Replicas"], Awaitable[None]]


class Lost(Exception):
    """As Ray tells that a replica is there no more."""


class Replicas:
    """A handle of a deployment: the next ``lose`` batches are lost with their replicas."""

    def __init__(self, place: Place) -> None:
        manifest = load_manifest(place.folder)
        program = WordProgram(place.folder)
        self._predictor: Any = SimpleNamespace(run_batch=program.run, manifest=manifest)
        self._ready = {"identity": identity_of(manifest), "runtime": "paddle", "device": "cpu",
                       "measured": MEASURED.to_json()}  # fmt: skip
        self.lose, self.absent, self.batches = 0, 0, 0
        self.run, self.ready = (SimpleNamespace(remote=one) for one in (self._run, self._is_ready))

    def of(self, app: str) -> Replicas:
        assert app == "tried"
        if self.absent:
            self.absent -= 1
            raise Lost("no such application")
        return self

    async def _is_ready(self) -> Any:
        return self._ready

    async def _run(self, inputs: Any) -> Any:
        self.batches += 1
        await asyncio.sleep(0)
        if self.lose:
            self.lose -= 1
            raise Lost("its node died")
        return outputs_of(self._predictor, inputs)

    def break_program(self) -> None:
        def run(inputs: Any) -> Any:
            raise RuntimeError("a secret")

        self._predictor.run_batch = run


def on_ray(words: Place, story: Story, **options: Any) -> None:
    """The story of a client and replicas of the bundle."""

    async def whole() -> None:
        stream, replicas = StringIO(), Replicas(words)
        served = Served("tried", words.name, str(words.folder))
        plan = FrontPlan((served,), 2, **options)
        service = service_of_plan(plan, replicas.of, (Lost,), Log(stream))
        await service.models.load()
        try:
            await asyncio.wait_for(story(Client(service, Workers(), stream), replicas), 30)
        finally:
            await service.models.end()

    asyncio.run(whole())


def test_two_hundred_texts_have_the_answers_of_the_predictor(words: Place) -> None:
    rows = texts(200)
    expected = [one.to_json() for one in word_predictor(words.folder).predict(rows)]

    async def story(client: Client, replicas: Replicas) -> None:
        assert (await client.ask("/predict", {"texts": rows})).json["answers"] == expected
        found = (await client.ask("/v2/models/words/infer", rest_request(rows))).json
        assert len(found["outputs"][0]["data"]) == 200
        about = (await client.ask("/models")).json["models"][0]
        assert (about["workers"], about["state"]) == (2, "ready")
        # They are no processes of this machine.
        assert client.service.models.memory()["workers"] == 0

    on_ray(words, story)


def test_a_batch_that_is_lost_with_its_replica_is_run_by_another(words: Place) -> None:
    async def story(client: Client, replicas: Replicas) -> None:
        replicas.lose = 3
        reply = await client.ask("/predict", {"text": "太差了"})
        assert reply.status == 200 and reply.json["answer"]["label"] == "差评"
        assert replicas.batches == 4
        lost = [one for one in client.events() if one["event"] == "replica_lost"]
        assert len(lost) == 3 and lost[0]["kind"] == "Lost"

    on_ray(words, story)


def test_where_all_are_lost_it_is_said_and_the_front_goes_on(words: Place) -> None:
    async def story(client: Client, replicas: Replicas) -> None:
        replicas.lose = 5
        reply = await client.ask("/predict", {"text": "好"})
        assert (reply.status, reply.json["error"]["code"]) == (503, "server.worker_died")
        assert (await client.ask("/predict", {"text": "好"})).status == 200

    on_ray(words, story)


def test_a_program_that_fails_is_not_run_again(words: Place) -> None:
    async def story(client: Client, replicas: Replicas) -> None:
        replicas.break_program()
        reply = await client.ask("/predict", {"text": "好"})
        assert (reply.status, reply.json["error"]["code"]) == (500, "server.model_failed")
        assert replicas.batches == 1 and b"secret" not in reply.body

    on_ray(words, story)


def test_limits_are_those_of_one_machine(words: Place) -> None:
    async def story(client: Client, replicas: Replicas) -> None:
        assert (await client.ask("/predict", {"text": "好"})).json["error"][
            "code"
        ] == "server.no_token"
        assert (await client.ask("/health/ready")).status == 200

    on_ray(words, story, token="0123456789abcdef")


def test_the_front_waits_for_its_models_and_says_when_they_do_not_come(
    words: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.serving.on_ray.remote._LOOK_S", 0.01)
    replicas = Replicas(words)

    async def start(limit_s: float) -> Any:
        starting = Starting({words.folder: "tried"}, replicas.of, (Lost,), Log(StringIO()),
                            limit_s=limit_s)  # fmt: skip
        return await starting.start(words.folder, How(), "words")

    replicas.absent = 3
    assert asyncio.run(start(5.0)).ready.runtime == "paddle"
    replicas.absent = 10_000
    with pytest.raises(ServerError) as refused:
        asyncio.run(start(0.1))
    assert refused.value.code == "server.no_replica" and "no such application" in str(refused.value)
