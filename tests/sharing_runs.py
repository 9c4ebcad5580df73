"""One of several processes that do what people do with the same runs: ``python sharing_runs.py``.

It lists, shows, compares, resumes, exports, removes and copies runs at random for some seconds, in
the home that the environment names, and prints one JSON object: what it did, what it was refused
and by which code, and every error that is no plain refusal.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import shutil
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from paddle_lab.commands import Context
from paddle_lab.commands.catalog import COMMANDS
from paddle_lab.errors import PaddleLabError
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import Registry, RunFolder

#: How often each is done, in a hundred.
SHARES: Final = {"list": 25, "show": 15, "compare": 10, "resume": 15, "export": 10, "rm": 13,
                 "copy": 12}  # fmt: skip
#: What one is told when somebody else was quicker: each names what became of the run.
SOMEBODY_ELSE: Final = (
    "run.active", "run.finished", "run.gone", "run.not_found", "run.unreadable",
)  # fmt: skip


def call(*words: str) -> None:
    """``paddle-lab WORDS``, whose errors are raised."""
    command = next(command for command in COMMANDS if command.cli == words[0])
    args = command.build_parser(f"paddle-lab {words[0]}").parse_args(list(words[1:]))
    command.execute(args, Context())


def copy_of(template: Path, root: Path) -> None:
    """One more run like the template."""
    name = secrets.token_hex(4)
    making, path = root / f".making-{name}", root / f"copy-{name}"
    shutil.copytree(template, making, ignore=shutil.ignore_patterns(".reserve"))
    info = json.loads((making / "run.json").read_text(encoding="utf-8"))
    atomic_write_json(making / "run.json", {**info, "id": name, "created": time.time()})
    making.rename(path)
    Registry().add(RunFolder(path))


def do(what: str, chance: random.Random, template: Path, root: Path) -> None:
    """One thing that a person does with the runs that are listed now."""
    runs = [ref.id for ref in Registry().list()]
    if what == "copy" or len(runs) < 3:
        if len(runs) < 10:
            copy_of(template, root)
        return
    one, other = chance.sample(runs, 2)
    words = {
        "list": ["runs", "list"],
        "show": ["runs", "show", one],
        "compare": ["runs", "compare", one, other],
        "resume": ["finetune", "--resume", one, "--quiet"],
        "export": ["export", one],
        "rm": ["runs", "rm", one, "--yes"],
    }[what]
    call(*words)


def main() -> None:
    """Do things at random until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    errors: list[Any] = []
    deadline = time.monotonic() + args.seconds
    while time.monotonic() < deadline:
        (what,) = chance.choices(list(SHARES), list(SHARES.values()))
        try:
            do(what, chance, args.template, args.root)
            done[what] += 1
        except PaddleLabError as error:
            refused[f"{what}: {error.code}"] += 1
            if error.code not in SOMEBODY_ELSE:
                errors.append([what, error.code, str(error), traceback.format_exc()[-1500:]])
        except Exception:
            errors.append([what, traceback.format_exc()[-1500:]])
    print(json.dumps({"done": done, "refused": refused, "errors": errors}, ensure_ascii=False))


def inconsistencies(home: Path) -> list[str]:
    """What is left behind when nobody is at work: entries, hidden folders, halves, live runs."""
    from paddle_lab.bundle.manifest import load_manifest
    from paddle_lab.training.checkpoint import read_checkpoint

    found = [f"hidden: {path}" for path in home.rglob(".*") if path.parent.name != "template"]
    registry = Registry(home / "data" / "runs")
    entries = {path.stem for path in registry.root.glob("*.json")}
    folders = set((home / "runs").iterdir())
    listed = registry.list()
    if entries != {ref.id for ref in listed} or folders != {ref.folder.path for ref in listed}:
        found.append(f"entries {entries}, folders {folders}")
    for ref in listed:
        if ref.folder.state().live:
            found.append(f"{ref.folder.path.name} is {ref.folder.state().state}")
        looks = [(path, read_checkpoint) for path in ref.folder.checkpoints.glob("step-*")]
        if ref.folder.bundle.exists():
            looks.append((ref.folder.bundle, load_manifest))  # type: ignore[arg-type]
        for path, look in looks:
            try:
                look(path)
            except Exception as error:
                found.append(f"{path}: {error}")
    return found


if __name__ == "__main__":
    main()
