"""Rows of a file a second: one process, several, and Ray Data on one and on two nodes.

    pip install "paddle-lab-serve[onnx,ray]" "ray[data]"      # or cpu in place of onnx
    python benchmarks/ray_files.py --bundle runs/trial-1a2b3c4d/bundle
    python benchmarks/ray_files.py --bundle BUNDLE --runtime onnx --rows 6000 --rounds 3 --json

Makes a table with texts of many lengths and answers it by `paddle-lab predict --file`, by turns: by
one process, `--workers 2`, and `--ray` on clusters of this machine with one node and with two, of
one core each as Ray counts them. Seconds are those of the whole command, the beginning of Python
and of Ray's processes among them; of each arm the middle, the lowest and the highest. At last a
node of two is killed as soon as rows were written. Ray gives its processes a low priority: on a
machine that is busy with other work only `RAY_worker_niceness=0` compares like with like. The files
are compared with that of one process: `differ` counts rows with another label, `off` is the largest
difference of a probability. On a machine with two cores Ray cannot be faster than `--workers 2`:
what it does is shown, not a gain.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHARS = "质量很好推荐太差了不会再买一般物流快包装客服态度也错下次还来 xyz，。！😀"
SLOW_S = 120.0


def write_rows(path: Path, count: int) -> None:
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for number in range(count):
            length = 0 if number % 97 == 0 else chance.randrange(1, 100)
            writer.writerow([number, "".join(chance.choices(CHARS, k=length))])


def asked(
    bundle: Path, rows: Path, out: Path, words: list[str], meanwhile: Callable[[], None]
) -> float:
    """Seconds of the command."""
    line = [sys.executable, "-m", "paddle_lab.cli", "predict", str(bundle), "--file", str(rows)]
    begun = time.monotonic()
    process = subprocess.Popen(
        [*line, "--out", str(out), "--force", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    meanwhile()
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(said.decode()[-3000:])
    return time.monotonic() - begun


def begun(work: Path) -> int:
    """Bytes of the file that is being written, 0 before it has some."""
    return sum(path.stat().st_size for path in work.glob(".*.part"))


def answers(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def compared(one: Path, other: Path) -> dict[str, Any]:
    """How many rows have another answer, and how far probabilities are off."""
    differ, off = 0, 0.0
    for mine, theirs in zip(answers(one), answers(other), strict=True):
        near = abs(float(mine["probability"] or 0) - float(theirs["probability"] or 0))
        off = max(off, near)
        drop = ("probability",)
        differ += any(mine[key] != theirs[key] for key in mine if key not in drop)
    return {"differ": differ, "off": off}


def measured(bundle: Path, runtime: str | None, rows: int, rounds: int, work: Path) -> Any:
    from ray.cluster_utils import Cluster

    table, how = work / "rows.csv", ["--runtime", runtime] if runtime else []
    write_rows(table, rows)
    one, two = (
        Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        for _ in range(2)
    )
    second = two.add_node(num_cpus=1)
    arms = {
        "one process": [],
        "--workers 2": ["--workers", "2"],
        "--ray, one node": ["--ray", one.address],
        "--ray, two nodes": ["--ray", two.address],
    }
    took: dict[str, list[float]] = {name: [] for name in arms}
    found: dict[str, Any] = {"rows": rows, "rounds": rounds}
    try:
        for _ in range(rounds):
            for name, words in arms.items():
                out = work / f"{name}.csv"
                took[name].append(asked(bundle, table, out, [*how, *words], lambda: None))

        def kill() -> None:
            ends = time.monotonic() + SLOW_S
            while not begun(work) and time.monotonic() < ends:
                time.sleep(0.1)
            found["killed at a share"] = round(begun(work) / out.stat().st_size, 2)
            two.remove_node(second, allow_graceful=False)

        out = work / "killed.csv"
        shutil.copyfile(work / "one process.csv", out)  # it is written over at the end
        seconds = asked(bundle, table, out, [*how, "--ray", two.address], kill)
        found["a node killed"] = {"seconds": round(seconds, 1)}
        found["a node killed"] |= compared(work / "one process.csv", out)
    finally:
        one.shutdown()
        two.shutdown()
    for name, all_ in took.items():
        found[name] = {
            "seconds": round(statistics.median(all_), 1),
            "lowest": round(min(all_), 1),
            "highest": round(max(all_), 1),
            "rows_a_second": round(rows / statistics.median(all_)),
            **compared(work / "one process.csv", work / f"{name}.csv"),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--runtime", help="otherwise the one that the bundle names")
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("PADDLE_LAB_LANG", "en")
    with tempfile.TemporaryDirectory() as work:
        found = measured(args.bundle, args.runtime, args.rows, args.rounds, Path(work))
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        several = value.items() if isinstance(value, dict) else [("", value)]
        print(f"{name}:", ", ".join(f"{key} {one}".strip() for key, one in several))


if __name__ == "__main__":
    main()
