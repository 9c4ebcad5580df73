"""What large, ordinary and malformed run folders cost: time and peak memory of list and snapshot.

Each figure is taken in a process of its own.

    python benchmarks/large_runs.py
    python benchmarks/large_runs.py --package ../other-checkout   the same of another version
    python benchmarks/large_runs.py --shapes                      each malformed folder in turn
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).parents[1]
GIGABYTE: Final = 1 << 30
#: A version without bounds is stopped here, not by the machine.
MOST_MEMORY: Final = 6 * GIGABYTE
TIMES: Final = 3

MEASURED: Final = """
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]),) * 2)
from paddle_lab.commands import runs
from paddle_lab.commands.context import Context
from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import snapshot
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
args = runs.build_parser("paddle-lab runs").parse_args(["list"])
def work():
    if sys.argv[1] == "list":
        return len(runs.execute(args, Context()).json)
    return snapshot(RunFolder(Path(sys.argv[2])))["points"]
began, cpu = time.perf_counter(), time.process_time()
try:
    found = work()
except BaseException as error:
    found = type(error).__name__ + ": " + (str(error).splitlines() or [""])[-1][:60]
took, cpu = time.perf_counter() - began, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"seconds": took, "cpu": cpu, "mb": peak / 1024, "found": found}))
"""


def main() -> None:
    """Make the folders, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, default=REPO, help="a checkout to measure")
    parser.add_argument("--only", help="names of cases that hold this word, e.g. ordinary")
    parser.add_argument("--shapes", action="store_true", help="measure the malformed folders")
    options = parser.parse_args()
    sys.path[:0] = [str(REPO), str(REPO / "tests")]
    with tempfile.TemporaryDirectory() as home:
        if options.shapes:
            measure_shapes(Path(home))
            return
        for name, fill in CASES.items():
            if options.only and options.only not in name:
                continue
            root = Path(home) / name.replace(" ", "-")
            folder = made(root, fill, ordinary=30 if name == "30 ordinary runs" else 1)
            for what in ("list", "snapshot"):
                print(f"{name:28} {what:9} {measured(options.package, root, folder, what)}")


def made(root: Path, fill: Callable[[Path], None], ordinary: int) -> Path:
    """Registered runs below ``root``; the last one filled, its folder returned."""
    import run_writer

    for _ in range(ordinary):
        folder = run_writer.new_run(root / "runs", root / "data" / "runs")
        run_writer.write_run(folder, 300)
    fill(folder.events_path)
    return Path(folder.path)


def measured(package: Path, root: Path, folder: Path, what: str) -> str:
    """The quickest of three times, the largest memory, and what was found."""
    environment = {**os.environ, "PADDLE_LAB_DATA_DIR": str(root / "data")}
    environment["PYTHONPATH"] = str(package.resolve())
    command = [sys.executable, "-c", MEASURED, what, str(folder), str(MOST_MEMORY)]
    answers = []
    for _ in range(TIMES):
        # Not in this checkout, whose package would come first.
        done = subprocess.run(command, env=environment, cwd=root, capture_output=True, check=False)
        if done.returncode:
            return f"died with {done.returncode}"
        answers.append(json.loads(done.stdout))
    seconds, cpu = (min(answer[key] for answer in answers) for key in ("seconds", "cpu"))
    most = max(answer["mb"] for answer in answers)
    return f"{seconds:8.3f} s {cpu:8.3f} s CPU {most:8.0f} MB  {answers[0]['found']}"


def steps(count: int) -> Callable[[Path], None]:
    """Appends steps as training writes them."""

    def fill(path: Path) -> None:
        import run_writer

        with path.open("ab") as file:
            for step in range(301, count + 1):
                event = {"seq": 1000 + step, "t": 1.8e9 + step, "kind": "step"}
                event |= run_writer.step_fields(step, count)
                file.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")

    return fill


def sparse(size: int) -> Callable[[Path], None]:
    """Makes the log so long without writing to the disk: one endless line of NULs."""

    def fill(path: Path) -> None:
        with path.open("ab") as file:
            file.truncate(size)

    return fill


CASES: Final[dict[str, Callable[[Path], None]]] = {
    "30 ordinary runs": lambda path: None,
    "200,000 steps": steps(200_000),
    "1,000,000 steps": steps(1_000_000),
    "a line of 100 MB": sparse(100 << 20),
    "1 GB of events": sparse(GIGABYTE),
}


def measure_shapes(home: Path) -> None:
    """Time of the list with each malformed folder beside good ones, the slowest first.

    Once as the command gives it, and once from a real Jupyter server over HTTP.
    """
    import shutil

    import malformed_runs
    from fuzz_server import Server

    server = Server(home)  # with runs of its own, finished; it sets the registry's folder
    try:
        from paddle_lab.commands import runs
        from paddle_lab.commands.context import Context

        args = runs.build_parser("paddle-lab runs").parse_args(["list"])

        def by_command() -> int:
            return len(runs.execute(args, Context()).json)

        def by_server() -> int:
            return len(server.ask("paddle-lab/runs")["runs"])

        bad = Path(server.ask(f"paddle-lab/runs/{server.run_id}")["folder"])
        shutil.copytree(bad, home / "whole")
        expected = by_command()
        for what, ask in (("command", by_command), ("server", by_server)):
            took = {}
            for name in malformed_runs.SHAPES:
                shutil.rmtree(bad)
                shutil.copytree(home / "whole", bad)
                malformed_runs.spoil(name, bad)
                began = time.perf_counter()
                listed = ask()
                took[name] = time.perf_counter() - began
                if listed != expected:
                    raise SystemExit(f"{name}: {listed} of {expected} runs are listed")
            slowest = sorted(took, key=lambda name: -took[name])
            print(f"{what}: {len(took)} shapes beside {expected - 1} good runs; the slowest:")
            for name in slowest[:3]:
                print(f"  {took[name]:.3f} s  {name}")
        print(f"server: {server.log_figures()}")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
