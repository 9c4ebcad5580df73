"""Versions laid over the environment for one trial, in a folder that is removed afterwards.

The interpreter and all other packages are the person's own: what stands in the folder comes first
on the path of one process. So a trial costs the packages that change, not a whole environment.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from paddle_lab.environment.check import run_check
from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.resolving.makers import INSTALL_SECONDS
from paddle_lab.environment.resolving.tools import Done, run

# Unpacked, in MB: Paddle's CPU build, its GPU builds with CUDA, and what any other package takes.
_SIZES = {"paddlepaddle": 700, "paddlepaddle-gpu": 8000}
_OTHER = 40
_LEAST = 200


class Overlay:
    """A folder of packages for one trial: ``with Overlay(python) as overlay``."""

    def __init__(self, python: str) -> None:
        self.python = python
        self.folder = Path()

    def __enter__(self) -> Overlay:
        self.folder = Path(tempfile.mkdtemp(prefix="paddle-lab-try-"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def put(self, pins: Sequence[str], index: str | None = None) -> Done:
        """Lay these versions over the environment, without their dependencies."""
        words = ["--target", str(self.folder), "--no-deps", "-q"]
        uv = find_uv()
        if uv is not None:
            words += ["--index", index, "--index-strategy", "unsafe-best-match"] if index else []
            call = [uv, "pip", "install", "--python", self.python, *words, "-r", "-"]
            return run(call, INSTALL_SECONDS, given="\n".join(pins))
        words += ["--extra-index-url", index] if index else []
        quiet = ["--disable-pip-version-check", "--no-input"]
        return run([self.python, "-m", "pip", "install", *quiet, *words, *pins], INSTALL_SECONDS)

    def check(self, seconds: float) -> dict[str, Any]:
        """Import, train a step and infer, with these versions before all others."""
        before = os.environ.get("PYTHONPATH")
        path = f"{self.folder}{os.pathsep}{before}" if before else str(self.folder)
        return run_check(self.python, seconds, environ={**os.environ, "PYTHONPATH": path})


def needed_mb(names: Sequence[str]) -> int:
    """About how much room a trial of these packages takes."""
    return max(_LEAST, sum(_SIZES.get(name, _OTHER) for name in names))


def free_mb() -> int:
    """The room where trials are made."""
    return shutil.disk_usage(tempfile.gettempdir()).free // 2**20
