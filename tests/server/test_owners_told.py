"""Who listens to the owners is told what is over, also what only a question had shown."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from paddle_lab.gpu.ownership import Ownership, ServiceProcess
from paddle_lab.server import gpu_owners
from paddle_lab.server.gpu_owners import STEP, OwnersWatch


class Kernels:
    """A server without kernels."""

    async def all(self, gpus: object) -> list[Any]:
        return []

    def ask(self, wanted: object) -> None: ...

    reset_backoff = ask


class Readers:
    async def run(self, name: str, read: Callable[[], Ownership]) -> Ownership:
        return read()


@pytest.fixture
def watch() -> OwnersWatch:
    inventory = SimpleNamespace(gpus=(), notes=())
    latest = SimpleNamespace(inventory=inventory, fast=(), simulated=False)
    sampler = SimpleNamespace(latest=latest, listen=lambda listener: listener)
    runs = SimpleNamespace(summaries=())
    return OwnersWatch(sampler, Kernels(), runs, Readers())  # type: ignore[arg-type]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> list[ServiceProcess]:
    """Those that run; a test changes the list."""
    running: list[ServiceProcess] = []
    monkeypatch.setattr(gpu_owners, "running_services", lambda: list(running))
    return running


def service(resident: int) -> ServiceProcess:
    return ServiceProcess("0123", 1, "reviews", 8000, resident)


async def test_a_service_that_only_a_question_had_shown_is_told_to_be_over(
    watch: OwnersWatch, services: list[ServiceProcess]
) -> None:
    told: list[int] = []
    watch.listen(lambda ownership: told.append(len(ownership.owners)))
    await watch.refresh()
    services.append(service(STEP))
    assert len((await watch.refresh()).owners) == 1
    services.clear()
    await watch.refresh()
    assert told == [0, 1, 0]


async def test_an_amount_shown_in_the_pause_is_told_to_have_gone_back_after_it(
    watch: OwnersWatch, services: list[ServiceProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    watch.listen(lambda ownership: told.append(ownership.owners[0].resident // STEP))
    services.append(service(STEP))
    await watch.refresh()
    services[0] = service(3 * STEP)
    await watch.refresh()
    services[0] = service(STEP)
    monkeypatch.setattr(gpu_owners, "PAUSE_S", 0.0)
    await watch.refresh()
    assert told == [1, 1]
