"""``paddle-lab serve`` in a process of its own, and clients that ask it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
#: Until a process with Paddle is there, on a machine that is busy with other tests.
START_S = 200.0
_CLOSED = (ConnectionError, http.client.HTTPException, TimeoutError)


class Served:
    """A service on a free port, which writes into ``folder``; ``python`` has the package."""

    def __init__(self, folder: Path, *words: str, python: str | None = None) -> None:
        folder.mkdir()
        self._log, self._out = folder / "log", folder / "out"
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PADDLE_LAB_LANG": "en"}
        if python is not None:  # it has the package
            del environment["PYTHONPATH"]
        with self._out.open("w") as out, self._log.open("w") as log:
            self.process = subprocess.Popen(
                [python or sys.executable, "-m", "paddle_lab.cli", "serve", *words, "--port", "0"],
                stdout=out, stderr=log, env=environment, cwd="/", start_new_session=True,
            )  # fmt: skip
        self.port = 0

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [line for line in self.log().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def until_ready(self) -> None:
        until(lambda: "Ready: http" in self.log() or self.process.poll() is not None, START_S)
        assert "Ready: http" in self.log(), self.log()
        self.port = int(self.log().partition("Ready: http://127.0.0.1:")[2].partition(" ")[0])

    def ask(self, path: str, content: Any = None, timeout_s: float = 60.0) -> tuple[int, Any]:
        """Status and JSON; 0 for a connection that was refused or closed without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            body = None if content is None else json.dumps(content)
            connection.request("GET" if content is None else "POST", path, body)
            reply = connection.getresponse()
            text = reply.read()
        except _CLOSED:
            return 0, None
        finally:
            connection.close()
        return reply.status, json.loads(text) if text.startswith(b"{") else text.decode()

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Clients:
    """Threads that ask without a pause until they are told to stop; all replies are kept."""

    def __init__(self, service: Served, texts: Sequence[str], count: int = 6) -> None:
        self.replies: list[tuple[str, int, Any]] = []
        self._service, self._texts = service, texts
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _work(self, number: int) -> None:
        while not self._stop.is_set():
            text = self._texts[number % len(self._texts)]
            number += 1
            self.replies.append((text, *self._service.ask("/predict", {"text": text})))

    def until(self, count: int) -> None:
        """Wait for so many more replies."""
        aim = len(self.replies) + count
        until(lambda: len(self.replies) >= aim, 60)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def same(found: Any, expected: Any) -> None:
    """Answers of a classifier that differ by no more than the batches that they were part of."""
    for given, wanted in zip(found, expected, strict=True):
        assert given["label"] == wanted["label"] and given["empty"] == wanted["empty"]
        assert given["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-4)


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds. Raises AssertionError after so many seconds."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)
