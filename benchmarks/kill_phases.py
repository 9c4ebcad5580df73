"""kill -9 in every phase, twice, and then resume: ``python benchmarks/kill_phases.py``.

Each command is killed at a named moment (``tests/killed_run.py``). A killed run is resumed and
compared with the undisturbed one: hashes of its weights, report, bundle. One JSON line;
``--only WORD ...`` for the phases with such a word in their name, ``--task tag`` for another task.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kill_trial import TWICE, Trial
from killed_run import PHASES, outcome
from task_rows import tasks_with_rows, write_task_rows

FRESH_CACHE = "model conversion"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[""], metavar="WORD")
    parser.add_argument("--task", choices=tasks_with_rows(), default="classify")
    args = parser.parse_args()
    names = [*PHASES, TWICE, "between the two renamings", "removal"]
    names = [name for name in names if any(word in name for word in args.only)]
    began, kills, good, problems = time.monotonic(), 0, 0, {}
    with tempfile.TemporaryDirectory(prefix="kill-phases-") as place:
        base = Path(place)
        cache, source = base / "cache", write_task_rows(args.task, base / "train.jsonl", 160)
        first = Trial(base / "undisturbed", cache, source, {})
        first.terminal.run(*first.terminal.finetune())
        whole = first.folder()
        assert whole is not None
        undisturbed = outcome(whole.path)
        for name in names:
            for kill in (0, 1):
                home = base / f"{len(problems)}-{kills}"
                trial_cache = home.with_suffix(".cache") if name == FRESH_CACHE else cache
                trial = Trial(home, trial_cache, source, undisturbed)
                try:
                    trial.run(name, kill)
                except AssertionError as error:
                    trial.problems.append(str(error)[-600:])
                kills += 1
                good += not trial.problems
                if trial.problems:
                    problems[f"{name} {kill}"] = trial.problems
                print(name, kill, trial.problems or "ok", file=sys.stderr, flush=True)
                shutil.rmtree(home)
    print(
        json.dumps(
            {
                "task": args.task,
                "phases": len(names),
                "kills": kills,
                "as_undisturbed_or_told": good,
                "problems": problems,
                "seconds": round(time.monotonic() - began),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
