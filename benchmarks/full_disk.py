"""Runs on disks of twelve sizes: ``python benchmarks/full_disk.py``.

The runs' folder is a tmpfs too small for them, mounted in a mount namespace of its own (Linux;
needs root or user namespaces). Whatever becomes of a run there is told once, in plain words; then
space is made, and the run is resumed or exported and compared with the undisturbed one. One JSON
line.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from kernel import events_of, write_reviews
from killed_run import Terminal, outcome, taken_for_whole

from paddle_lab.runs import Registry, RunFolder

# From nothing but the folder to two checkpoints of 24 MB, the one being written, and a bundle.
SIZES_KB = (4, 32, 64, 256, 2_000, 9_000, 16_000, 25_000, 34_000, 50_000, 58_000, 76_000)
INSIDE = "PADDLE_LAB_BENCHMARK_INSIDE"


def mount(place: Path, kilobytes: int, *options: str) -> None:
    size = ",".join([*options, f"size={kilobytes}k"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], check=True)


class Trial:
    """One home whose runs are on a disk of ``kilobytes``."""

    def __init__(self, home: Path, cache: Path, source: Path, kilobytes: int) -> None:
        (home / "runs").mkdir(parents=True)
        self.home, self.cache = home, cache
        self.terminal = Terminal(home, cache, source)
        self.problems: list[str] = []
        mount(home / "runs", kilobytes)

    def folder(self) -> RunFolder | None:
        runs = Registry(self.home / "data" / "runs").list()
        return runs[0].folder if runs else None

    def fill(self) -> str:
        """Train until the disk is full; how it ended."""
        try:
            done = self.terminal.run(*self.terminal.finetune())
        except AssertionError as error:
            self.problems.append(str(error)[-600:])
            return "traceback"
        folder = self.folder()
        self.problems += taken_for_whole(self.home, self.cache)
        if folder is None:
            self.check_told(done.stderr)
            return "not begun"
        state = folder.state()
        if done.returncode:
            self.check_told(done.stderr)
        if state.live or state.state == "crashed":
            self.problems.append(f"called {state.state}")
        told = Counter(event["code"] for event in events_of(folder) if event["kind"] == "notice")
        written = len(state.checkpoints)
        for code in ("events-lost", "checkpoint-failed", "best-lost", "export-failed"):
            most = 1 + written if code == "checkpoint-failed" else 1
            if told[code] > most:
                self.problems.append(f"{code} told {told[code]} times, {written} were written")
        made = folder.has_bundle()
        if state.state == "finished" and not made and "disk" not in str(state.export):
            export = (state.export or {}).get("error") or {}
            if "fix" not in export:
                self.problems.append(f"does not say how to get the bundle: {state.export}")
        return state.state + ("" if made else " without a bundle")

    def check_told(self, text: str) -> None:
        lines = text.splitlines()
        if not 2 <= len(lines) <= 3:
            self.problems.append(f"not told in three lines: {text[-600:]}")

    def make_space(self) -> None:
        """The disk becomes large; the run is made use of."""
        mount_point = str(self.home / "runs")
        subprocess.run(["mount", "-o", "remount,size=1g", mount_point], check=True)
        folder = self.folder()
        if folder is None:
            self.terminal.run(*self.terminal.finetune())
        elif folder.state().state != "finished":
            self.terminal.run("finetune", "--resume", folder.id, "--quiet")
        elif not folder.has_bundle():
            self.terminal.run("export", folder.id, "--quiet")

    def judge(self, undisturbed: dict[str, Any]) -> None:
        folder = self.folder()
        if folder is None or folder.state().state != "finished":
            self.problems.append("could not be made use of")
            return
        found = outcome(folder.path)
        self.problems += [
            f"{name} differs: {found[name]}"[:400]
            for name in ("report", "bundle", "left behind")
            if found[name] != undisturbed[name]
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES_KB, metavar="KB")
    args = parser.parse_args()
    if INSIDE not in os.environ:
        namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-U", "-r", "-m"]
        command = [*namespace, sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, env={**os.environ, INSIDE: "1"}).returncode)
    began, good, ends, problems = time.monotonic(), 0, {}, {}
    with tempfile.TemporaryDirectory(prefix="full-disk-") as place:
        base = Path(place)
        cache, source = base / "cache", write_reviews(base / "train.tsv", 160)
        (base / "undisturbed").mkdir()
        terminal = Terminal(base / "undisturbed", cache, source)
        terminal.run(*terminal.finetune())
        (run,) = (base / "undisturbed" / "runs").iterdir()
        undisturbed = outcome(run)
        for kilobytes in args.sizes:
            trial = Trial(base / str(kilobytes), cache, source, kilobytes)
            ends[kilobytes] = trial.fill()
            try:
                trial.make_space()
                trial.judge(undisturbed)
            except (AssertionError, OSError) as error:
                trial.problems.append(str(error)[-600:])
            subprocess.run(["umount", str(trial.home / "runs")], check=True)
            good += not trial.problems
            if trial.problems:
                problems[kilobytes] = trial.problems
            print(kilobytes, ends[kilobytes], trial.problems or "ok", file=sys.stderr, flush=True)
    print(
        json.dumps(
            {
                "sizes_kb": list(args.sizes),
                "nothing_lost_and_usable": good,
                "ends": ends,
                "problems": problems,
                "seconds": round(time.monotonic() - began),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
