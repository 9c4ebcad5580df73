"""An ASGI client without a network, and workers that are no processes: the front alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from bundle.table_model import TableProgram
from word_model import WordProgram

from paddle_lab.bundle import load_manifest
from paddle_lab.serving import generation
from paddle_lab.serving.access import Access
from paddle_lab.serving.app import build_app
from paddle_lab.serving.generation import Settings
from paddle_lab.serving.guard import Service
from paddle_lab.serving.identity import identity_of
from paddle_lab.serving.log import Log
from paddle_lab.serving.measured import Measured
from paddle_lab.serving.metrics import Metrics
from paddle_lab.serving.models import Models, Place
from paddle_lab.serving.processes import How, Ready, WorkerEnded
from paddle_lab.serving.requests import Bounds

MEASURED = Measured(rows=4, spare_tokens=8, start_s=0.001, token_s=0.0001)


@dataclass
class Reply:
    """What the service answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeWorker:
    """Runs a program in this process, as a worker of :mod:`paddle_lab.serving.processes` would."""

    pid = 0

    def __init__(self, program: Any, ready: Ready) -> None:
        self.program, self.ready, self.alive = program, ready, True
        self.replicas, self.is_open = None, True
        self.batches: list[tuple[int, ...]] = []
        self.gate: asyncio.Event | None = None
        self.stopped = False

    def when_ended(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def die(self) -> None:
        self.alive = False
        if self.gate is not None:
            self.gate.set()
        self._tell()

    async def run(self, inputs: Mapping[str, Any]) -> Any:
        self.batches.append(inputs["input_ids"].shape)
        if self.gate is not None:
            await self.gate.wait()
        if not self.alive:
            raise WorkerEnded
        return self.program.run(inputs)

    def last_words(self) -> str:
        return ""

    async def stop(self) -> None:
        self.stopped = True

    async def kill(self) -> None:
        self.alive = False


@dataclass
class Workers:
    """Starts fake workers; ``gate`` holds batches until it is set, ``fail`` refuses to start."""

    started: list[FakeWorker] = field(default_factory=list)
    gate: asyncio.Event | None = None
    fail: Exception | None = None
    measured: Measured = MEASURED

    async def start(self, folder: Path, how: How, model: str) -> FakeWorker:
        if self.fail is not None:
            raise self.fail
        manifest = load_manifest(folder)
        program: Any = TableProgram(manifest.signature)
        if manifest.task == "classify":
            program = WordProgram(folder)
        ready = Ready(identity_of(manifest), how.runtime or "paddle", "cpu", self.measured)
        worker = FakeWorker(program, ready)
        worker.gate = self.gate
        self.started.append(worker)
        return worker


class Client:
    """Asks one application."""

    def __init__(self, service: Service, workers: Workers, log: StringIO) -> None:
        self.service, self.workers, self.log = service, workers, log
        self.app = build_app(service)

    async def ask(
        self,
        path: str,
        content: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        leave: asyncio.Event | None = None,
        parts: list[bytes] | None = None,
    ) -> Reply:
        """GET without content, POST with it; ``leave`` is the moment the client closes."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        chunks = parts if parts is not None else [body if content is not None else b""]
        method = "GET" if content is None and parts is None else "POST"
        given = {"host": "localhost:8000", **(headers or {})}
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("localhost", 8000), "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        waiting = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
            for number, chunk in enumerate(chunks)
        ]
        gone = leave or asyncio.Event()
        sent: list[Any] = []

        async def receive() -> Any:
            if waiting:
                return waiting.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:]))

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@asynccontextmanager
async def served(
    monkeypatch: pytest.MonkeyPatch,
    *places: Place,
    settings: Settings | None = None,
    bounds: Bounds | None = None,
    access: Access | None = None,
    workers: Workers | None = None,
    load: bool = True,
) -> AsyncIterator[Client]:
    """A service of these bundles, whose workers are fakes."""
    workers = workers or Workers()
    monkeypatch.setattr(generation, "Worker", workers)
    metrics, stream = Metrics(), StringIO()
    log = Log(stream, requests=True)
    models = Models(places, settings or Settings(), metrics, log)
    service = Service(models, metrics, log, bounds or Bounds(), access or Access())
    if load:
        await models.load()
    try:
        yield Client(service, workers, stream)
    finally:
        if workers.gate is not None:
            workers.gate.set()
        await models.end()
