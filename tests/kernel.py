"""A real IPython kernel for tests and benchmarks, of any ipykernel version."""

from __future__ import annotations

import functools
import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from paddle_lab.runs import Registry, RunFolder, RunState

if TYPE_CHECKING:
    from paddle_lab.data.samples.reviews import Review

ROOT = Path(__file__).parents[1]


class NoSuchVersion(Exception):
    """The package index has no such ipykernel for this Python."""


@dataclass
class Cell:
    """What a cell left behind: reply status, text, rich outputs in order, and the error's lines."""

    status: str = ""
    text: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


class Kernel:
    """A kernel with ``paddle_lab`` loaded, in a home of its own."""

    def __init__(self, home: Path, ipykernel: Path | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        paths = [str(path) for path in (ipykernel, ROOT) if path is not None]
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "HOME": str(home),
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_DATA_DIR": str(home / "jupyter"),
            "PADDLE_LAB_DATA_DIR": str(home / "data"),
            "PADDLE_LAB_CACHE_DIR": str(home / "cache"),
            "PADDLE_LAB_RUNS_DIR": str(home / "runs"),
            "PADDLE_LAB_LANG": "en",
        }
        self.home = home
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="test",
            language="python",
        )
        self.manager.start_kernel(env=self.environment, cwd=str(home))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def submit(self, code: str) -> str:
        """Send a cell and return at once; :meth:`collect` gets what it leaves."""
        return str(self.client.execute(code, allow_stdin=False))

    def collect(self, msg_id: str, timeout: float = 120.0) -> Cell:
        """Wait until the cell is done."""
        cell = Cell()
        deadline = time.monotonic() + timeout
        idle = False
        while not idle:
            message = self.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == msg_id:
                idle = self._take(cell, message)
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                cell.status = reply["content"]["status"]
                return cell

    def run(self, code: str, timeout: float = 120.0) -> Cell:
        """Run a cell to its end."""
        return self.collect(self.submit(code), timeout)

    def interrupt(self) -> None:
        """The toolbar's stop button."""
        self.manager.interrupt_kernel()

    def last_run(self) -> RunFolder:
        """The newest run of this home."""
        return self.runs()[0]

    def runs(self) -> list[RunFolder]:
        """The runs of this home, newest first."""
        return [ref.folder for ref in Registry(self.home / "data" / "runs").list()]

    def wait_for(self, wanted: Callable[[RunState], bool], timeout: float = 90.0) -> RunState:
        """Wait until the newest run's state is as wanted."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            runs = Registry(self.home / "data" / "runs").list()
            if runs and wanted(state := runs[0].folder.state()):
                return state
            time.sleep(0.05)
        raise TimeoutError("the run did not get there")

    @staticmethod
    def _take(cell: Cell, message: dict[str, Any]) -> bool:
        content = message["content"]
        kind = message["msg_type"]
        if kind == "stream":
            cell.text += content["text"]
        elif kind in ("display_data", "execute_result", "update_display_data"):
            cell.outputs.append(content["data"])
        elif kind == "error":
            cell.error = "\n".join(content["traceback"])
        return kind == "status" and content["execution_state"] == "idle"


def install_ipykernel(version: str, folder: Path) -> Path:
    """Another ipykernel in a folder of its own. Raises NoSuchVersion when there is none."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-compile",
            "--disable-pip-version-check",
            "--target",
            str(folder),
            f"ipykernel=={version}",
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NoSuchVersion(done.stderr.strip().splitlines()[-1] if done.stderr else "pip failed")
    return folder


def write_reviews(path: Path, rows: int) -> Path:
    """Real reviews as a TSV file with a header."""
    lines = ["text\tlabel"]
    lines += [
        f"{review.text}\t{review.label}" for review in _reviews()[:rows] if "\t" not in review.text
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@functools.cache
def _reviews() -> list[Review]:
    """Reading all of them takes a second."""
    from paddle_lab.data.samples.reviews import load_reviews

    return load_reviews().train


def events_of(folder: RunFolder) -> list[dict[str, Any]]:
    """The run's events as they stand on disk."""
    return [json.loads(line) for line in folder.events_path.read_text("utf-8").splitlines()]


Empty = queue.Empty
