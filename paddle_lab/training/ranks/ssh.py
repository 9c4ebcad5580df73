"""Other machines of a run, started by ssh; keys and users are what its configuration says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from paddle_lab.training.ranks.joining_words import join_words
from paddle_lab.training.ranks.processes import Crew
from paddle_lab.untrusted import open_to_append


def started_by_ssh(crew: Crew, hosts: Sequence[str]) -> list[subprocess.Popen[bytes]]:
    """Start all but the first of ``hosts`` with this environment's Python, in this folder.

    What they print goes to the run's ``logs/machine-N.txt``. They end with the run.
    """
    nnodes, started = len(hosts), []
    gpus = None if not crew.gpus else f"{crew.count}"
    for node, host in enumerate(hosts[1:], start=1):
        words = join_words(
            crew.folder.path, node, nnodes, f"{crew.host}:{crew.port}", crew.count, gpus
        )
        words += ["--trust"] if crew.trust else []
        there = [sys.executable, "-m", "paddle_lab.cli", *words]
        command = f"cd {shlex.quote(str(Path.cwd()))} && exec {shlex.join(there)}"
        log = crew.folder.path / "logs" / f"machine-{node}.txt"
        log.parent.mkdir(exist_ok=True)
        with os.fdopen(open_to_append(log), "ab") as file:
            started.append(
                subprocess.Popen(
                    ["ssh", "-o", "BatchMode=yes", "--", host, command],
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                )
            )
    return started
