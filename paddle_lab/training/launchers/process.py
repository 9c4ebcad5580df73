"""A run in a process of its own, which goes on when the one that launched it ends."""

from __future__ import annotations

import os
import sys
from typing import Final

from paddle_lab.training.launchers import Launch
from paddle_lab.training.process_worker import ProcessWorker


class ProcessLauncher:
    """Launches ``python -m paddle_lab.training.worker``, in a session of its own."""

    def launch(self, launch: Launch) -> ProcessWorker:
        """The worker with its command line: trust is given by that alone."""
        command = [sys.executable, "-m", "paddle_lab.training.worker", str(launch.folder.path)]
        command += ["--requests-from", str(launch.since), "--begun-by", str(os.getpid())]
        command += ["--resume"] if launch.resume else []
        command += ["--trust"] if launch.trust else []
        command += [] if launch.finish else ["--train-only"]
        return ProcessWorker(launch.folder, command)


LAUNCHER: Final = ProcessLauncher()
