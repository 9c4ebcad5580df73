"""What the ranks of a run say to each other in a step: ``python benchmarks/rank_steps.py``.

Counted, not timed, so that a busy machine changes nothing: the transfers of a step and their bytes,
the meetings by our own connection and theirs, over the steps of a whole run of two ranks. The first
rank is one process with a team that counts; the other one's gradients are taken as its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Sequence
from typing import Any

from task_runs import own_folders

from paddle_lab.api import specify
from paddle_lab.training.start import create_run


def main() -> None:
    """Train one epoch of some rows, and print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="ernie-lab-mini")
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--max-len", type=int, default=128)
    args = parser.parse_args()
    with own_folders():
        print(json.dumps(counted(args)))


def counted(args: argparse.Namespace) -> dict[str, Any]:
    """Medians over the steps from the third on: the first shows what need not travel."""
    given = {
        "model": args.model, "limit": args.rows, "max_len": args.max_len, "epochs": 1.0,
        "batch_size": 32, "evals_per_epoch": 1, "checkpoint_minutes": 0.0, "baseline": False,
        "device": "cpu", "export": False,
    }  # fmt: skip
    spec, names = specify("reviews", None, {}, given)
    folder = create_run(spec, names)
    from paddle_lab.training.quiet import import_paddlenlp

    import_paddlenlp(folder.log_path)
    from paddle_lab.runs.progress import JobProgress
    from paddle_lab.training.inputs import load_inputs
    from paddle_lab.training.loop import TrainingLoop
    from paddle_lab.training.ranks.agreement import LeadingReporter
    from paddle_lab.training.ranks.team import Team

    steps: list[dict[str, int]] = []

    class Channel:
        """Says what it hears, and counts."""

        def agree(self, value: Any = None) -> Any:
            """A line of the other rank, a line to it."""
            steps[-1]["meetings"] += 1
            steps[-1]["meeting_bytes"] += 1 + len(json.dumps(value)) + 1
            return value

        def close(self) -> None:
            """Nothing is open."""

    class Group:
        """The collectives of Paddle's that a step uses."""

        def all_reduce(self, tensor: Any, *_: Any) -> Any:
            """Count, and leave the tensor as it is."""
            steps[-1]["transfers"] += 1
            steps[-1]["bytes"] += tensor.size * tensor.element_size()
            return self

        broadcast = all_reduce

        def wait(self) -> None:
            """Nothing is under way."""

    class Counting(Team):
        """Begins to count anew with each sum of gradients."""

        def sum(self, tensors: Sequence[Any]) -> None:
            """The transfers of a step; its meeting came before."""
            super().sum(tensors)
            steps.append(fresh())

    def fresh() -> dict[str, int]:
        return dict.fromkeys(("transfers", "bytes", "meetings", "meeting_bytes"), 0)

    steps.append(fresh())
    channel: Any = Channel()
    reporter = LeadingReporter(folder, 0, JobProgress(), None)
    loop = TrainingLoop(folder, spec, reporter, load_inputs(folder, spec, reporter),
                        Counting(0, 2, channel, Group()))  # fmt: skip
    loop.train(resume=False)
    whole = sum(int(one.size) for one in loop.model.parameters()) * 4
    later = steps[2:-1]
    return {
        "model": args.model,
        "steps": len(steps) - 1,
        "parameters_bytes": whole,
        "first_step": steps[0],
        **{name: statistics.median(one[name] for one in later) for name in later[0]},
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
