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
from paddle_lab.serving.on_ray.remote import Crowd, Starting
from paddle_lab.serving.on_ray.replica import keep_told, service_of_plan
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
        self.lose, self.absent, self.batches, self.running = 0, 0, 0, 0
        self.most_at_once, self.starting = 0, Starting({}, self.of, (), Log(StringIO()))
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
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
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
        plan = FrontPlan((served,), options.pop("batches", 2), **options)
        service, replicas.starting = service_of_plan(plan, replicas.of, (Lost,), Log(stream))
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


def test_a_front_sends_what_the_replicas_can_take_and_says_how_many_there_are(words: Place) -> None:
    rows = [text * 3 for text in texts(40)]

    async def ask(client: Client) -> Any:
        return [
            (await client.ask("/predict", {"texts": rows})).status,
            (await client.ask("/models")).json["models"][0]["workers"],
        ]

    async def story(client: Client, replicas: Replicas) -> None:
        found = []
        for running in (1, 2, 4, 0):
            replicas.starting.told({"tried": running, "another": 9})
            await asyncio.sleep(0.3)  # places look again whether they are open
            replicas.most_at_once = 0
            found.append((running, replicas.most_at_once, *await ask(client)))
            found[-1] = (running, replicas.most_at_once, *found[-1][2:])
        assert found == [(1, 2, 200, 1), (2, 4, 200, 2), (4, 6, 200, 4), (0, 1, 200, 0)]
        reply = await client.ask("/metrics")
        assert b'paddle_lab_workers{model="words",version="1"} 0.0' in reply.body

    on_ray(words, story, batches=6, rows=1)


def test_a_place_that_was_given_up_is_free_for_the_next() -> None:
    crowd = Crowd()
    assert [crowd.enter() for _ in range(3)] == [0, 1, 2]
    crowd.leave(1)
    assert (crowd.enter(), crowd.enter()) == (1, 3)


def test_what_is_told_goes_on_when_it_cannot_be_told_for_a_moment(
    words: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.serving.on_ray.replica._TOLD_S", 0.001)
    answers = iter([{"tried": 1}, RuntimeError("away"), {"tried": 3}])
    told: list[Any] = []

    def running() -> Any:
        found = next(answers, {"tried": 3})
        if isinstance(found, Exception):
            raise found
        return found

    async def story() -> str:
        stream = StringIO()
        starting: Any = SimpleNamespace(told=told.append)
        task = asyncio.create_task(keep_told(starting, running, Log(stream)))
        while {"tried": 3} not in told:
            await asyncio.sleep(0.01)
        task.cancel()
        return stream.getvalue()

    log = asyncio.run(asyncio.wait_for(story(), 30))
    assert told[0] == {"tried": 1} and log.count("not_told") == 1
