"""How many replicas there are under load on Ray, and what becomes of requests meanwhile.

    pip install "paddle-lab-serve[onnx,ray]"      # or cpu in place of onnx
    python benchmarks/ray_scaling.py --bundle runs/trial-1a2b3c4d/bundle
    python benchmarks/ray_scaling.py --bundle BUNDLE --replicas 1..3 --clients 16 --json

Starts a cluster of three nodes on this machine, two cores each as Ray counts them, and
`paddle-lab serve --ray --replicas 1..3` on it. Looks once a second how many replicas `/models`
tells. Clients ask without a pause until the most are there and so many seconds more; with
`--exchange` then the bundle is exchanged for one with other labels, under the same load. Then one
client asks twice a second, until the fewest are left. Failed is a request without the status 200;
mixed is one whose answers are of two bundles.
On one machine more replicas are no faster: they share its cores.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ray_cluster import READY_S, Clients, ask, free_port, told, until

from paddle_lab.bundle.manifest import load_manifest, write_manifest
from paddle_lab.tasks.renaming import renamed_labels

SLOW_S = 120.0
#: Fronts come one after the other, beside clients that take all of the machine.
EXCHANGED_S = 600.0
NEW = "new "
ROWS = ["质量很好，推荐！", "太差了", "物流很快，包装一般，下次还来。" * 3]


class Watched:
    """How many replicas there were: (seconds since the begin, number), where that changed."""

    def __init__(self, port: int) -> None:
        self.changes: list[tuple[float, int]] = []
        self._port, self._begun, self._stop = port, time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    @property
    def now(self) -> int:
        return self.changes[-1][1] if self.changes else 0

    def _look(self) -> None:
        while not self._stop.wait(1.0):
            try:
                number = ask(self._port, "/models")[1]["models"][0]["workers"]
            except (OSError, http.client.HTTPException, KeyError, ValueError, TypeError):
                continue
            if not self.changes or number != self.now:
                self.changes.append((round(time.monotonic() - self._begun, 1), number))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def exchange(bundle: Path) -> None:
    """The same bundle with other names of its labels, in its place."""
    manifest = load_manifest(bundle)
    names = {label: f"{NEW}{label}" for label in manifest.labels}
    write_manifest(bundle, replace(manifest, codec=renamed_labels(manifest.codec, names)))


class Judges:
    """Clients that read what they are answered, beside those that only count."""

    def __init__(self, port: int) -> None:
        self.seen: list[tuple[float, float, int]] = []
        self.of_old = self.of_new = self.mixed = 0
        self._port, self._stop = port, threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                status, content = ask(self._port, "/predict", {"texts": ROWS * 4})
            except (OSError, http.client.HTTPException, ValueError):
                status, content = 0, None
            self.seen.append((began, time.monotonic(), status))
            if status == 200:
                kinds = {str(one["label"]).startswith(NEW) for one in content["answers"]}
                self.mixed += len(kinds) > 1
                self.of_new += kinds == {True}
                self.of_old += kinds == {False}

    def told(self) -> dict[str, int]:
        return {"of_old": self.of_old, "of_new": self.of_new, "mixed": self.mixed}

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def started(bundle: Path, address: str, port: int, asked: argparse.Namespace, log: Path) -> Any:
    """`paddle-lab serve --ray` on the cluster; returns once it is ready."""
    words = [sys.executable, "-m", "paddle_lab.cli", "serve", f"tried={bundle}", "--ray", address]
    words += ["--replicas", asked.replicas, "--scale-up", "2", "--scale-down", asked.scale_down]
    words += ["--port", str(port), "--deadline", "30"]
    words += ["--runtime", asked.runtime] if asked.runtime else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, stdout=out, stderr=out, env={**os.environ, "PADDLE_LAB_LANG": "en"}
        )
    try:
        until(lambda: process.poll() is not None or "Ready: http" in log.read_text(), READY_S)
    except BaseException:
        process.kill()
        raise
    if process.poll() is not None:
        raise SystemExit(log.read_text())
    return process


def measured(bundle: Path, asked: argparse.Namespace, log: Path) -> dict[str, Any]:
    import ray
    from ray import serve
    from ray.cluster_utils import Cluster

    fewest, most = (int(one) for one in asked.replicas.split(".."))
    port = free_port()
    found: dict[str, Any] = {"replicas": asked.replicas}
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    for _ in range(asked.nodes):
        cluster.add_node(num_cpus=2)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
    process = started(bundle, cluster.address, port, asked, log)
    watched, asking, judging = Watched(port), None, None
    try:
        texts = ["".join(ROWS)[n % 40 :] for n in range(200)]
        asking = Clients(port, texts, asked.clients, 8)
        begun = time.monotonic()
        until(lambda: watched.now == most or time.monotonic() > begun + SLOW_S, 2 * SLOW_S)
        found["grown_after_s"] = round(time.monotonic() - begun, 1)
        time.sleep(asked.seconds)
        grown = time.monotonic()
        found["growing"] = told(asking.seen, begun, grown)
        if asked.exchange:
            judging = Judges(port)
            time.sleep(2)
            before = ask(port, "/models")[1]["models"][0]["bundle"]
            exchange(bundle)
            until(lambda: ask(port, "/models")[1]["models"][0]["bundle"] != before, EXCHANGED_S)
            time.sleep(asked.seconds)
            judging.stop()
            found["exchanged"] = told([*asking.seen, *judging.seen], grown, time.monotonic())
            found["exchanged"] |= judging.told()
        asking.stop()
        quiet = time.monotonic()
        few: list[tuple[float, float, int]] = []
        while time.monotonic() < quiet + SLOW_S and watched.now > fewest:
            began = time.monotonic()
            status, _ = ask(port, "/predict", {"text": ROWS[0]})
            few.append((began, time.monotonic(), status))
            time.sleep(0.5)
        found["shrunk_after_s"] = round(time.monotonic() - quiet, 1)
        found["shrinking"] = told(few, quiet, time.monotonic())
    finally:
        for one in (asking, judging, watched):
            if one is not None:
                one.stop()
        found["replicas_by_second"] = watched.changes
        process.send_signal(signal.SIGTERM)
        found["exit_code"] = process.wait(120)
        ray.shutdown()
        cluster.shutdown()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--replicas", default="1..3")
    parser.add_argument("--runtime", help="otherwise the one that the bundle names")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each part")
    parser.add_argument("--exchange", action="store_true", help="the bundle, under load")
    parser.add_argument("--scale-down", default="45", help="seconds, as of paddle-lab serve")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bundle, log = Path(work, "bundle"), Path(work, "log")
        shutil.copytree(args.bundle, bundle)
        found = measured(bundle, args, log)
    print(json.dumps(found) if args.json else json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
