"""Interrupt at random moments of a cell in a cold kernel, in every ipykernel.

``python benchmarks/interrupt_moments.py``: each trial starts a kernel, submits one cell (load the
extension and train) with a second one queued behind it, interrupts once, and then trains again in
the same kernel. A trial is good when the first cell leaves at most one line, the queued cell did
not run, and the next cell trains to its end. Half of the moments lie before the first step, most of
it the import of Paddle; the rest in the run. How long both take is seen in a run that nobody
interrupts. One JSON line a version, and one a bad trial.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import Cell, Kernel, NoSuchVersion, install_ipykernel, write_reviews

TRAIN = "train.tsv --max-len 16 --epochs {epochs} --limit {rows} --no-baseline"
FIRST = "%load_ext paddle_lab\n{call}"
CALLS = {
    "magic": "%ernie_finetune " + TRAIN.format(epochs=40, rows=200),
    "value": "run = %ernie_finetune " + TRAIN.format(epochs=40, rows=200),
    "python": "import paddle_lab\npaddle_lab.finetune('train.tsv', max_len=16, epochs=40, "
    "limit=200, baseline=False)",
    "isolate": "%ernie_finetune " + TRAIN.format(epochs=40, rows=200) + " --isolate",
}
NEXT = "%load_ext paddle_lab\n%ernie_finetune " + TRAIN.format(epochs=1, rows=32) + " --no-export"
QUEUED = "print('the queued cell ran')"
#: The last moment as a share of the cell's time: the next run may be faster than that one was.
LATEST = 0.8
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Trial:
    """What one interrupt left."""

    moment_s: float
    state: str
    status: str
    said: str
    queued: str
    settled_s: float
    next_status: str
    next_state: str

    @property
    def good(self) -> bool:
        """One quiet line, no queued cell run, and a kernel that trains."""
        quiet = self.said.count("\n") == 0 and "Traceback" not in self.said
        worked = self.next_status == "ok" and self.next_state == "finished"
        return quiet and worked and self.queued == "aborted" and self.status == "error"


@contextmanager
def cold_kernel(ipykernel: Path) -> Iterator[Kernel]:
    """A kernel that has done nothing yet, in a home with the rows to train on."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_reviews(home / "train.tsv", 300)
        with Kernel(home, ipykernel) as kernel:
            yield kernel


def trial(ipykernel: Path, call: str, moment_s: float) -> Trial:
    """One kernel, one interrupt, and what the next cell can do."""
    with cold_kernel(ipykernel) as kernel:
        cell = kernel.submit(FIRST.format(call=CALLS[call]))
        queued = kernel.submit(QUEUED)
        time.sleep(moment_s)
        asked = time.monotonic()
        kernel.interrupt()
        done, behind = collect_two(kernel, cell, queued)
        settled_s = time.monotonic() - asked
        state = state_of(kernel)
        after = kernel.run(NEXT, timeout=240)
        return Trial(moment_s, state, done.status, said(done), behind.status,
                     settled_s, after.status, state_of(kernel))  # fmt: skip


def undisturbed(ipykernel: Path, call: str) -> tuple[float, float]:
    """Seconds of a cell that nobody interrupts: until the run's first step, and until its end."""
    with cold_kernel(ipykernel) as kernel:
        begun = time.monotonic()
        cell = kernel.submit(FIRST.format(call=CALLS[call]))
        kernel.wait_for(lambda state: state.step > 0)
        early_s = time.monotonic() - begun
        kernel.collect(cell, timeout=300)
        return early_s, time.monotonic() - begun


def collect_two(kernel: Kernel, first: str, second: str) -> tuple[Cell, Cell]:
    """Both cells: an aborted one answers without output, and maybe before the other is idle."""
    cells = {first: Cell(), second: Cell()}
    idle: set[str] = set()
    deadline = time.monotonic() + 300
    while idle != set(cells):
        message = kernel.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
        parent = message["parent_header"].get("msg_id")
        if parent in cells and Kernel._take(cells[parent], message):
            idle.add(parent)
    while not all(cell.status for cell in cells.values()):
        reply = kernel.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
        if (cell := cells.get(reply["parent_header"].get("msg_id"))) is not None:
            cell.status = reply["content"]["status"]
    return cells[first], cells[second]


def said(cell: Cell) -> str:
    """What stands in the cell beside its card."""
    return _COLOURS.sub("", "\n".join(part for part in (cell.text, cell.error) if part)).strip()


def state_of(kernel: Kernel) -> str:
    """The newest run's state, "none" where none was made."""
    try:
        return kernel.last_run().state().state
    except IndexError:
        return "none"


def moments(count: int, early_s: float, latest_s: float, seed: int) -> list[float]:
    """50 ms, then half of them until ``early_s`` and half until ``latest_s``."""
    chance = random.Random(seed)
    early = [chance.uniform(0.05, early_s) for _ in range(count // 2 - 1)]
    late = [chance.uniform(early_s, latest_s) for _ in range(count - count // 2)]
    return [0.05, *sorted(early), *sorted(late)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", nargs="*", default=["6.31.0", "7.1.0", "7.3.0", "7.4.0"])
    parser.add_argument("--call", choices=CALLS, default="magic")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--all", action="store_true", help="print good trials, too")
    parser.add_argument("--seed", type=int, default=13)
    args = parser.parse_args()
    failed = 0
    # Compiled once, as an installed package is: not anew in each kernel.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="pycache-")
    for version in args.versions:
        trials = []
        with tempfile.TemporaryDirectory() as folder:
            try:
                ipykernel = install_ipykernel(version, Path(folder))
            except NoSuchVersion as error:
                print(json.dumps({"ipykernel": version, "skipped": str(error)}))
                continue
            if version == args.versions[0]:
                undisturbed(ipykernel, args.call)  # leaves compiled files
            early_s, whole_s = undisturbed(ipykernel, args.call)
            for moment_s in moments(args.trials, early_s, LATEST * whole_s, args.seed):
                trials.append(trial(ipykernel, args.call, moment_s))
                if args.all or not trials[-1].good:
                    print(json.dumps(vars(trials[-1]), ensure_ascii=False), flush=True)
        good = sum(found.good for found in trials)
        failed += len(trials) - good
        states = [found.state for found in trials]
        print(
            json.dumps(
                {
                    "ipykernel": version,
                    "call": args.call,
                    "good": f"{good} of {len(trials)}",
                    "undisturbed_s": [round(early_s, 1), round(whole_s, 1)],
                    "ended": {state: states.count(state) for state in sorted(set(states))},
                    "settled_s": sorted(round(found.settled_s, 1) for found in trials),
                }
            ),
            flush=True,
        )
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
