"""Several processes on one run: what our ranks cost, gain and leave behind.

    python benchmarks/distributed.py                    all, with the shipped model: ten minutes
    python benchmarks/distributed.py speed --rounds 5   one part

``speed``: the same run by one process with two threads, by two processes of ours with one thread
each, and by the same two rank programs under plain ``paddle.distributed.launch``; interleaved,
rows a second between the first tenth of the steps and the last, and how far the weights are apart.
``overhead``: of these the two with two processes alone, by turns, each round in the other order.
``cpu``: the CPU time of the process that started the ranks beside theirs while they train, which a
busy machine does not change; ours beside that of ``paddle.distributed.launch``.
``ends``: seconds from the kill of one of two processes to the end of all, and what is left when the
one that started them is killed; ours beside ``paddle.distributed.launch``.
``kills``: runs whose processes are killed at random and started again (``--restarts``); how many
end with the weights of the undisturbed run, to the bit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from paddle_lab.api import specify
from paddle_lab.runs import RunFolder
from paddle_lab.runs.events import read_events
from paddle_lab.training.checkpoint import MODEL_FILE, latest_checkpoint
from paddle_lab.training.run import Run
from paddle_lab.training.start import begin, create_run

#: A rank of ours as a script for Paddle's launcher: it finds its number where that one says it.
PLAIN: Final = """
import os, socket, sys
rank, size = int(os.environ["PADDLE_TRAINER_ID"]), int(os.environ["PADDLE_TRAINERS_NUM"])
folder, port = sys.argv[1:]
for name in [name for name in os.environ if name.startswith("PADDLE_") and "LAB" not in name]:
    del os.environ[name]
os.environ["PADDLE_LAB_RANKS_TOKEN"] = "benchmark"
words = [folder, "--rank", rank, "--size", size, "--host", "127.0.0.1", "--port", port,
         "--threads", 1, "--device", "cpu", "--supervisor", os.getppid()]
if rank == 0:
    listening = socket.create_server(("127.0.0.1", int(port)))
    words += ["--listening", listening.detach()]
sys.argv[1:] = map(str, words)
from paddle_lab.training.ranks.rank import main
sys.exit(main())
"""
#: Two processes of plain Paddle that add numbers for ever, as any script of a person would.
ADDING: Final = """
import os, sys, time, paddle
paddle.distributed.init_parallel_env()
rank = paddle.distributed.get_rank()
open(os.path.join(sys.argv[1], f"pid{rank}"), "w").write(str(os.getpid()))
while True:
    x = paddle.ones([1000])
    paddle.distributed.all_reduce(x)
    time.sleep(0.02)
"""


def main() -> None:
    """Print the parts that were asked for, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=("all", "speed", "overhead", "cpu", "ends", "kills"),
        default="all",
    )
    parser.add_argument("--model", default="ernie-lab-mini")
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--max-len", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=10)
    args = parser.parse_args()
    found: dict[str, Any] = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    print(f"load of the machine before: {found['load']:.1f} on {found['cores']} cores")
    with tempfile.TemporaryDirectory() as home:
        for name in ("DATA_DIR", "RUNS_DIR"):
            os.environ[f"PADDLE_LAB_{name}"] = str(Path(home) / name.lower())
        for measure in (speed, overhead, cpu, ends, kills):
            part = measure.__name__
            if args.part == part or (args.part == "all" and measure is not overhead):
                found[part] = measure(args, Path(home))
    print(json.dumps(found))


def created(args: argparse.Namespace, **options: Any) -> RunFolder:
    """A run on the sample, without dropout, report of a baseline or export."""
    given = {
        "model": args.model, "limit": args.rows, "max_len": args.max_len, "epochs": 1.0,
        "batch_size": 32, "dropout": 0.0, "evals_per_epoch": 1, "checkpoint_minutes": 0.0,
        "export": False, "baseline": False, "device": "cpu", **options,
    }  # fmt: skip
    spec, names = specify("reviews", None, {}, given)
    return create_run(spec, names)


