"""Slurm: a batch script whose srun starts one task on each machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from paddle_lab.training.schedulers import MACHINE, Job


class Slurm:
    """``sbatch job.sbatch``."""

    in_container = False

    def files(self, job: Job) -> Mapping[str, str]:
        """The batch script; ``RUNS`` may name another folder that all machines share."""
        gpus = f"#SBATCH --gpus-per-node={job.gpus}\n" if job.gpus else ""
        part = f'exec sh {MACHINE} "$SLURM_NODEID" "$SLURM_NNODES" "$0" "$1"'
        return {"job.sbatch": f"""#!/bin/bash
#SBATCH --job-name={job.name}
#SBATCH --nodes={job.machines}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={max(job.procs, job.gpus)}
{gpus}#SBATCH --output=%x-%j.txt
set -eu
cd "${{SLURM_SUBMIT_DIR:-.}}"
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
# Two jobs on one machine do not meet: each has a port of its own.
port=$((20000 + SLURM_JOB_ID % 20000))
srun --kill-on-bad-exit=1 sh -c '{part}' \\
  "$first:$port" "${{RUNS:-$PWD/runs-$SLURM_JOB_ID}}"
"""}  # fmt: skip

    def steps(self, job: Job) -> tuple[str, ...]:
        """One command, on a machine where jobs are submitted."""
        return ("sbatch job.sbatch",)


SCHEDULER: Final = Slurm()
