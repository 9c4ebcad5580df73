"""Calls over gRPC as a service has them: strangers, deadlines, clients that leave, its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from serving.asking import Client, Workers, served
from serving.calling import Caller, asking_for, called, failed, texts_given
from serving.malformed_calls import answer_to, beginning

from paddle_lab.errors import ServerError
from paddle_lab.serving.access import Access
from paddle_lab.serving.listening import Address
from paddle_lab.serving.measured import Measured
from paddle_lab.serving.models import Place
from paddle_lab.serving.requests import Bounds
from paddle_lab.serving.rpc.front import Front

Call = Callable[..., None]
GIVEN = texts_given(["很好"], raw=True)


async def until(condition: Callable[[], bool]) -> None:
    async def whole() -> None:
        while not condition():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(whole(), 10)


def test_a_token_is_asked_for_where_there_is_one(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        for given in ("", "Bearer", "Bearer wrong", "Basic right-token"):
            refused = await caller.infer(GIVEN, headers={"authorization": given})
            assert (refused.status, refused.code) == ("UNAUTHENTICATED", "server.no_token")
        right = {"authorization": "Bearer right-token"}
        assert (await caller.infer(GIVEN, headers=right)).status == "OK"
        assert (await caller.call("ServerReady")).message.ready
        assert (await caller.call("ServerMetadata")).status == "UNAUTHENTICATED"

    call(story, words, access=Access("right-token", loopback=False))


def test_errors_are_in_the_language_of_the_client(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        other = texts_given(["很好"], raw=True, model="other")
        refused = await caller.infer(other, headers={"accept-language": "zh-CN"})
        assert refused.status == "NOT_FOUND" and "这里没有模型“other”" in refused.said
        long_ = texts_given(["x"], raw=True, model="好" * 10_000)
        assert len((await caller.infer(long_)).said) <= 600

    call(story, words)


def test_a_mistake_of_ours_is_told_without_what_was_sent(
    call: Call, words: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret text")

    async def story(client: Client, caller: Caller) -> None:
        monkeypatch.setattr("paddle_lab.serving.oip.message_form.read", broken)
        refused = await caller.infer(texts_given(["secret text"], raw=True))
        assert (refused.status, refused.code) == ("INTERNAL", "server.fault")
        assert "secret" not in refused.said and "secret" not in client.log.getvalue()
        fault = next(event for event in client.events() if event["event"] == "fault")
        assert fault["kind"] == "ZeroDivisionError"

    call(story, words)


def test_log_and_figures_have_calls_without_their_texts(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        await caller.infer(texts_given(["很秘密"], raw=False))
        await caller.infer(texts_given(["很秘密", "x"], raw=False, model="other"))
        assert "秘密" not in client.log.getvalue()
        asked = [one for one in client.events() if one["event"] == "request"]
        assert [one["status"] for one in asked] == ["OK", "NOT_FOUND"]
        text = (await client.ask("/metrics")).body.decode()
        route = 'route="/inference.GRPCInferenceService/ModelInfer"'
        assert f'code="server.no_such_model",{route},status="NOT_FOUND"}} 1.0' in text
        assert 'paddle_lab_texts_total{model="words",version="1"} 1.0' in text

    call(story, words)


def test_the_deadline_of_the_client_is_that_of_its_request(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        (model,) = client.service.models
        told = await caller.infer(asking_for(texts_given(["x"], raw=True), deadline_ms=30))
        assert (told.status, told.code) == ("DEADLINE_EXCEEDED", "server.deadline")
        late = await caller.infer(GIVEN, timeout=0.1)
        assert late.status == "DEADLINE_EXCEEDED"
        await until(lambda: model.waiting == 0)
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert (await caller.infer(GIVEN)).status == "OK"

    call(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_client_that_leaves_is_not_computed_for(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        (model,) = client.service.models
        first = asyncio.create_task(caller.infer(GIVEN))
        await until(lambda: bool(client.workers.started[0].batches))
        second = caller.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")(
            GIVEN.SerializeToString()
        )
        asking = asyncio.ensure_future(second.wait_for_connection())
        await until(lambda: model.waiting == 1)
        second.cancel()
        await until(lambda: model.waiting == 0)
        asking.cancel()
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert (await first).status == "OK"
        assert len(client.workers.started[0].batches) == 1
        assert any(one.get("status") == "CANCELLED" for one in client.events())

    call(story, words, workers=Workers(gate=asyncio.Event()))


def test_a_busy_service_says_when_to_come_back(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        asks = [asyncio.create_task(caller.infer(GIVEN)) for _ in range(80)]
        await until(lambda: any(ask.done() for ask in asks))
        done = next(ask for ask in asks if ask.done()).result()
        assert (done.status, done.code) == ("UNAVAILABLE", "server.busy")
        assert int(done.pushback_ms) >= 1000
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert {one.status for one in await asyncio.gather(*asks)} == {"OK", "UNAVAILABLE"}

    slow = Measured(rows=1, spare_tokens=0, start_s=0.2, token_s=0.001)
    workers = Workers(gate=asyncio.Event(), measured=slow)
    call(story, words, workers=workers)


def test_what_is_too_large_or_compressed_is_not_read(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        large = await caller.infer(texts_given(["x" * 200_000], raw=True))
        assert large.status == "RESOURCE_EXHAUSTED"
        # Ten million times a letter are ten thousand bytes as gzip.
        small = texts_given(["x" * 10_000_000], raw=True)
        squeezed = await caller.infer(small, compression=grpc.Compression.Gzip)
        assert squeezed.status in ("UNIMPLEMENTED", "RESOURCE_EXHAUSTED"), squeezed
        assert (await caller.infer(GIVEN)).status == "OK"

    call(story, words, bounds=Bounds(body=100_000))


def test_methods_that_are_not_there_are_said_to_be_not_there(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        for service, method in (("inference.GRPCInferenceService", "ModelStreamInfer"),
                                ("grpc.health.v1.Health", "Watch"), ("a.B", "C")):  # fmt: skip
            assert (await caller.call(method, service=service)).status == "UNIMPLEMENTED"

    call(story, words)


def test_a_path_that_is_no_text_ends_its_own_connection_alone(call: Call, words: Place) -> None:
    async def story(client: Client, caller: Caller) -> None:
        port = int(caller.address.rpartition(":")[2])
        for path in (b"/a\xff.B/C", b"\xff", b"/"):
            await answer_to(port, beginning(path))
        assert (await caller.infer(GIVEN)).status == "OK"
        await caller.channel.close()
        again = Caller(caller.address)
        assert (await again.infer(GIVEN)).status == "OK"  # it still listens
        await again.channel.close()

    call(story, words)


def test_a_message_that_does_not_come_is_not_waited_for(call: Call, words: Place) -> None:
    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    async def none() -> AsyncIterator[bytes]:
        return
        yield b""

    async def story(client: Client, caller: Caller) -> None:
        asking = caller.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asking(never())
        assert failed(refused.value).code == "server.slow_body"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asking(none())
        assert failed(refused.value).code == "server.bad_request"
        assert (await caller.infer(GIVEN)).status == "OK"

    call(story, words, bounds=Bounds(deadline_s=0.5))


def test_nothing_is_ready_before_it_is_loaded_and_live_all_the_while(
    call: Call, words: Place
) -> None:
    async def story(client: Client, caller: Caller) -> None:
        assert (await caller.call("ServerLive")).message.live
        assert not (await caller.call("ServerReady")).message.ready
        early = await caller.infer(GIVEN)
        assert (early.status, early.code) == ("UNAVAILABLE", "server.not_ready")
        assert early.pushback_ms == "1000"

    call(story, words, load=False)


def test_at_the_end_what_was_begun_is_answered_and_nothing_more_is_taken(
    monkeypatch: pytest.MonkeyPatch, words: Place
) -> None:
    async def story() -> None:
        workers = Workers(gate=asyncio.Event())
        async with served(monkeypatch, words, workers=workers) as client:
            front = Front(client.service, Address(port=0))
            await front.start()
            caller = Caller(front.address)
            begun = asyncio.create_task(caller.infer(GIVEN))
            await until(lambda: bool(client.workers.started[0].batches))
            client.service.ending = True
            front.end(20.0)
            await asyncio.sleep(0.1)
            late = Caller(front.address)
            assert (await late.infer(GIVEN)).status == "UNAVAILABLE"
            assert workers.gate is not None
            workers.gate.set()
            assert (await begun).status == "OK"
            await asyncio.wait_for(front.ended(), 10)
            await caller.channel.close()
            await late.channel.close()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_an_end_at_once_leaves_nothing_waiting(
    monkeypatch: pytest.MonkeyPatch, words: Place
) -> None:
    async def story() -> None:
        workers = Workers(gate=asyncio.Event())
        async with served(monkeypatch, words, workers=workers) as client:
            front = Front(client.service, Address(port=0))
            await front.start()
            caller = Caller(front.address)
            begun = asyncio.create_task(caller.infer(GIVEN))
            await until(lambda: bool(client.workers.started[0].batches))
            front.end(20.0)
            front.end(0.0)
            await asyncio.wait_for(front.ended(), 10)
            assert (await begun).status in ("CANCELLED", "UNAVAILABLE")
            await caller.channel.close()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_port_that_is_taken_is_said(monkeypatch: pytest.MonkeyPatch, words: Place) -> None:
    async def story() -> None:
        async with served(monkeypatch, words) as client, called(client.service) as caller:
            port = int(caller.address.rpartition(":")[2])
            with pytest.raises(ServerError, match="--grpc-port") as refused:
                await Front(client.service, Address(port=port)).start()
            assert refused.value.code == "server.port" and "in use" in str(refused.value)

    asyncio.run(asyncio.wait_for(story(), 30))
