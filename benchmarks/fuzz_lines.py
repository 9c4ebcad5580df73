"""Thousands of odd command lines: none may end in a traceback, none may hang.

    python benchmarks/fuzz_lines.py
    python benchmarks/fuzz_lines.py --count 500 --seed 7

Half of the lines are run as magics in an IPython shell, half as commands of the terminal, all in
this process, each under a watchdog of 20 s. Trainings stop where they would begin. Prints one JSON
line: how the lines ended, errors by code, and the slowest line. Exit code 1 when one fell through.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from odd_lines import Trial, furnish, lines, odd_variables


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    kinds: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    wrong: list[dict[str, str]] = []
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        furnish(folder)
        os.environ["IPYTHONDIR"] = str(folder / "ipython")
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell()
        shell.extension_manager.load_extension("paddle_lab")
        shell.user_ns.update(odd_variables())
        with Trial(folder).ready() as trial:
            for number, line in enumerate(lines(args.seed, args.count)):
                trial.shell = shell if line.cell is not None or number // 9 % 2 else None
                ending = trial.run(line)
                kinds[ending.kind] += 1
                codes[ending.code] += 1
                slowest = max(slowest, (round(ending.seconds, 2), str(line)))
                if ending.kind not in ("result", "error"):
                    wrong.append({"kind": ending.kind, "line": str(line), "why": ending.detail})
                    print(f"{ending.kind}: {line}\n{ending.detail}", file=sys.stderr)
    codes.pop("", None)
    print(
        json.dumps(
            {
                "lines": args.count,
                "seed": args.seed,
                "endings": dict(kinds),
                "tracebacks": kinds["traceback"],
                "hangs": kinds["hang"],
                "errors": dict(codes.most_common()),
                "slowest_s": slowest[0],
                "slowest": slowest[1],
            },
            ensure_ascii=False,
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
