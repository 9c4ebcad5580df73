"""A tiny real bundle for the services that run as a person starts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bundle.tiny import tiny_trained
from serving.process import Served


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
