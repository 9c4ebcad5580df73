"""From a request to stop until the loop is left, in every ipykernel.

``python benchmarks/stop_latency.py``: real training in real kernels. Routes: ``folder`` (what
server, widget and command write), with the main shell idle or busy, and the kernel's ``interrupt``
of an awaiting cell. The loop is left when the last point is written, right after the step in which
the request was heard. One JSON line a version.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import Kernel, NoSuchVersion, events_of, install_ipykernel, write_reviews

LONG = "train.tsv --max-len 64 --epochs 200 --no-export --no-baseline"
BUSY = "import time\nfor _ in range(6000): time.sleep(0.1)"


def measure(kernel: Kernel, route: str) -> tuple[float, float]:
    """Seconds from the request to the loop's end, and the median seconds of a step."""
    awaiting = route == "interrupt"
    cell = kernel.submit(f"%ernie_finetune {LONG}{'' if awaiting else ' --background'}")
    if not awaiting:
        kernel.collect(cell)
    kernel.wait_for(lambda state: state.state == "training" and state.step >= 8)
    busy = kernel.submit(BUSY) if route == "folder, shell busy" else None
    asked = time.time()
    if awaiting:
        kernel.interrupt()
    else:
        kernel.last_run().ask("stop", source="server")
    kernel.wait_for(lambda state: state.state == "stopped")
    if busy is not None:
        kernel.interrupt()
        kernel.collect(busy)
    if awaiting:
        kernel.collect(cell)
    steps = [event for event in events_of(kernel.last_run()) if event["kind"] == "step"]
    lengths = [
        (b["t"] - a["t"]) / (b["step"] - a["step"])
        for a, b in pairwise(steps)
        if b["step"] > a["step"]
    ]
    return max(0.0, steps[-1]["t"] - asked), statistics.median(lengths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", nargs="*", default=["6.31.0", "7.1.0", "7.3.0", "7.4.0"])
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    for version in args.versions:
        with tempfile.TemporaryDirectory() as home:
            try:
                ipykernel = install_ipykernel(version, Path(home) / "ipykernel")
            except NoSuchVersion as error:
                print(json.dumps({"ipykernel": version, "skipped": str(error)}))
                continue
            write_reviews(Path(home) / "train.tsv", 600)
            result: dict[str, object] = {"ipykernel": version}
            with Kernel(Path(home), ipykernel) as kernel:
                kernel.run("%load_ext paddle_lab")
                for route in ("folder, shell idle", "folder, shell busy", "interrupt"):
                    found = [measure(kernel, route) for _ in range(args.repeats)]
                    over = [latency - step for latency, step in found]
                    result[route] = {
                        "latency_ms": [round(latency * 1000) for latency, _ in found],
                        "step_ms": [round(step * 1000) for _, step in found],
                        "worst_over_one_step_ms": round(max(over) * 1000),
                    }
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