def speed(args: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Rows a second of each way, their ratios, and how far apart the weights end."""
    ways = {
        "1 process, 2 threads": lambda: finished(created(args, threads=2), isolate=True),
        "1 process, 1 thread": lambda: finished(created(args, threads=1), isolate=True),
        "2 processes, 1 thread each": lambda: finished(created(args, procs=2, threads=1)),
        "the same under paddle.distributed.launch": lambda: launched(created(args), home),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    weights: dict[str, Any] = {}
    for _ in range(args.rounds):
        for name, way in ways.items():
            folder = way()
            rates[name].append(rate(folder))
            weights[name] = weights_of(folder)
            print(f"  {name}: {rates[name][-1]:.1f} rows/s, load {os.getloadavg()[0]:.1f}",
                  flush=True)  # fmt: skip
    for name, measured in rates.items():
        print(f"{name}: {statistics.median(measured):.0f} rows/s "
              f"({min(measured):.0f} to {max(measured):.0f})")  # fmt: skip
    one, single, two, plain = rates.values()
    overhead = [b / a for a, b in zip(two, plain, strict=True)]
    gain = [b / a for a, b in zip(one, two, strict=True)]
    whole, with_one, with_two, _ = weights.values()
    apart = {
        "all": distance(with_one, with_two),
        "but key biases": distance(with_one, with_two, True),
        "1 and 2 threads": distance(whole, with_one, True),
    }
    narrow = [b / a for a, b in zip(single, two, strict=True)]
    print(f"step time beside plain launch: {statistics.median(overhead):.3f} "
          f"({min(overhead):.3f} to {max(overhead):.3f})")  # fmt: skip
    print(f"2 processes beside 1 with 2 threads: {statistics.median(gain):.2f} x "
          f"({min(gain):.2f} to {max(gain):.2f})")  # fmt: skip
    print(f"2 processes beside 1 with 1 thread: {statistics.median(narrow):.2f} x "
          f"({min(narrow):.2f} to {max(narrow):.2f})")  # fmt: skip
    print("weights apart, relative: 1 and 2 processes with a thread each "
          f"{apart['all']:.1e}, without key biases {apart['but key biases']:.1e}; "
          f"1 process with 1 and 2 threads {apart['1 and 2 threads']:.1e}")  # fmt: skip
    return {"rates": rates, "overhead": overhead, "gain": gain, "apart": apart, "narrow": narrow}


def overhead(args: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Step time of two processes of ours beside the same two under Paddle's launcher."""
    ways = [
        lambda: rate(finished(created(args, procs=2, threads=1))),
        lambda: rate(launched(created(args), home)),
    ]
    found = []
    for number in range(args.rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        rates = {place: ways[place]() for place in order}
        found.append(rates[1] / rates[0])
        print(f"round {number + 1}: ours {rates[0]:.1f} rows/s, plain {rates[1]:.1f}: "
              f"{found[-1]:.3f}; load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
    print(f"step time beside plain launch: median {statistics.median(found):.3f} "
          f"({min(found):.3f} to {max(found):.3f})")  # fmt: skip
    return {"overhead": found}


def distance(one: dict[str, Any], other: dict[str, Any], but_keys: bool = False) -> float:
    """The norm of the difference beside that of the weights.

    The biases of keys say nothing in a softmax: their gradient is rounding alone, which Adam makes
    as large as any other.
    """
    names = [name for name in one if not (but_keys and "k_proj.bias" in name)]
    apart = sum(float(np.sum((one[name] - other[name]) ** 2)) for name in names)
    return float(np.sqrt(apart / sum(float(np.sum(array**2)) for array in one.values())))


def finished(folder: RunFolder, *, isolate: bool = False) -> RunFolder:
    """Work on the run, in processes of its own, until it has finished."""
    assert begin(folder, resume=False, isolate=isolate).wait().state.state == "finished"
    return folder


def launched(folder: RunFolder, home: Path) -> RunFolder:
    """The same by Paddle's launcher."""
    command, environment = plain_command(folder, home)
    subprocess.run(command, check=True, capture_output=True, cwd=home, env=environment)
    assert folder.state().state == "finished"
    return folder


def plain_command(folder: RunFolder, home: Path) -> tuple[list[str], dict[str, str]]:
    """The two rank programs under Paddle's launcher, and their environment."""
    script = home / "plain.py"
    script.write_text(PLAIN, encoding="utf-8")
    command = [sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", "2"]
    command += ["--log_dir", str(home / "launch"), str(script), str(folder.path), str(free_port())]
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, paths))
    return command, {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}


def rate(folder: RunFolder) -> float:
    """Rows a second from the first tenth of the steps to the last step."""
    steps = [one for one in read_events(folder.events_path) if one["kind"] == "step"]
    total = folder.state().total_steps or 1
    first = next(one for one in steps if one["step"] >= total / 10)
    return 32 * (steps[-1]["step"] - first["step"]) / (steps[-1]["t"] - first["t"])


def weights_of(folder: RunFolder) -> dict[str, Any]:
    """The newest checkpoint's weights by name."""
    checkpoint = latest_checkpoint(folder.checkpoints)
    assert checkpoint is not None
    arrays = checkpoint.arrays(MODEL_FILE)
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def cpu(args: argparse.Namespace, home: Path) -> dict[str, float]:
    """The share of CPU time that starting and watching takes, over forty steps."""
    found: dict[str, float] = {}
    for name in ("ours", "paddle.distributed.launch"):
        folder = created(args, procs=2, threads=1, epochs=50.0)
        if name == "ours":
            begin(folder, resume=False)
            top, ranks = processes_of(folder, 5)
        else:
            command, environment = plain_command(folder, home)
            quiet = subprocess.DEVNULL
            started = subprocess.Popen(
                command, cwd=home, env=environment, stdout=quiet, stderr=quiet
            )
            top = psutil.Process(started.pid)
            while folder.state().step < 5:
                time.sleep(0.05)
            ranks = [
                one for one in top.children(recursive=True) if str(folder.path) in one.cmdline()
            ]
        before, watched = used(ranks), used([top])
        while folder.state().step < 45:
            time.sleep(0.2)
        found[name] = (used([top]) - watched) / (used(ranks) - before)
        print(f"{name}: {found[name]:.2%} of the ranks' CPU time")
        for one in (top, *ranks):
            one.kill()
    return found


def used(processes: list[psutil.Process]) -> float:
    """Seconds of CPU time so far."""
    return sum(one.cpu_times().user + one.cpu_times().system for one in processes)


def ends(args: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Seconds from a kill to the end of all, and who is left; None: not within a minute."""
    found: dict[str, Any] = {}
    for name, start in (("ours", ours), ("paddle.distributed.launch", plain_launch)):
        for killed in ("a process", "the one that started them"):
            top, ranks = start(args, home)
            victim = ranks[1] if killed == "a process" else top
            victim.kill()
            begun = time.monotonic()
            _, left = psutil.wait_procs([top, *ranks], timeout=60)
            took = None if left else time.monotonic() - begun
            for one in left:
                one.kill()
            found[f"{name}, {killed} killed"] = took
            said = f"{len(left)} left after a minute" if left else f"all ended after {took:.1f} s"
            print(f"{name}: {killed} killed: {said}")
    return found


def ours(args: argparse.Namespace, home: Path) -> tuple[psutil.Process, list[psutil.Process]]:
    """A run of two processes at its third step: the supervisor, and the ranks."""
    folder = created(args, procs=2, epochs=50.0)
    begin(folder, resume=False)
    return processes_of(folder, 3)


def processes_of(folder: RunFolder, step: int) -> tuple[psutil.Process, list[psutil.Process]]:
    """The supervisor and the ranks of a run that has come to ``step``."""
    while folder.state().step < step:
        time.sleep(0.05)
    mark = folder.state().process
    assert mark is not None
    top = psutil.Process(mark.pid)
    return top, sorted(top.children(), key=lambda one: one.cmdline()[5])


def plain_launch(
    args: argparse.Namespace, home: Path
) -> tuple[psutil.Process, list[psutil.Process]]:
    """Two processes under Paddle's launcher that have met."""
    folder = Path(tempfile.mkdtemp(dir=home))
    script = folder / "adding.py"
    script.write_text(ADDING, encoding="utf-8")
    command = [sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", "2",
               "--log_dir", str(folder), str(script), str(folder)]  # fmt: skip
    top = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(list(folder.glob("pid*"))) < 2:
        time.sleep(0.1)
    time.sleep(2.0)
    return psutil.Process(top.pid), [
        psutil.Process(int((folder / f"pid{rank}").read_text())) for rank in (0, 1)
    ]


def kills(args: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Of so many runs, each with a process killed at random, those with the undisturbed weights."""
    options = {"procs": 2, "epochs": 2.0, "checkpoint_minutes": 0.01, "evals_per_epoch": 2,
               "dropout": None}  # fmt: skip
    whole = weights_of(finished(created(args, **options)))
    chance, equal, restarted = random.Random(5), 0, 0
    for _ in range(args.kills):
        folder = created(args, restarts=3, **options)
        run: Run = begin(folder, resume=False)
        total = None
        while (total := folder.state().total_steps) is None:
            time.sleep(0.05)
        _, ranks = processes_of(folder, chance.randrange(1, max(2, int(total * 0.8))))
        chance.choice(ranks).kill()
        run.wait()
        restarted += any(one["code"] == "restarted" for one in folder.state().notices)
        equal += distance(whole, weights_of(folder)) == 0
    print(f"{args.kills} killed, {restarted} started again, {equal} with the undisturbed weights")
    return {"killed": args.kills, "restarted": restarted, "equal": equal}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
