"""What `paddle-lab serve` answers a second, by runtime and batching, and what it does when flooded.

    python benchmarks/serving.py --run last                # a run with the runtimes to be compared
    python benchmarks/serving.py --run BUNDLE --rounds 3 --seconds 20
    python benchmarks/serving.py --run BUNDLE --rounds 1 --seconds 2 --clients 8 --overload 5

All services run at the same time, one worker of one thread each; they are asked in turn, round
after round, by clients in a process of their own, with real reviews. Arms: each runtime of the
bundle, with batches as measured and one by one (``--batch-rows 1``), warmed up by a round that
does not count. Then: processor time of a
request where the model is empty (HTTP, JSON, tokens, answer), the slowest look at health under
load, and the fastest arm flooded with five times what it can do by clients that come back at once.
Ratios are to Paddle one by one of the same round and number of clients: median and range.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

PARTS = str(Path(__file__).with_name("serving_parts.py"))
FIRST = "paddle, one by one"


class Running:
    """A service in a process of its own."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.port = free_port()
        self._log = folder / f"{self.port}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *[word.replace("PORT", str(self.port)) for word in words]],
                stdout=log, stderr=log, env={**os.environ, "PADDLE_LAB_LANG": "en"},
            )  # fmt: skip
        self.until_ready()

    def until_ready(self) -> None:
        url = f"http://127.0.0.1:{self.port}/health/ready"
        for _ in range(600):
            time.sleep(0.5)
            if self.process.poll() is not None:
                raise SystemExit(self._log.read_text())
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except OSError:
                continue
        raise SystemExit(f"not ready: {self._log.read_text()}")

    def ask(self, texts: Path, clients: int, seconds: float, rate: float = 0) -> dict[str, Any]:
        """What clients saw, and processor time and memory of all its processes."""
        parts = [psutil.Process(self.process.pid)]
        parts += parts[0].children(recursive=True)
        before = cpu_s(parts)
        words = ["clients", str(self.port), str(texts), str(clients), str(seconds), str(rate)]
        done = subprocess.run([sys.executable, PARTS, *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        found: dict[str, Any] = json.loads(done.stdout)
        asked = sum(found["statuses"].values())
        found["cpu_ms"] = 1e3 * (cpu_s(parts) - before) / max(1, asked)
        found["front_mb"] = parts[0].memory_info().rss / 2**20
        return found

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def main() -> None:
    """Start all, measure in turn, print."""
    given = parser().parse_args()
    from paddle_lab.bundle import load_manifest
    from paddle_lab.bundle.locate import find_bundle

    bundle = find_bundle(given.run)
    manifest = load_manifest(bundle, check_hashes=False)
    result: dict[str, Any] = {"bundle": manifest.base_model.get("name"), "rounds": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = folder / "texts.json"
        texts.write_text(json.dumps(reviews(given.texts)), encoding="utf-8")
        services = {}
        for runtime in manifest.runtimes:
            words = ["-m", "paddle_lab.cli", "serve", str(bundle), "--port", "PORT"]
            words += ["--runtime", runtime, "--device", "cpu", "--workers", "1", "--deadline", "30"]
            services[f"{runtime}, one by one"] = Running(folder, [*words, "--batch-rows", "1"])
            services[f"{runtime}, batches"] = Running(folder, words)
        for service in services.values():
            for clients in given.clients:  # each length and size of a batch is made ready once
                service.ask(texts, clients, given.seconds)
        for _ in range(given.rounds):
            result["rounds"].append([
                {"arm": arm, "clients": clients, **service.ask(texts, clients, given.seconds)}
                for clients in given.clients
                for arm, service in services.items()
            ])  # fmt: skip
        print(table(result["rounds"]))
        ends = [service.end() for service in services.values()]
        print(f"exit codes after SIGTERM: {ends}")
        fastest = max(result["rounds"][-1], key=lambda one: one["qps"])
        result["empty"] = empty(folder, bundle, texts, given)
        if given.overload:
            result["overload"] = overload(folder, bundle, texts, fastest, given)
    if given.json:
        Path(given.json).write_text(json.dumps(result, indent=1), encoding="utf-8")


def empty(folder: Path, bundle: Path, texts: Path, given: Any) -> list[dict[str, Any]]:
    """Processor time of a request without a model."""
    service = Running(folder, [PARTS, "empty", str(bundle), "PORT"])
    found = [service.ask(texts, clients, given.seconds) for clients in given.clients]
    service.end()
    for clients, one in zip(given.clients, found, strict=True):
        print(f"empty model, {clients} clients: {one['cpu_ms']:.2f} CPU ms, {one['qps']:.0f} qps")
    return found


def overload(folder: Path, bundle: Path, texts: Path, fastest: Any, given: Any) -> dict[str, Any]:
    """The fastest arm, asked five times as much as it can do."""
    runtime, _, how = fastest["arm"].partition(", ")
    words = ["-m", "paddle_lab.cli", "serve", str(bundle), "--port", "PORT", "--runtime", runtime]
    words += ["--workers", "1", "--deadline", str(given.deadline)]
    words += ["--batch-rows", "1"] if how == "one by one" else []
    service = Running(folder, words)
    calm = service.ask(texts, 32, min(10.0, given.overload))
    flood = service.ask(texts, 256, given.overload, 5 * calm["qps"])
    after = service.ask(texts, 8, 2.0)
    service.end()
    share = flood["qps"] / calm["qps"]
    print(
        f"overload, {fastest['arm']}, deadline {given.deadline:g} s: "
        f"{flood['offered']:.0f} asked a second, answered {flood['qps']:.0f} ({share:.2f} of "
        f"capacity), p99 of the answered "
        f"{flood['p99_ms']:.0f} ms, health at most {flood['health_ms']:.0f} ms, front "
        f"{calm['front_mb']:.0f} to {after['front_mb']:.0f} MB, statuses {flood['statuses']}"
    )
    return {"calm": calm, "flood": flood, "after": after}


def table(rounds: list[list[dict[str, Any]]]) -> str:
    """A line for each arm and number of clients."""
    values: dict[tuple[int, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for round_ in rounds:
        first = {one["clients"]: one for one in round_ if one["arm"] == FIRST}
        for one in round_:
            cell = values[one["clients"], one["arm"]]
            for name in ("qps", "p50_ms", "p99_ms", "cpu_ms", "health_ms"):
                cell[name].append(one[name] or 0.0)
            cell["factor"].append(one["qps"] / first[one["clients"]]["qps"])
    lines = ["| clients | arm | qps | factor | p50 ms | p99 ms | CPU ms | health, slowest ms |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for (clients, arm), cell in values.items():
        middle = {name: statistics.median(found) for name, found in cell.items()}
        span = f"{min(cell['factor']):.2f} to {max(cell['factor']):.2f}"
        lines.append(
            f"| {clients} | {arm} | {middle['qps']:.0f} | {middle['factor']:.2f} ({span}) "
            f"| {middle['p50_ms']:.1f} | {middle['p99_ms']:.1f} | {middle['cpu_ms']:.2f} "
            f"| {max(cell['health_ms']):.1f} |"
        )
    return "\n".join(lines)


def cpu_s(parts: list[psutil.Process]) -> float:
    return sum(sum(part.cpu_times()[:2]) for part in parts)


def reviews(count: int) -> list[str]:
    from paddle_lab.data import prepare
    from paddle_lab.tasks import get_task

    test = prepare(get_task("classify"), "reviews", limit=100).test
    assert test is not None
    return list(test.texts[:count])


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--run", default="last", help="a run or a bundle, with its runtimes")
    made.add_argument("--rounds", type=int, default=3, help="times that each arm is asked")
    made.add_argument("--seconds", type=float, default=10, help="of each arm in each round")
    made.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    made.add_argument("--texts", type=int, default=500, help="reviews that are sent in turn")
    made.add_argument("--overload", type=float, default=60, help="seconds of flood; 0: none")
    made.add_argument("--deadline", type=float, default=2, help="of a request when flooded, in s")
    made.add_argument("--json", help="write all figures to this file")
    return made


if __name__ == "__main__":
    main()
