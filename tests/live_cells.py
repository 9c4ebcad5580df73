"""Cells that show a simulated run: the real display over a real run folder and process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import run_writer

from paddle_lab.views import open_display


def cell(**options: Any) -> str:
    """Source of a cell that awaits a run; options as :func:`show` has them."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in options.items())
    return f"import live_cells\nawait live_cells.show({arguments})"


async def show(
    name: str = "trial",
    steps: int = 100,
    pause: float = 0.05,
    language: str = "en",
    freeze: bool = True,
) -> None:
    """Start a process that writes a run, and show the run until it ends, as the engine does."""
    folder = run_writer.new_run(Path("runs"), name=name)
    display = open_display(folder, notebook=True, language=language)
    assert display is not None
    display.show()
    options = ["--steps", str(steps), "--pause", str(pause)]
    process = subprocess.Popen(
        [sys.executable, str(run_writer.__file__), str(folder.path), *options]
    )
    while process.poll() is None:
        await asyncio.sleep(0.25)
        display.tick()
    if freeze:
        display.freeze()
