"""Malformed requests against a service that runs, over HTTP and over gRPC.

    python benchmarks/fuzz_service.py --run last                  # or a bundle's folder
    python benchmarks/fuzz_service.py --run BUNDLE --requests 5000 --seed 7

Starts `paddle-lab serve` with both ports in a process of its own, on the loopback interface, and
sends so many requests over HTTP and as many over gRPC (``tests/serving/malformed.py``, from the
seed); a fifth of the latter are connections that are no HTTP/2. Then both are asked for the answer
that they gave before.

Prints one line of JSON. To reach: no failures (statuses that say of a mistake of the service, or
answers with something of its inside), no faults and no tracebacks in its log, the process alive,
the answers right.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Here is a serving.py, and what is imported stands below tests/serving.
sys.path[0] = str(ROOT / "tests")
sys.path.insert(0, str(ROOT))

import psutil
from malformed_requests import send
from serving.calling import Caller, texts_given
from serving.malformed import http_requests, is_fault, tells_of_inside
from serving.malformed_calls import answer_to, calls, connections, is_failure

AT_ONCE = 8
#: Of five requests over gRPC one is a connection that is no HTTP/2.
CALLS = 4
TEXT = "质量很好，推荐！"
SHOWN = 5
Figures = dict[str, Any]


class Service:
    """`paddle-lab serve` with both ports."""

    def __init__(self, folder: Path, bundle: str) -> None:
        self._log = folder / "log"
        words = ["-m", "paddle_lab.cli", "serve", f"words={bundle}", "--port", "0"]
        words += ["--grpc-port", "0", "--deadline", "2", "--workers", "1"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, *words], stdout=log, stderr=log)
        while not (found := self.events("serving")):
            if self.process.poll() is not None:
                raise SystemExit(self.text)
            time.sleep(0.1)
        self.port = int(found[0]["url"].rpartition(":")[2])
        self.grpc = str(found[0]["grpc"])

    @property
    def text(self) -> str:
        """Its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[Figures]:
        """The events of that name."""
        lines = [line for line in self.text.splitlines() if line.startswith("{")]
        return [one for one in map(json.loads, lines) if one["event"] == name]

    @property
    def mib(self) -> float:
        """Resident memory of the front."""
        return round(psutil.Process(self.process.pid).memory_info().rss / 2**20, 1)

    def end(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


async def over_http(service: Service, count: int, chance: random.Random) -> Figures:
    """Requests over HTTP."""
    statuses: Counter[str] = Counter()
    failures: list[str] = []

    async def one(content: bytes) -> None:
        answer = await send(service.port, content, 60)
        statuses[str(answer.status) if answer.status else "closed"] += 1
        if is_fault(answer):
            failures.append(f"{content[:300]!r}: {answer.status} {answer.body[:300]!r}")

    return await told(itertools.islice(http_requests(chance), count), one, statuses, failures)


async def over_grpc(service: Service, count: int, chance: random.Random) -> Figures:
    """Calls, and connections that are none."""
    statuses: Counter[str] = Counter()
    failures: list[str] = []
    caller = Caller(service.grpc)
    port = int(service.grpc.rpartition(":")[2])

    async def one(case: Any) -> None:
        if isinstance(case, bytes):
            statuses["no call"] += 1
            if tells_of_inside(await answer_to(port, case)):
                failures.append(repr(case[:300]))
            return
        found = await caller.call(
            case.method, case.content, service=case.service, answer="",
            headers=dict(case.headers), timeout=30,
        )  # fmt: skip
        statuses[found.status] += 1
        if is_failure(found):
            failures.append(f"{case!r:.500}: {found!r:.300}")

    made, other = calls(chance), connections(chance)
    every = (next(made if number % (CALLS + 1) else other) for number in range(count))
    figures = await told(every, one, statuses, failures)
    await caller.channel.close()
    return figures


async def told(
    cases: Iterable[Any], one: Callable[[Any], Awaitable[None]], statuses: Counter[str],
    failures: list[str],
) -> Figures:  # fmt: skip
    """Send them, some at once; what came out."""
    began = time.monotonic()
    waiting = iter(list(cases))

    async def work() -> None:
        for case in waiting:
            await one(case)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return {
        "requests": sum(statuses.values()),
        "seconds": round(time.monotonic() - began, 1),
        "statuses": dict(statuses.most_common()),
        "failures": len(failures),
        "shown": failures[:SHOWN],
    }


async def answers(service: Service) -> list[Any]:
    """The same text over both."""
    body = json.dumps({"text": TEXT}).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    over = await send(service.port, head.encode() + body)
    caller = Caller(service.grpc)
    found = await caller.infer(texts_given([TEXT], raw=False), timeout=30)
    await caller.channel.close()
    called = json.loads(found.message.outputs[0].contents.bytes_contents[0])
    return [json.loads(over.body)["answer"], called]


async def measure(service: Service, options: argparse.Namespace) -> Figures:
    """All figures."""
    before, mib = await answers(service), service.mib
    chance = random.Random(options.seed)
    figures = {
        "http": await over_http(service, options.requests, chance),
        "grpc": await over_grpc(service, options.requests, chance),
        "alive": service.process.poll() is None,
    }
    figures["answers_as_before"] = await answers(service) == before
    figures["front_mib_before_after"] = [mib, service.mib]
    return figures


def main() -> int:
    """Start, send, print; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--run", default="last", help="a run or a bundle")
    parser.add_argument("--requests", type=int, default=5000, help="over each of the two")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        service = Service(Path(name), options.run)
        try:
            figures = asyncio.run(measure(service, options))
        finally:
            code = service.end()
        figures["tracebacks"] = service.text.count("Traceback")
        figures["faults"] = len(service.events("fault"))
        figures["library_errors"] = Counter(
            f"{one['library']}: {one['kind']}" for one in service.events("library") if one["kind"]
        )
        figures["worker_ends"] = len(service.events("worker_ended"))
        figures["exit_code"] = code
    print(json.dumps(figures, ensure_ascii=False))
    failed = figures["http"]["failures"] + figures["grpc"]["failures"]
    failed += figures["tracebacks"] + figures["faults"] + figures["worker_ends"] + code
    return int(bool(failed) or not figures["alive"] or not figures["answers_as_before"])


if __name__ == "__main__":
    raise SystemExit(main())
