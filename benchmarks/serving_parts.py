"""The other processes of ``benchmarks/serving.py``: clients, and a front whose model is empty.

    python benchmarks/serving_parts.py clients PORT TEXTS CLIENTS SECONDS [RATE]
    python benchmarks/serving_parts.py empty BUNDLE PORT

Clients keep their connection. Without a rate each asks again as soon as it is answered; with one,
all together send so many a second, whatever they are told, Retry-After included.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any


async def one(
    port: int, bodies: list[bytes], at: int, ends: float, pace_s: float, found: list[Any]
) -> None:
    """One client: status and seconds of each request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + pace_s * (at % 97) / 97
    while time.perf_counter() < ends:
        if pace_s:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due += pace_s
        began = time.perf_counter()
        try:
            writer.write(bodies[at % len(bodies)])
            status = await reply(reader)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        found.append((status, time.perf_counter() - began))
        at += 1
    writer.close()


async def reply(reader: asyncio.StreamReader) -> int:
    """The status of an answer that was read whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line[16:]) for line in lines if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head[9:12])


def post(text: str) -> bytes:
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def health(port: int, ends: float, found: list[float]) -> None:
    """Seconds of a look at health, twenty a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < ends:
        began = time.perf_counter()
        writer.write(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reply(reader)
        found.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)
    writer.close()


async def clients(port: int, texts: list[str], count: int, seconds: float, rate: float) -> None:
    """Print what all of them saw."""
    bodies = [post(text) for text in texts]
    found: list[Any] = []
    looks: list[float] = []
    began = time.perf_counter()
    ends = began + seconds
    pace_s = count / rate if rate else 0.0
    await asyncio.gather(
        *(one(port, bodies, 31 * n, ends, pace_s, found) for n in range(count)),
        health(port, ends, looks),
    )
    took = time.perf_counter() - began
    good = sorted(s for status, s in found if status == 200)
    statuses = [status for status, _ in found]
    print(json.dumps({
        "qps": len(good) / took,
        "p50_ms": 1e3 * good[len(good) // 2] if good else None,
        "p99_ms": 1e3 * good[int(0.99 * (len(good) - 1))] if good else None,
        "offered": len(found) / took,
        "statuses": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "health_ms": 1e3 * max(looks),
    }))  # fmt: skip


def empty(bundle: str, port: int) -> None:
    """Serve a bundle whose program answers zeros at once, in the front's own process."""
    import numpy as np

    from paddle_lab.bundle import load_manifest
    from paddle_lab.serving import generation
    from paddle_lab.serving.guard import Service
    from paddle_lab.serving.identity import identity_of
    from paddle_lab.serving.listening import Address, listen_on, serve
    from paddle_lab.serving.log import Log
    from paddle_lab.serving.measured import Measured
    from paddle_lab.serving.metrics import Metrics
    from paddle_lab.serving.models import Models, Place
    from paddle_lab.serving.processes import Ready

    class Nothing:
        pid, alive = 0, True

        def __init__(self, folder: Path) -> None:
            manifest = load_manifest(folder)
            self._outputs = manifest.signature.outputs
            limits = Measured(8, 8, 1e-4, 1e-6)
            self.ready = Ready(identity_of(manifest), "empty", "cpu", limits)

        @classmethod
        async def start(cls, folder: Path, how: Any, model: str) -> Nothing:
            return cls(folder)

        def when_ended(self, tell: Any) -> None:
            """It does not end."""

        async def run(self, inputs: Any) -> Any:
            sizes = dict(zip(("rows", "tokens"), inputs["input_ids"].shape, strict=True))
            return {spec.name: np.zeros([sizes.get(d, d) for d in spec.dims], np.float32)
                    for spec in self._outputs}  # fmt: skip

        async def stop(self) -> None:
            """There is nothing to end."""

    generation.Worker = Nothing  # type: ignore[misc,assignment]
    metrics, log = Metrics(), Log()
    models = Models([Place("empty", "1", Path(bundle))], generation.Settings(), metrics, log)
    listening: socket.socket = listen_on(Address(port=port))
    asyncio.run(serve(Service(models, metrics, log), listening, lambda: None))


if __name__ == "__main__":
    if sys.argv[1] == "empty":
        empty(sys.argv[2], int(sys.argv[3]))
    else:
        port, texts, count, seconds, *rate = sys.argv[2:]
        given = json.loads(Path(texts).read_text(encoding="utf-8"))
        speed = float(rate[0]) if rate else 0.0
        asyncio.run(clients(int(port), given, int(count), float(seconds), speed))
