"""The service under pressure and in change: refused, late, a worker ended, a bundle exchanged."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from bundle.making import rewrite
from serving.asking import Client, Workers

from paddle_lab.serving.measured import Measured
from paddle_lab.serving.models import Place
from paddle_lab.serving.requests import Bounds

GOOD, BAD = "很好", "太差了"


def test_too_much_is_refused_before_it_is_read(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        large = await client.ask("/predict", parts=[b"x" * 60, b"x" * 60])
        assert large.status == 413 and large.json["error"]["code"] == "server.body_too_large"
        long_ = await client.ask("/predict", {"text": "x" * 31})
        assert long_.status == 413 and "31" in long_.json["message"]

    tell(story, words, bounds=Bounds(body=100, rows=10, chars=30))


def test_a_queue_that_could_not_be_answered_in_time_refuses_and_says_when(
    tell: Any, words: Place
) -> None:
    slow = Measured(rows=4, spare_tokens=8, start_s=0.2, token_s=0.001)

    async def story(client: Client) -> None:
        long_ = {"text": "好" * 20}
        asks = [asyncio.create_task(client.ask("/predict", long_)) for _ in range(300)]
        refused = await asyncio.wait_for(asks[-1], 10)
        assert refused.status == 503 and refused.json["error"]["code"] == "server.busy"
        assert int(refused.headers["retry-after"]) >= 5
        assert not asks[0].done()
        assert client.workers.gate is not None
        client.workers.gate.set()
        statuses = [reply.status for reply in await asyncio.gather(*asks)]
        assert 20 < statuses.count(200) < 280 and set(statuses) == {200, 503}

    workers = Workers(gate=asyncio.Event(), measured=slow)
    tell(story, words, bounds=Bounds(deadline_s=10.0), workers=workers)


def test_what_is_too_late_is_told_and_the_worker_goes_on(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        late = await client.ask("/predict", {"text": GOOD, "deadline_ms": 20})
        assert late.status == 504 and late.json["error"]["code"] == "server.deadline"
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert (await client.ask("/predict", {"text": GOOD})).status == 200

    tell(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_client_that_leaves_is_not_computed_for(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        leave = asyncio.Event()
        first = asyncio.create_task(client.ask("/predict", {"text": GOOD}))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(client.ask("/predict", {"text": BAD}, leave=leave))
        await asyncio.sleep(0.05)
        (model,) = client.service.models
        assert model.waiting == 1
        leave.set()
        assert (await second).status == 499
        assert model.waiting == 0
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert (await first).status == 200
        assert len(client.workers.started[0].batches) == 1

    tell(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_worker_that_ends_fails_its_own_requests_and_another_comes(
    tell: Any, words: Place
) -> None:
    async def story(client: Client) -> None:
        held = asyncio.create_task(client.ask("/predict", {"text": GOOD}))
        await asyncio.sleep(0.05)
        waits = asyncio.create_task(client.ask("/predict", {"text": BAD}))
        await asyncio.sleep(0.05)
        client.workers.started[0].die()
        failed = await held
        assert failed.status == 503 and failed.json["error"]["code"] == "server.worker_died"
        assert failed.headers["retry-after"] == "1"
        assert (await waits).status == 200  # it had not begun: the next worker runs it
        assert len(client.workers.started) == 2
        assert any(event["event"] == "worker_ended" for event in client.events())
        text = (await client.ask("/metrics")).body.decode()
        assert 'paddle_lab_worker_ends_total{model="words",version="1"} 1.0' in text

    tell(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_bundle_that_is_exchanged_is_loaded_while_the_old_one_answers(
    tell: Any, words: Place, tmp_path: Path
) -> None:
    async def story(client: Client) -> None:
        (model,) = client.service.models
        held = asyncio.create_task(client.ask("/predict", {"text": GOOD}))
        await asyncio.sleep(0.05)
        new = shutil.copytree(words.folder, tmp_path / "new")
        rewrite(Path(new), lambda content: content["codec"].update(labels=["bad", "good"]))
        words.folder.rename(tmp_path / "old")
        Path(new).rename(words.folder)
        client.workers.gate, gate = None, client.workers.gate
        await model.look()
        assert (await client.ask("/predict", {"text": GOOD})).json["answer"]["label"] == "good"
        assert not client.workers.started[0].stopped and not held.done()
        assert gate is not None
        gate.set()
        assert (await held).json["answer"]["label"] == "好评"
        for _ in range(100):
            await asyncio.sleep(0.02)
            if client.workers.started[0].stopped:
                break
        assert client.workers.started[0].stopped
        assert any(event["event"] == "reloaded" for event in client.events())

    tell(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_broken_bundle_in_its_place_changes_nothing(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        (model,) = client.service.models
        manifest = words.folder / "manifest.json"
        manifest.write_text("{}")
        await model.look()
        await model.look()  # told once, until it changes again
        failed = [event for event in client.events() if event["event"] == "reload_failed"]
        assert len(failed) == 1 and failed[0]["error"]["code"] == "bundle.not_one"
        assert (await client.ask("/predict", {"text": GOOD})).status == 200
        manifest.unlink()
        await model.look()
        assert (await client.ask("/health/ready")).status == 200

    tell(story, words)
