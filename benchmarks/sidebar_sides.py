"""Two Jupyter servers on the same fake driver: Paddle Lab, and jupyterlab-nvdashboard beside it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from fake_nvml.build import FakeNvml
from jupyter_home import jupyter_home
from lab_server import free_port

HERE = Path(__file__).parent

#: What a person has open: everything we show; all six GPU charts of the other.
OUR_TOPICS = ("gpu", "owners", "runs", "alerts")
THEIR_CHARTS = (
    "gpu_utilization",
    "gpu_usage",
    "gpu_resource",
    "pci_stats",
    "nvlink_throughput",
    "nvlink_throughput",
)


class Side:
    """One server, its probe, and the tabs that look at it."""

    def __init__(self, name: str, python: Path, extensions: str, folder: Path, fake: FakeNvml):
        self.name, self.fake = name, fake
        self.port, self.token = free_port(), secrets.token_hex(8)
        self.probe = folder / f"{name}.probe"
        (folder / name / "work").mkdir(parents=True, exist_ok=True)
        env = {**os.environ, **jupyter_home(folder / name), **fake.environment}
        env |= {"PYTHONPATH": os.pathsep.join([str(HERE), str(Path(__file__).parents[1])])}
        env |= {"PROBE_FILE": str(self.probe)}
        command = [str(python), "-m", "jupyter", "server", "--allow-root", "--no-browser"]
        command += [
            f"--ServerApp.port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={folder / name / 'work'}",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.jpserver_extensions={extensions}",
        ]
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        prefer(self.process.pid)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                self.ask("api")
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise RuntimeError(self.log.read_text(errors="replace")[-3000:])

    def ask(self, path: str) -> Any:
        """JSON from the server."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            headers={"Authorization": f"token {self.token}"},
        )
        return json.load(urllib.request.urlopen(request, timeout=30))

    def open_tab(self) -> Tab:
        """One more tab that looks at everything."""
        tab = Tab(self)
        tab.open()
        return tab

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def delays(self, seconds: float) -> list[float]:
        """Delays of the event loop over the next seconds, in milliseconds."""
        start = self.probe.stat().st_size
        time.sleep(seconds)
        with self.probe.open(encoding="ascii") as file:
            file.seek(start)
            lines = [line for line in file.read().splitlines() if line.endswith("]")]
        return [delay for line in lines for delay in json.loads(line)]

    def cpu_share(self, seconds: float) -> float:
        """Processor time of the server over the next seconds, in percent of one core."""
        process = psutil.Process(self.process.pid)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        return 100 * (sum(process.cpu_times()[:2]) - before) / seconds

    def nvml_rate(self, seconds: float) -> tuple[float, float]:
        """Calls a second into the driver: all of them, and those for PCIe."""
        before = self.fake.calls()
        time.sleep(seconds)
        after = self.fake.calls()
        return tuple((late - early) / seconds for early, late in zip(before, after, strict=True))


def prefer(pid: int) -> None:
    """Let a measured server run before whatever else this machine does, where that is allowed."""
    try:
        psutil.Process(pid).nice(-10)
    except psutil.AccessDenied:
        print("other load on this machine will show in the delays", file=sys.stderr)


@dataclass
class Tab:
    """A browser tab's sockets; a thread reads them and counts."""

    side: Side
    sockets: list[Any] = field(default_factory=list)
    bytes: int = 0
    messages: int = 0
    alive: bool = True

    def open(self) -> None:
        """Connect and ask for everything, at each dashboard's default pace."""
        ours = self.side.name == "paddle_lab"
        paths = ["paddle-lab/stream"] if ours else [f"nvdashboard/{c}" for c in THEIR_CHARTS]
        for path in paths:
            self._connect(path)
        if ours:
            for topic in OUR_TOPICS:
                self.sockets[0].send(json.dumps({"op": "subscribe", "topic": topic}))
        else:
            for socket in self.sockets:
                socket.send(json.dumps({"updateFrequency": 100, "isPaused": False}))

    def _connect(self, path: str) -> None:
        import websocket

        url = f"ws://127.0.0.1:{self.side.port}/{path}?token={self.side.token}"
        socket = websocket.create_connection(url, timeout=60)
        self.sockets.append(socket)
        threading.Thread(target=self._read, args=(socket,), daemon=True).start()

    def _read(self, socket: Any) -> None:
        while self.alive:
            try:
                message = socket.recv()
            except Exception:  # closed by us or by the server: the count is what matters
                return
            self.bytes += len(message.encode() if isinstance(message, str) else message)
            self.messages += 1

    def show(self, visible: bool) -> None:
        """What the page says when it is hidden; the other has no such thing."""
        if self.side.name == "paddle_lab":
            self.sockets[0].send(json.dumps({"op": "visible", "value": visible}))

    def close(self) -> None:
        """The person closes the tab."""
        self.alive = False
        for socket in self.sockets:
            socket.close()
