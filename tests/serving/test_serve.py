"""``paddle-lab serve`` as people run it: a real bundle, real processes, real signals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle, rewrite
from bundle.tiny import LABELS, ROWS
from serving.process import Clients, Served, same, until

pytestmark = pytest.mark.slow
Serve = Callable[..., Served]


@pytest.fixture(scope="module")
def expected(real_bundle: Path) -> list[Any]:
    """What the predictor answers to the rows, one by one, as a notebook would show them."""
    from paddle_lab.bundle import load_bundle

    predictor = load_bundle(real_bundle, device="cpu", threads=1)
    return [predictor.predict(row)[0].to_json() for row in ROWS]


def test_it_answers_as_the_predictor_and_ends_when_it_is_told(
    serve: Serve, real_bundle: Path, expected: list[Any]
) -> None:
    service = serve(f"tiny={real_bundle}", "--log-requests")
    status, found = service.ask("/predict", {"texts": ROWS})
    assert status == 200
    same(found["answers"], expected)
    one = [service.ask("/predict", {"text": row})[1]["answer"] for row in ROWS]
    same(one, expected)
    status, listed = service.ask("/models")
    assert listed["models"][0]["runtime"] == "paddle" and listed["models"][0]["batch"]["rows"] >= 1
    assert service.ask("/health/ready")[0] == 200

    # Under load SIGTERM loses nothing that was taken: what is not answered was never accepted.
    clients = Clients(service, ROWS)
    clients.until(50)
    workers = service.workers()
    assert service.terminate() == 0
    clients.stop()
    assert {status for _, status, _ in clients.replies} <= {200, 0, 503}
    assert "service has ended" in service.out()
    assert not any(worker.is_running() for worker in workers)
    assert len(service.events("ending")) == 1
    answered = sum(status == 200 for _, status, _ in clients.replies)
    asked = [one for one in service.events("request") if one["path"] == "/predict"]
    assert sum(one["status"] == 200 for one in asked) == answered + 1 + len(ROWS)
    assert not any(row in service.log() for row in ROWS if len(row) > 5)


def test_a_killed_worker_is_replaced_and_only_its_requests_fail(
    serve: Serve, real_bundle: Path
) -> None:
    service = serve(str(real_bundle), "--workers", "2")
    until(lambda: service.ask("/models")[1]["models"][0]["workers"] == 2, 100)
    clients = Clients(service, ROWS)
    clients.until(20)
    victim = service.workers()[0]
    victim.kill()
    clients.until(50)
    until(lambda: service.ask("/models")[1]["models"][0]["workers"] == 2, 100)
    clients.until(20)
    clients.stop()
    failed = [content for _, status, content in clients.replies if status != 200]
    assert len(failed) <= 6
    assert {content["error"]["code"] for content in failed} <= {"server.worker_died"}
    assert len(service.events("worker_ended")) == 1

    # And nothing outlives a front that is killed.
    workers = service.workers()
    service.process.kill()
    until(lambda: not any(worker.is_running() for worker in workers), 30)


def test_a_bundle_exchanged_under_load_fails_nobody_and_mixes_nothing(
    serve: Serve, real_bundle: Path, tmp_path: Path
) -> None:
    old = Path(shutil.copytree(real_bundle, tmp_path / "bundle"))
    new = Path(shutil.copytree(real_bundle, tmp_path / "new"))
    renamed = ["bad", "good", "other"]

    def rename(content: dict[str, Any]) -> None:
        content["codec"]["labels"] = content["labels"] = renamed

    rewrite(new, rename)
    service = serve(str(old))
    clients = Clients(service, ROWS, count=3)
    clients.until(20)
    old.rename(tmp_path / "aside")
    new.rename(old)
    until(lambda: bool(service.events("reloaded")), 100)
    clients.until(20)
    clients.stop()
    assert {status for _, status, _ in clients.replies} == {200}
    kinds = {frozenset(content["answer"]["probabilities"]) for _, _, content in clients.replies}
    assert kinds == {frozenset(LABELS), frozenset(renamed)}
    until(lambda: len(service.workers()) == 1, 30)
    assert service.terminate() == 0


def test_a_bundle_that_cannot_be_loaded_is_said_and_nothing_is_left(
    serve: Serve, tmp_path: Path
) -> None:
    broken = make_bundle(tmp_path / "broken")
    service = serve(str(broken), ready=False)
    assert service.process.wait(200) == 1
    assert "BundleError: " in service.log() and str(broken) in service.log()
    assert "Traceback" not in service.log()


def test_what_is_asked_wrongly_is_said_before_anything_is_loaded(
    serve: Serve, real_bundle: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("short")
    for words, why in (
        ((), "No bundle"),
        ((str(real_bundle), "--token-file", str(token)), "token"),
        ((str(real_bundle), "--host", "host.invalid"), "cannot listen"),
        ((str(real_bundle), "--runtime", "onnx"), "was not made for the runtime"),
    ):
        service = serve(*words, ready=False)
        assert service.process.wait(200) in (1, 2)
        assert why in service.log() and "Traceback" not in service.log(), service.log()
