"""The environment that only predicts beside the full one: megabytes, and the first answer cold.

    python benchmarks/serving_environment.py [--keep FOLDER] [--bundle BUNDLE]

Builds both wheels from this tree, installs each with Paddle for the CPU into an environment of its
own (by uv, with compiled modules, as pip leaves them), trains a small bundle in the full one unless
one is given, and asks it in new processes of the lean one. Needs the package registry and about
6 GB of disk; the tree must have its front end built.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from serving_wheel import serving_wheel

TIMES: Final = 5
MOST_SHARE: Final = 0.6
MOST_SECONDS: Final = 5.0
ASK: Final = """
import json, sys, time
started = time.perf_counter()
import paddle_lab
predictor = paddle_lab.load_bundle(sys.argv[1], device="cpu")
label = predictor.predict("质量很好，推荐！")[0].label
wall = time.perf_counter() - started
heavy = ("jupyterlab", "ipywidgets", "paddlenlp", "matplotlib", "pandas", "sklearn")
print(json.dumps([wall, time.process_time(), label, [m for m in heavy if m in sys.modules]]))
"""


def run(*words: str | Path, **how: object) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, **how)  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"{words[0]} failed: {done.stderr[-2000:]}")
    return str(done.stdout)


def build_wheel(out: Path) -> Path:
    """The wheel of this tree, made by the standard hook."""
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    run(sys.executable, "-c", code, cwd=ROOT)
    return next(out.glob("paddle_lab-*.whl"))


def environment(uv: str, folder: Path, requirement: str) -> Path:
    """A new environment with one requirement; its python."""
    run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, requirement)
    return python


def megabytes(folder: Path) -> float:
    """What the files below a folder take, each counted once."""
    seen = {(s.st_dev, s.st_ino): s.st_size for path in folder.rglob("*")
            if not path.is_dir() for s in [path.lstat()]}  # fmt: skip
    return sum(seen.values()) / 1e6


def small_bundle(python: Path, folder: Path) -> Path:
    """A bundle trained in the full environment."""
    home = {**os.environ, "PADDLE_LAB_DATA_DIR": str(folder / "data")}
    words = ["finetune", "reviews", "--limit", "64", "--epochs", "1", "--max-len", "32"]
    run(python, "-m", "paddle_lab.cli", *words, "--no-baseline", cwd=folder, env=home)
    return next((folder / "paddle_runs").iterdir()) / "bundle"


def main() -> int:
    """Build, install, ask, print; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--keep", type=Path, help="make the environments here and leave them")
    parser.add_argument("--bundle", type=Path, help="ask this bundle, and train none")
    parser.add_argument("--uv", default="uv", help="the uv to install with")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = (args.keep or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        wheel = build_wheel(work)
        lean_wheel = serving_wheel(wheel, work)
        lean = environment(args.uv, work / "lean", f"{lean_wheel}[cpu]")
        full = environment(args.uv, work / "full", f"{wheel}[cpu]")
        bundle = args.bundle.absolute() if args.bundle else small_bundle(full, work)
        sizes = {name: megabytes(work / name) for name in ("lean", "full")}
        asked = [json.loads(run(lean, "-c", ASK, bundle, cwd=work)) for _ in range(TIMES)]
    share = sizes["lean"] / sizes["full"]
    walls = sorted(wall for wall, *_ in asked)
    print(f"lean {sizes['lean']:.0f} MB, full {sizes['full']:.0f} MB: {share:.2f} of it")
    print("first answer of a new process, seconds:", ", ".join(f"{wall:.1f}" for wall in walls))
    print("processor time of them, seconds:", ", ".join(f"{cpu:.1f}" for _, cpu, *_ in asked))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("imported of what serving does not need:", asked[0][3] or "nothing")
    reached = share <= MOST_SHARE and walls[len(walls) // 2] <= MOST_SECONDS and not asked[0][3]
    print("reached" if reached else "not reached")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
