"""Malformed requests, many tabs and tabs that do not read, against a real Jupyter server.

``python benchmarks/fuzz_server.py`` starts a server in a process of its own with a token, on the
loopback interface, with simulated GPUs and 20 runs. It sends 5,000 requests that are wrong in some
way and 5,000 socket messages (``tests/malformed_requests.py``, from a seed), two bodies of 100 MB
among them; then it opens 1,000 sockets, 50 of which ask without pause and never read. The probe
beside the extension (``sidebar_probe.py``) notes how late the event loop wakes.

Prints one line of JSON. To reach: no status of 500 or more, no traceback in the log, the server
alive, the loop at most 50 ms late, memory bounded. Delays come from the machine's other load too:
``idle`` says how late the loop is with nothing to do, and ``busy`` what the loop's own thread did.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "tests"))

import psutil
import run_writer
from jupyter_home import jupyter_home
from lab_server import free_port
from malformed_requests import RawSocket, Requests, messages, send
from sidebar_sides import OUR_TOPICS, prefer

RUNS = 20
AT_ONCE = 8
MESSAGES_A_SOCKET = 250
LARGE = 100_000_000
EXTENSIONS = (
    "{'paddle_lab': True, 'sidebar_probe': True, 'jupyterlab': False, 'notebook': False, "
    "'jupyter_lsp': False}"
)
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--slow", type=int, default=50, help="of them, those that never read")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the sockets stay")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 3 * options.sockets + 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted), hard))
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        try:
            figures = asyncio.run(measure(server, options))
            figures |= server.log_figures()
        finally:
            server.stop()
    print(json.dumps(figures))


class Server:
    """A Jupyter server with our extension and the probe."""

    def __init__(self, folder: Path) -> None:
        self.port, self.token = free_port(), secrets.token_hex(8)
        self.base = "/paddle-lab"
        self.log, self.probe = folder / "server.log", folder / "probe"
        home = jupyter_home(folder / "home")
        os.environ["PADDLE_LAB_DATA_DIR"] = home["PADDLE_LAB_DATA_DIR"]
        work = folder / "work"
        work.mkdir()
        registry = Path(home["PADDLE_LAB_DATA_DIR"]) / "runs"
        for _ in range(RUNS):
            run = run_writer.new_run(work, registry)
            run_writer.write_run(run, 200)
        self.run_id = run.id
        paths = [str(HERE), str(HERE.parent)]
        env = {**os.environ, **home, "PYTHONPATH": os.pathsep.join(paths)}
        env |= {"PROBE_FILE": str(self.probe), "PADDLE_LAB_GPUS": "simulated:8xA100"}
        command = [sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser"]
        command += [
            f"--ServerApp.port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={work}",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.jpserver_extensions={EXTENSIONS}",
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        prefer(self.process.pid)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.ask("paddle-lab/snapshot")
                return
            time.sleep(0.2)
        raise RuntimeError(self.log.read_text(errors="replace")[-3000:])

    def ask(self, path: str) -> Any:
        """JSON from the server."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            headers={"Authorization": f"token {self.token}"},
        )
        return json.load(urllib.request.urlopen(request, timeout=30))

    @property
    def mib(self) -> float:
        """Resident memory."""
        return round(psutil.Process(self.process.pid).memory_info().rss / 2**20, 1)

    def log_figures(self) -> Figures:
        """What the log says of faults, and whether the server still answers."""
        alive = self.process.poll() is None and bool(self.ask("paddle-lab/snapshot")["gpus"])
        text = self.log.read_text(errors="replace")
        return {"tracebacks": text.count("Traceback"), "alive": alive}

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Late:
    """From now on: how late the server's event loop wakes, and how busy its thread is until then.

    The first holds what else the machine does at that moment; the second is the loop's own. A
    collection by Python, which goes through the whole server's memory, may be part of both.
    """

    def __init__(self, probe: Path) -> None:
        self._files = {
            "late": probe,
            "busy": probe.with_suffix(".busy"),
            "collect": probe.with_suffix(".collect"),
        }
        self._starts = {
            kind: file.stat().st_size if file.exists() else 0 for kind, file in self._files.items()
        }

    async def figures(self, name: str) -> Figures:
        """The 99th percentile and the longest of each, in milliseconds."""
        await asyncio.sleep(1.2)  # the probe writes once a second
        found: Figures = {}
        for kind, path in self._files.items():
            with path.open(encoding="ascii") as file:
                file.seek(self._starts[kind])
                lines = [line for line in file.read().splitlines() if line.endswith("]")]
            values = [value for line in lines for value in json.loads(line)]
            p99 = statistics.quantiles(values, n=100)[98] if len(values) > 100 else None
            found[f"{name}_{kind}_ms_p99"] = None if p99 is None else round(p99, 1)
            found[f"{name}_{kind}_ms_max"] = round(max(values), 1) if values else None
        return found


