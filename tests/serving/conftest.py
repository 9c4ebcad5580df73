"""A tiny real bundle for the services that run as a person starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import tiny_trained
from serving.asking import Client, served
from serving.calling import Caller, called
from serving.process import Served
from word_model import word_bundle

from paddle_lab.serving.models import Place

Story = Callable[[Client], Awaitable[None]]
Calls = Callable[[Client, Caller], Awaitable[None]]


@pytest.fixture(scope="session")
def real_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported once; tests that change it copy it first."""
    from paddle_lab.bundle import export_bundle

    folder = tmp_path_factory.mktemp("served") / "bundle"
    export_bundle(tiny_trained(), folder)
    return folder


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """``serve(words...)`` starts ``paddle-lab serve`` and waits until it is ready."""
    started: list[Served] = []

    def start(*words: str, **options: bool) -> Served:
        started.append(Served(tmp_path / f"service-{len(started)}", *words))
        if options.get("ready", True):
            started[-1].until_ready()
        return started[-1]

    yield start
    for service in started:
        service.kill()


@pytest.fixture
def words(tmp_path: Path) -> Place:
    return Place("words", "1", word_bundle(tmp_path / "words"))


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``tell(story, places..., options)``: the story is told to a client of such a service."""

    def run(story: Story, *places: Place, **options: Any) -> None:
        async def whole() -> None:
            async with served(monkeypatch, *places, **options) as client:
                await asyncio.wait_for(story(client), 30)

        asyncio.run(whole())

    return run


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``call(story, places..., options)``: as ``tell``, with a client over gRPC beside it."""

    def run(story: Calls, *places: Place, **options: Any) -> None:
        async def whole() -> None:
            async with (
                served(monkeypatch, *places, **options) as client,
                called(client.service) as caller,
            ):
                await asyncio.wait_for(story(client, caller), 30)

        asyncio.run(whole())

    return run
