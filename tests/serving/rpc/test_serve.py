"""``paddle-lab serve --grpc-port`` as people run it: a real bundle, real processes, signals."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from serving.calling import Caller, Outcome, texts_given
from serving.process import Served

pytestmark = pytest.mark.slow
GIVEN = texts_given(["很好"], raw=True, model="tiny")


def test_under_load_a_signal_loses_no_call_that_was_begun(
    serve: Callable[..., Served], real_bundle: Path
) -> None:
    service = serve(f"tiny={real_bundle}", "--grpc-port", "0", "--log-requests")
    (serving,) = service.events("serving")
    outcomes: list[Outcome] = []

    async def ask() -> None:
        caller = Caller(serving["grpc"])
        while not outcomes or outcomes[-1].status == "OK":
            outcomes.append(await caller.infer(GIVEN, timeout=30))
        await caller.channel.close()

    async def story() -> None:
        asking = [asyncio.create_task(ask()) for _ in range(6)]
        while len(outcomes) < 60:
            await asyncio.sleep(0.01)
        service.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*asking)

    asyncio.run(asyncio.wait_for(story(), 120))
    assert service.process.wait(60) == 0
    assert {one.status for one in outcomes} <= {"OK", "UNAVAILABLE"}
    answered = sum(one.status == "OK" for one in outcomes)
    asked = [one for one in service.events("request") if one["path"].endswith("ModelInfer")]
    assert sum(one["status"] == "OK" for one in asked) == answered
    assert "service has ended" in service.out() and "Traceback" not in service.log()


def test_a_port_that_is_taken_ends_the_service_with_its_error(
    serve: Callable[..., Served], real_bundle: Path
) -> None:
    first = serve(str(real_bundle), "--grpc-port", "0")
    (serving,) = first.events("serving")
    port = serving["grpc"].rpartition(":")[2]
    second = serve(str(real_bundle), "--grpc-port", port, ready=False)
    assert second.process.wait(200) == 1
    assert f"port {port}" in second.log() and "--grpc-port 0" in second.log()
    assert "Traceback" not in second.log() and not second.events("ready")
    assert first.terminate() == 0