async def measure(server: Server, options: argparse.Namespace) -> Figures:
    """All figures, one after the other."""
    late = Late(server.probe)
    await asyncio.sleep(5)
    figures = await late.figures("idle")
    figures |= await fuzz(server, options)
    figures |= await crowd(server, options)
    return figures


async def fuzz(server: Server, options: argparse.Namespace) -> Figures:
    """Malformed requests and messages: how they were answered."""
    late, began = Late(server.probe), time.monotonic()
    chance = random.Random(options.seed)
    cases = Requests(server.base, server.token, server.run_id, chance)
    statuses: Counter[str] = Counter()
    no_json = 0

    async def worker(some: list[Any]) -> None:
        nonlocal no_json
        for case in some:
            answer = await send(server.port, case.content, 60)
            statuses[str(answer.status) if answer.status else "closed"] += 1
            no_json += case.routed and not answer.is_json

    every = list(itertools.islice(cases, options.requests))
    await asyncio.gather(*(worker(every[n::AT_ONCE]) for n in range(AT_ONCE)))
    for _ in range(2):
        answer = await send(server.port, large_request(server), 60)
        statuses[str(answer.status) if answer.status else "closed"] += 1
    said = heard = 0
    stream = messages(chance)
    for _ in range(0, options.requests, MESSAGES_A_SOCKET):
        some = list(itertools.islice(stream, MESSAGES_A_SOCKET))
        said += len(some)
        heard += await tell(server, some)
    return {
        "requests": sum(statuses.values()),
        "statuses": dict(sorted(statuses.items())),
        "status_500": sum(n for status, n in statuses.items() if status.startswith("5")),
        "answers_without_json": no_json,
        "messages": said,
        "messages_answered": heard,
        "fuzz_s": round(time.monotonic() - began, 1),
        **await late.figures("fuzz"),
    }


def large_request(server: Server) -> bytes:
    """A request of 100 MB."""
    head = f"POST {server.base}/runs/{server.run_id}/requests HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: token {server.token}\r\nContent-Length: {LARGE}\r\n\r\n"
    return head.encode() + b" " * LARGE


async def tell(server: Server, some: list[tuple[int, bytes]]) -> int:
    """Send these on one socket; how many answers came until the last was acted on."""
    socket = await RawSocket.open(server.port, server.base, server.token)
    heard = 0
    for opcode, payload in some:
        if opcode == 2 or payload.isascii():  # text that is no UTF-8 ends any WebSocket
            socket.send(opcode, payload)
    socket.say(op="visible", value=True)
    socket.say(op="subscribe", topic="the last one")
    while True:
        _, line = await asyncio.wait_for(socket.read(), 60)
        heard += 1
        if json.loads(line)["topic"] == "the last one":
            socket.close()
            return heard


async def crowd(server: Server, options: argparse.Namespace) -> Figures:
    """Many sockets at once, and some that ask without pause and never read."""
    before = server.mib
    late = Late(server.probe)
    heard: Counter[int] = Counter()
    open_s = time.monotonic()
    sockets = []
    for _ in range(options.sockets):
        sockets.append(await RawSocket.open(server.port, server.base, server.token))
    reading = sockets[options.slow :]
    readers = [asyncio.create_task(read(socket, n, heard)) for n, socket in enumerate(reading)]
    slow = [asyncio.create_task(ask_only(socket)) for socket in sockets[: options.slow]]
    while len(heard) < len(reading) and time.monotonic() - open_s < 120:
        await asyncio.sleep(0.1)
    opened_s = round(time.monotonic() - open_s, 1)
    opening = await late.figures("opening")
    late, peak, counted = Late(server.probe), before, dict(heard)
    deadline = time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(1)
        peak = max(peak, server.mib)
    steady = await late.figures("crowd")
    told = [heard[n] - counted.get(n, 0) for n in range(len(reading))]
    closed = sum(task.done() for task in slow)
    last = server.mib
    for task in [*readers, *slow]:
        task.cancel()
    for socket in sockets:
        socket.close()
    await asyncio.gather(*readers, *slow, return_exceptions=True)
    await asyncio.sleep(5)
    return {
        "sockets": options.sockets,
        "all_heard_after_s": opened_s,
        **opening,
        **steady,
        "messages_a_reader_per_s": round(statistics.mean(told) / options.seconds, 2),
        "silent_readers": sum(n == 0 for n in told),
        "slow_readers": options.slow,
        "slow_readers_closed": closed,
        "mib_before_peak_last_after": [before, peak, last, server.mib],
    }


async def read(socket: RawSocket, number: int, heard: Counter[int]) -> None:
    """A tab that looks at everything."""
    for topic in OUR_TOPICS:
        socket.say(op="subscribe", topic=topic)
    while True:
        await socket.read()
        heard[number] += 1


async def ask_only(socket: RawSocket) -> None:
    """A tab that asks for the whole past again and again; ends when the server has enough."""
    with contextlib.suppress(ConnectionError):
        while True:
            socket.say(op="subscribe", topic="gpu")
            socket.say(op="subscribe", topic="runs")
            await socket.writer.drain()
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
