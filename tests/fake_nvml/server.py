"""A real Jupyter server over the fake driver, with real kernels, in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from fake_nvml.build import FakeNvml
from jupyter_home import jupyter_home

REPO = Path(__file__).parents[2]


class Server:
    """Started when made; :meth:`stop` ends it with its kernels."""

    def __init__(self, folder: Path, fake: FakeNvml | None = None, **environment: str) -> None:
        self.root = folder / "work"
        self.root.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(8)
        self.port = _free_port()
        self.log = folder / "server.log"
        home = jupyter_home(folder / "home")
        self.runtime = Path(home["JUPYTER_RUNTIME_DIR"])
        self.registry = Path(home["PADDLE_LAB_DATA_DIR"]) / "runs"
        env = {**os.environ, **home, **(fake.environment if fake else {}), **environment}
        env["PYTHONPATH"] = os.pathsep.join([str(REPO), str(REPO / "tests")])
        command = [sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser"]
        command += [
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={self.token}",
            "--ServerApp.jpserver_extensions={'paddle_lab': True, 'jupyterlab': False, "
            "'notebook': False, 'jupyter_lsp': False, 'jupyter_server_terminals': False}",
        ]
        self.command, self.env = command, env
        self.start()

    def start(self) -> None:
        """Start (again, at the same address) and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.ask("api")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(self.log.read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        """End it and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """JSON from the server, with its token."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"token {self.token}",
                "Content-Type": "application/json",
            },
        )
        text = urllib.request.urlopen(request, timeout=30).read()
        return json.loads(text) if text else None

    def notebook(self, path: str) -> str:
        """Open a session with a kernel for a notebook; the kernel's id."""
        model = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        return str(self.ask("api/sessions", model)["kernel"]["id"])

    def kernel(self, kernel_id: str) -> Any:
        """A client of a kernel, connected and ready."""
        from jupyter_client import BlockingKernelClient

        client = BlockingKernelClient(
            connection_file=str(self.runtime / f"kernel-{kernel_id}.json")
        )
        client.load_connection_file()
        # Without the heartbeat: on a busy machine a late beat would count as a dead kernel.
        client.start_channels(hb=False)
        client.wait_for_ready(timeout=60)
        return client

    def socket(self) -> Any:
        """A browser tab's socket."""
        import websocket

        return websocket.create_connection(
            f"ws://127.0.0.1:{self.port}/paddle-lab/stream?token={self.token}", timeout=30
        )


def value_of(client: Any, expression: str, code: str = "") -> Any:
    """Run ``code`` in a kernel and return what ``expression`` is then."""
    reply = client.execute(
        code,
        silent=True,
        store_history=False,
        user_expressions={"value": expression},
        reply=True,
        timeout=60,
    )
    value = reply["content"]["user_expressions"]["value"]
    assert value["status"] == "ok", value
    import ast

    return ast.literal_eval(value["data"]["text/plain"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
