"""kill -9 in every phase, twice, and then resume: ``python benchmarks/kill_phases.py``.

Each command is killed at a named moment (``tests/killed_run.py``). A killed run is resumed and
compared with the undisturbed one: hashes of its weights, report, bundle. One JSON line;
``--only WORD`` for the phases with that word in their name.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import write_reviews
from killed_run import PHASES, Terminal, outcome, taken_for_whole

from paddle_lab.runs import Registry, RunFolder

FRESH_CACHE = "model conversion"
TWICE = "resumption of a resumption"


class Trial:
    """One home, one kill or two, one judgement."""

    def __init__(self, home: Path, cache: Path, source: Path, undisturbed: dict[str, Any]) -> None:
        self.home, self.cache, self.undisturbed = home, cache, undisturbed
        home.mkdir()
        self.terminal = Terminal(home, cache, source)
        self.problems: list[str] = []

    def folder(self) -> RunFolder | None:
        runs = Registry(self.home / "data" / "runs").list()
        return runs[0].folder if runs else None

    def look(self) -> None:
        """After a kill: nothing half is taken for whole, and the run is not called alive."""
        self.problems += taken_for_whole(self.home, self.cache)
        folder = self.folder()
        if folder is not None and folder.state().live:
            self.problems.append(f"called {folder.state().state}")

    def judge(self, run: Path | None) -> None:
        if run is None or RunFolder(run).state().state != "finished":
            state = "absent" if run is None else RunFolder(run).state().state
            self.problems.append(f"ended {state}")
            return
        found = outcome(run)
        self.problems += [
            f"{name} differs: {found[name]} {self.undisturbed[name]}"[:600]
            for name in found
            if found[name] != self.undisturbed[name]
        ]

    def train(self, phase: str, kill: int) -> None:
        self.terminal.killed(phase, kill, *self.terminal.finetune())
        self.look()
        self.resume(self.folder())

    def resume(self, folder: RunFolder | None) -> None:
        """Go on with the run; one that left no more than a folder is told, and begun anew."""
        made = list((self.home / "runs").glob("*"))
        wanted = str(folder.path if folder is not None else made[0])
        done = self.terminal.run("finetune", "--resume", wanted, "--quiet")
        if folder is None and not (made[0] / "run.json").exists():
            if done.returncode != 1 or "run.json is absent" not in done.stderr:
                self.problems.append(f"not told: {done.stderr}")
            made[0].rmdir()
            self.terminal.run(*self.terminal.finetune())
        folder = self.folder()
        self.judge(folder.path if folder is not None else None)

    def resume_twice(self, kill: int) -> None:
        steps = ("mid-epoch", "mid-epoch") if kill == 0 else ("first step", "tokenising")
        self.terminal.killed(steps[0], 0, *self.terminal.finetune())
        self.look()
        folder = self.folder()
        assert folder is not None
        again = ["finetune", "--resume", folder.id, "--quiet"]
        self.terminal.killed(steps[1], 0, *again)
        self.look()
        self.terminal.killed("evaluation", 0, *again)
        self.look()
        self.resume(folder)

    def export(self, kill: int) -> None:
        """A bundle is replaced: afterwards one is found, and the next export tidies up."""
        self.terminal.run(*self.terminal.finetune())
        self.terminal.killed("between the two renamings", kill, "export", "last")
        done = self.terminal.run("predict", "last", "质量很好", "--json")
        if done.returncode != 0:
            self.problems.append(f"no bundle is found: {done.stderr}")
        self.look()
        self.terminal.run("export", "last", "--quiet")
        folder = self.folder()
        self.judge(folder.path if folder is not None else None)

    def remove(self, kill: int) -> None:
        """A run is removed: it is gone for everybody, and what is left goes with the next."""
        self.terminal.run(*self.terminal.finetune())
        folder = self.folder()
        assert folder is not None
        self.terminal.killed("removal", kill, "runs", "rm", folder.id, "--yes")
        if self.folder() is not None:
            self.problems.append("a removed run is listed")
        self.terminal.killed("registered", 0, *self.terminal.finetune())
        self.terminal.run("runs", "rm", "last", "--yes")
        left = [*(self.home / "runs").iterdir(), *(self.home / "data" / "runs").iterdir()]
        if left:
            self.problems.append(f"left behind: {left}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD")
    args = parser.parse_args()
    names = [*PHASES, TWICE, "between the two renamings", "removal"]
    names = [name for name in names if args.only in name]
    began, kills, good, problems = time.monotonic(), 0, 0, {}
    with tempfile.TemporaryDirectory(prefix="kill-phases-") as place:
        base = Path(place)
        cache, source = base / "cache", write_reviews(base / "train.tsv", 160)
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
                    if name == TWICE:
                        trial.resume_twice(kill)
                    elif name == "removal":
                        trial.remove(kill)
                    elif name == "between the two renamings":
                        trial.export(kill)
                    else:
                        trial.train(name, kill)
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
