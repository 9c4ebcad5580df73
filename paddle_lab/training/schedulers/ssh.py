"""ssh: a script that starts the run on the machines it is given, and ends it with itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from paddle_lab.training.schedulers import MACHINE, PORT, Job


class Ssh:
    """``sh start.sh HOST HOST``."""

    in_container = False

    def files(self, job: Job) -> Mapping[str, str]:
        """The script; it is started in a folder that all machines share under one path."""
        return {"start.sh": f"""#!/bin/sh
# Starts the run on these machines, the first of which leads: start.sh HOST HOST ...
# This folder is shared by all of them, under the same path.
set -eu
master=${{1#*@}}:${{PORT:-{PORT}}}
runs=${{RUNS:-$PWD/runs}}
machines=$# number=0 started=""
for host in "$@"; do
  part="exec sh {MACHINE} $number $machines '$master' '$runs'"
  ssh -o BatchMode=yes -- "$host" "cd '$PWD' && $part" &
  started="$started $!"
  number=$((number + 1))
done
trap 'kill $started 2>/dev/null' INT TERM
code=0
for one in $started; do
  wait "$one" || code=$?
done
exit $code
"""}  # fmt: skip

    def steps(self, job: Job) -> tuple[str, ...]:
        """One command, on any machine that reaches the others."""
        hosts = " ".join(f"HOST{number}" for number in range(1, job.machines + 1))
        return (f"sh start.sh {hosts}",)


SCHEDULER: Final = Ssh()
