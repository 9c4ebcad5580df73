"""Five processes with the same runs: ``python benchmarks/five_processes.py --seconds 120``.

Each lists, shows, compares, resumes, exports, removes and copies at random (``tests/
sharing_runs.py``). One JSON line: how often each was done and refused, every error that is no plain
"somebody else did it", and what is inconsistent afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import write_reviews
from killed_run import Terminal
from sharing_runs import inconsistencies

WORKER = Path(__file__).parents[1] / "tests" / "sharing_runs.py"
OPTIONS = (
    "--seed 1 --epochs 2 --max-len 32 --batch-size 16 --threads 1 --no-export --no-baseline --quiet"
)


def make_template(home: Path) -> Path:
    """A run that was killed in its middle, out of everybody's way."""
    terminal = Terminal(home, home / "cache", write_reviews(home / "train.tsv", 160))
    terminal.killed("end of an epoch", 1, "finetune", str(terminal.source), *OPTIONS.split())
    (run,) = (home / "runs").iterdir()
    template = home / "template"
    run.rename(template)
    for entry in (home / "data" / "runs").iterdir():
        entry.unlink()
    return template


def share(home: Path, processes: int, seconds: float) -> dict[str, object]:
    """Let them work on the same runs, and look at what is left."""
    template = make_template(home)
    environment = {
        **os.environ,
        "PADDLE_LAB_DATA_DIR": str(home / "data"),
        "PADDLE_LAB_CACHE_DIR": str(home / "cache"),
        "PADDLE_LAB_RUNS_DIR": str(home / "runs"),
        "PADDLE_LAB_LANG": "en",
    }
    command = [sys.executable, str(WORKER), "--seconds", str(seconds)]
    command += ["--template", str(template), "--root", str(home / "runs"), "--seed"]
    workers = [
        subprocess.Popen(
            [*command, str(seed)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(processes)
    ]
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    errors: list[object] = []
    for worker in workers:
        out, err = worker.communicate()
        if worker.returncode or "Traceback" in err:
            errors.append([worker.returncode, err[-1500:]])
            continue
        told = json.loads(out.splitlines()[-1])
        done.update(told["done"])
        refused.update(told["refused"])
        errors += told["errors"]
    return {
        "processes": processes,
        "seconds": seconds,
        "done": done,
        "refused": refused,
        "errors": errors,
        "inconsistent": inconsistencies(home),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--processes", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="five-processes-") as home:
        print(json.dumps(share(Path(home), args.processes, args.seconds), ensure_ascii=False))


if __name__ == "__main__":
    main()
