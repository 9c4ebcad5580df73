"""A Jupyter server for browser tests, with a home of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_home import jupyter_home
from roomy_disk import CONFIGURATION

REPO = Path(__file__).parents[1]
BASE_URL = "/user/alice/"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: The picture while JupyterLab loads, moving which takes a tenth of the load, and who asks what a
#: notebook can be exported to, for which the server searches all installed packages ten times.
NEEDLESS = (
    "@jupyterlab/apputils-extension:splash",
    "@jupyterlab/notebook-extension:export",
    "@jupyterlab/notebook-extension:update-raw-mimetype",
)
#: Its kernels end without searching Paddle's million objects for garbage once more.
ENDING = "import atexit, gc\n\natexit.register(gc.freeze)\n"
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}


@dataclass
class Lab:
    """A running Jupyter server with JupyterLab and Notebook 7."""

    root: Path
    home: Path
    port: int
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE_URL}"

    def start(self, **environment: str) -> None:
        """Start and wait until it answers."""
        write_setting(self.home, "apputils-extension/notification", QUIET)
        leave_out(self.home)
        env = {**os.environ, **jupyter_home(self.home), **environment}
        configuration = self.home / "config" / "jupyter_server_config.py"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        startup = self.home / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        (startup / "ending.py").write_text(ENDING, encoding="utf-8")
        env.pop("PADDLE_LAB_RUNS_DIR", None)  # runs are made in its root, and nobody else's seen
        env["PYTHONPATH"] = os.pathsep.join([str(REPO), str(REPO / "tests")])
        env["PATH"] = os.pathsep.join([str(folder_without_node(self.home)), env["PATH"]])
        command = [sys.executable, "-m", "jupyter", "lab", "--allow-root", "--no-browser"]
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": str(self.port),
            "ServerApp.port_retries": "0",
            "ServerApp.base_url": BASE_URL,
            "ServerApp.root_dir": str(self.root),
            "IdentityProvider.token": self.token,
            "LabApp.expose_app_in_browser": "True",
            "JupyterNotebookApp.expose_app_in_browser": "True",
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        with (self.home / "server.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}api", timeout=2).read()
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise RuntimeError((self.home / "server.log").read_text(errors="replace")[-4000:])

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def get(self, path: str) -> Any:
        """JSON from the server."""
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"token {self.token}"}
        )
        return json.load(urllib.request.urlopen(request, timeout=20))

    def end_kernels(self) -> None:
        """End all kernels: each that imported Paddle keeps half a gigabyte."""
        deadline = time.monotonic() + 60
        while sessions := self.get("api/sessions"):
            for session in sessions:
                try:
                    self._delete(f"api/sessions/{session['id']}")
                except urllib.error.HTTPError:  # as long as its kernel is being restarted
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.5)

    def _delete(self, path: str) -> None:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, headers=headers, method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; returns its name."""
        import nbformat

        book = nbformat.v4.new_notebook()
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(book, self.root / name)
        return name

    def saved(self, name: str) -> Any:
        """A notebook as it stands on disk."""
        import nbformat

        return nbformat.read(self.root / name, as_version=4)


def folder_without_node(home: Path) -> Path:
    """A folder for PATH whose ``node`` only fails: JupyterLab asks a real one for two seconds."""
    folder = home / "without-node"
    folder.mkdir(parents=True, exist_ok=True)
    node = folder / "node"
    node.write_text("#!/bin/sh\nexit 1\n")
    node.chmod(0o755)
    return folder


@contextmanager
def without_plugin(lab: Lab, plugin: str) -> Iterator[None]:
    """A server whose pages leave one of our plugins out."""
    leave_out(lab.home, plugin)
    try:
        yield
    finally:
        leave_out(lab.home)


def leave_out(home: Path, *plugins: str) -> None:
    """Pages that are loaded from now on have all plugins but these and the needless ones."""
    path = home / "config" / "labconfig" / "page_config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"disabledExtensions": dict.fromkeys((*NEEDLESS, *plugins), True)}
    path.write_text(json.dumps(content), encoding="utf-8")


def write_setting(home: Path, plugin: str, content: dict[str, Any]) -> None:
    """Settings of a JupyterLab plugin, as the person's own."""
    path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
