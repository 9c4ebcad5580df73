"""What becomes of requests when a node of a Ray cluster is killed under load.

    pip install "paddle-lab-serve[onnx,ray]"      # or cpu in place of onnx
    python benchmarks/ray_cluster.py --bundle runs/trial-1a2b3c4d/bundle
    python benchmarks/ray_cluster.py --bundle BUNDLE --seconds 20 --clients 16 --json

Starts a cluster of three nodes on this machine, `paddle-lab serve --ray` on it with two replicas on
two nodes, and clients that ask without a pause. Answers to 200 texts are compared with the
predictor's first. Then, while all clients ask, a node with a replica and a front is killed without
grace, and started again; at last the bundle is exchanged for another one. Failed is a request
without the status 200. Recovery is the time from the kill until the end of the last request that
failed, or took longer than the longest before the kill and half a second.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

READY_S = 240.0
SLOW_S = 0.5
NEAR = 1e-4
CHARS = "质量很好推荐太差了不会再买一般物流快包装客服态度也错下次还来 xyz，。！😀\n"


class Clients:
    """Threads that ask without a pause; of each request: begin, end, status."""

    def __init__(self, port: int, texts: list[str], count: int, together: int) -> None:
        self.seen: list[tuple[float, float, int]] = []
        self._port, self._stop = port, threading.Event()
        self._texts = [texts[at : at + together] for at in range(0, len(texts), together)]
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _work(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._stop.is_set():
            began, number = time.monotonic(), number + 1
            try:
                asked = {"texts": self._texts[number % len(self._texts)]}
                connection.request("POST", "/predict", json.dumps(asked))
                reply = connection.getresponse()
                reply.read()
                status = reply.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            self.seen.append((began, time.monotonic(), status))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def told(seen: list[tuple[float, float, int]], at: float, until: float) -> dict[str, Any]:
    """Figures of the requests that ended between two moments."""
    found = [one for one in seen if at <= one[1] < until]
    failed = [status for _, _, status in found if status != 200]
    return {
        "requests": len(found),
        "failed": len(failed),
        "statuses": sorted(set(failed)),
        "worst_s": round(max((end - began for began, end, _ in found), default=0.0), 2),
    }


def recovery(
    seen: list[tuple[float, float, int]], at: float, until: float, usual: float
) -> dict[str, float]:
    """How long after ``at`` a request failed or was slow; ``usual`` is the longest before."""
    late = [
        end - at
        for began, end, status in seen
        if at <= end < until and (status != 200 or end - began > max(usual, SLOW_S))
    ]
    return {"recovery_s": round(max(late, default=0.0), 2)}


def ask(port: int, path: str, content: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = None if content is None else json.dumps(content)
        connection.request("GET" if body is None else "POST", path, body)
        reply = connection.getresponse()
        text = reply.read()
    finally:
        connection.close()
    return reply.status, json.loads(text) if text.startswith(b"{") else text


def compared(port: int, bundle: Path, count: int = 200) -> int:
    """How many of so many texts have another answer than from the predictor."""
    from paddle_lab.bundle import load_bundle

    chance = random.Random(7)
    texts = ["".join(chance.choices(CHARS, k=chance.randrange(60))) for _ in range(count)]
    expected = [
        one.to_json() for one in load_bundle(bundle, device="cpu", threads=1).predict(texts)
    ]
    status, found = ask(port, "/predict", {"texts": texts, "deadline_ms": 30_000})
    if status != 200:
        raise SystemExit(f"status {status}: {found}")
    return sum(not same(*pair) for pair in zip(found["answers"], expected, strict=True))


def same(found: Any, expected: Any) -> bool:
    """Whether all is the same, numbers but for what the batch does to them."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[name], value) for name, value in expected.items()
        )
    if isinstance(expected, float):
        return abs(found - expected) <= NEAR
    return bool(found == expected)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def started(bundle: Path, address: str, port: int, log: Path) -> subprocess.Popen[bytes]:
    """`paddle-lab serve --ray` on the cluster; returns once it is ready."""
    words = [sys.executable, "-m", "paddle_lab.cli", "serve", f"tried={bundle}", "--ray", address]
    words += ["--replicas", "2", "--port", str(port), "--deadline", "30"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, stdout=out, stderr=out, env={**os.environ, "PADDLE_LAB_LANG": "en"}
        )
    until(lambda: process.poll() is not None or "Ready: http" in log.read_text(), READY_S)
    if process.poll() is not None:
        raise SystemExit(log.read_text())
    return process


def until(condition: Any, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise SystemExit("it did not come about in time")
        time.sleep(0.1)


def exchange(bundle: Path) -> None:
    """Another bundle in the place of this one: the same, of another time."""
    from paddle_lab.bundle.manifest import load_manifest, write_manifest

    later = dataclasses.replace(load_manifest(bundle), created="2030-01-01T00:00:00+00:00")
    write_manifest(bundle, later)


def measured(
    bundle: Path, clients: int, together: int, seconds: float, log: Path
) -> dict[str, Any]:
    import ray
    from ray import serve
    from ray.cluster_utils import Cluster

    port, found = free_port(), {}
    # No proxy but the head's: on one machine all would share one port. A bundle that takes the
    # place of another needs cores beside it.
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    nodes = [cluster.add_node(num_cpus=2) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    process = started(bundle, cluster.address, port, log)
    asking = None
    try:
        found["texts_that_differ"] = compared(port, bundle)
        texts = ["".join(random.Random(n).choices(CHARS, k=n % 50)) for n in range(200)]
        asking = Clients(port, texts, clients, together)
        begun = time.monotonic()
        time.sleep(seconds)
        killed = time.monotonic()
        cluster.remove_node(nodes[0], allow_graceful=False)
        time.sleep(seconds)
        added = time.monotonic()
        cluster.add_node(num_cpus=2)
        time.sleep(seconds)
        exchanged = time.monotonic()
        found["before"] = told(asking.seen, begun, killed)
        usual = found["before"]["worst_s"]
        found["one_killed"] = told(asking.seen, killed, added)
        found["one_killed"] |= recovery(asking.seen, killed, added, usual)
        found["one_added"] = told(asking.seen, added, exchanged)
        before = ask(port, "/models")[1]["models"][0]["bundle"]
        exchange(bundle)
        until(lambda: ask(port, "/models")[1]["models"][0]["bundle"] != before, READY_S)
        time.sleep(seconds)
        asking.stop()
        ended = time.monotonic()
        found["exchanged"] = told(asking.seen, exchanged, ended)
    finally:
        if asking is not None:
            asking.stop()
        process.send_signal(signal.SIGTERM)
        found["exit_code"] = process.wait(120)
        ray.shutdown()
        cluster.shutdown()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--texts", type=int, default=1, help="of one request")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each part")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bundle, log = Path(work, "bundle"), Path(work, "log")
        shutil.copytree(args.bundle, bundle)
        found = measured(bundle, args.clients, args.texts, args.seconds, log)
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        several = value.items() if isinstance(value, dict) else [("", value)]
        print(f"{name}:", ", ".join(f"{key} {one}".strip() for key, one in several))


if __name__ == "__main__":
    main()
