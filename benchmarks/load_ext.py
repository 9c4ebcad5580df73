"""How long ``%load_ext paddle_lab`` takes in a fresh process: ``python benchmarks/load_ext.py``.

Prints one JSON line: milliseconds, median and spread of cold loads (a new process each).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
start = time.perf_counter()
shell.extension_manager.load_extension("paddle_lab")
print((time.perf_counter() - start) * 1000)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    times = []
    for _ in range(args.repeats):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        )
        times.append(float(done.stdout.split()[-1]))
    print(
        json.dumps(
            {
                "load_ext_ms": round(statistics.median(times), 1),
                "min": round(min(times), 1),
                "max": round(max(times), 1),
                "repeats": args.repeats,
            }
        )
    )


if __name__ == "__main__":
    main()
