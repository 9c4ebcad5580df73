"""Files that start a run on machines which somebody else hands out, one module for each way.

All share one script, ``machine.sh``: a machine's part of the run, given its number, how many there
are, where the first is, and a folder that all of them share.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins
from paddle_lab.runs import RunSpec
from paddle_lab.runs.reproduce import commands

#: Where the first machine listens, unless the scheduler has ports of its own.
PORT: Final = 29500
MACHINE: Final = "machine.sh"


@dataclass(frozen=True)
class Job:
    """A run to be started elsewhere, as a new one.

    ``name`` is of letters, digits and hyphens; ``words`` are those of the run's command, as a shell
    takes them, without what it is worked on. Of ``machines`` each has ``procs`` processes, on
    ``gpus`` GPUs where there are any. ``image`` holds Paddle Lab with PaddleNLP, ``claim`` names
    the volume that all machines share.
    """

    name: str
    words: str
    machines: int
    procs: int
    gpus: int = 0
    image: str = ""
    claim: str = ""

    @property
    def on(self) -> str:
        """What each machine computes on, as an option."""
        return f"--gpus {self.gpus}" if self.gpus else f"--procs {self.procs}"


class Scheduler(Protocol):
    """What a module here gives as ``SCHEDULER``; others use ``paddle_lab.schedulers``."""

    @property
    def in_container(self) -> bool:
        """Whether it needs an image and a volume."""

    def files(self, job: Job) -> Mapping[str, str]:
        """Its files by name, beside ``machine.sh``."""

    def steps(self, job: Job) -> tuple[str, ...]:
        """The commands that start the job, in their order."""


SCHEDULERS: Final = Plugins[Scheduler](
    "paddle_lab.training.schedulers", "paddle_lab.schedulers", "SCHEDULER", T("kit", "部署包")
)


def words_of(spec: RunSpec) -> str:
    """The words of the command that begins a run anew, without what it was worked on, and where."""
    anywhere = replace(
        spec, procs=1, gpus=None, nnodes=1, master=None, nodes=None, restarts=0, out=None
    )
    return commands(anywhere)["cli"].removeprefix("paddle-lab finetune ")


def machine_script(job: Job) -> str:
    """``machine.sh NUMBER MACHINES HOST:PORT FOLDER``, for any POSIX shell."""
    several = '--nnodes "$machines" --master "$master" '
    where = f"{several if job.machines > 1 else ''}{job.on}"
    return f"""#!/bin/sh
# One machine's part of the run {shlex.quote(job.name)}: machine.sh NUMBER MACHINES HOST:PORT FOLDER
# All machines share the folder; each new run needs one of its own.
set -eu
number=$1 machines=$2 master=$3 runs=$4
mkdir -p "$runs"
if [ "$number" != 0 ]; then
  exec paddle-lab launch "$runs" --node-rank "$number" {where}
fi
# Started again, as by a queue that lost a machine, it goes on with the run that is there.
for run in "$runs"/*/run.json; do
  if [ -e "$run" ]; then
    exec paddle-lab finetune --resume "${{run%/run.json}}" {where}
  fi
done
exec paddle-lab finetune --out "$runs" {where} {job.words}
"""
