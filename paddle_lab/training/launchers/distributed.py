"""A run that several processes work on, of one machine: on the CPU, or one for each GPU.

The processes are ours, not those of ``paddle.distributed.launch``: docs/distributed.md says why.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Final

from paddle_lab.training.launchers import Launch
from paddle_lab.training.process_worker import ProcessWorker
from paddle_lab.training.ranks.placing import (
    chosen_gpus,
    placing_of,
    refuse_crowd,
    told,
    told_of_machines,
)


class DistributedLauncher:
    """Launches ``python -m paddle_lab.training.ranks.supervisor``, which starts the ranks."""

    def launch(self, launch: Launch) -> ProcessWorker:
        """The supervisor with its command line.

        Raises EnvError where there are no such GPUs, UsageError for more processes than cores.
        """
        placing = launch.placing or placing_of(launch.folder.spec(), {})
        gpus = [] if placing.gpus is None else chosen_gpus(placing.gpus)
        procs = len(gpus) or placing.procs
        if placing.gpus is None:
            refuse_crowd(procs)
        notices = [told(procs, gpus), told_of_machines(launch.folder, placing)]
        words = {
            "procs": procs,
            "gpus": ",".join(one.token for one in gpus),
            "notices": json.dumps([one.to_json() for one in notices if one is not None]),
            "nnodes": placing.nnodes,
            "master": placing.master or "",
            "nodes": placing.nodes or "",
            "restarts": placing.restarts,
            "requests-from": launch.since,
            "begun-by": os.getpid(),
        }
        command = [sys.executable, "-m", "paddle_lab.training.ranks.supervisor"]
        command += [str(launch.folder.path)]
        command += [f"--{name}={value}" for name, value in words.items()]
        command += ["--stays"] if launch.stays else []
        command += ["--resume"] if launch.resume else []
        command += ["--trust"] if launch.trust else []
        command += [] if launch.finish else ["--train-only"]
        return ProcessWorker(launch.folder, command)


LAUNCHER: Final = DistributedLauncher()
