"""Reading a million rows beside pandas, and what preparing them costs: seconds and memory.

    python benchmarks/data_reading.py
    python benchmarks/data_reading.py --rows 100000 --rounds 1 --json data_reading.json

The rows are made up, 20 to 80 Chinese characters each, five classes. Three arms, each in a fresh
process, so that its peak of memory is its own; rounds go through arms and formats in turn:

* pandas: ``pandas.read_csv(path, sep=..., header=None, dtype=str, keep_default_na=False)`` (JSON
  lines: ``read_json(lines=True, dtype=str)``): cells of text and nothing else;
* read: ``paddle_lab.data.read``: encoding, separator, quoting and header told from the content,
  texts and labels by column, empty ones named by line, SHA-256 of the file, lines of the rows; none
  of the checks;
* prepare: reading, split and all checks, as a run does.

Seconds are of the processor, without importing; the clock's stand in the JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

CHARACTERS = "这家酒店的位置很好离地铁站只有五分钟早餐也不错但是房间太小了隔音差服务态度一般"
_PANDAS: Final = """
import pandas
def work(path):
    if path.endswith("jsonl"):
        return len(pandas.read_json(path, lines=True, dtype=str))
    sep = "\\t" if path.endswith("tsv") else ","
    return len(pandas.read_csv(path, sep=sep, header=None, dtype=str, keep_default_na=False))
"""
_READ: Final = """
from paddle_lab.data import read
from paddle_lab.tasks import get_task
task = get_task("classify")
def work(path):
    return len(read(task, path))
"""
_PREPARE: Final = """
from paddle_lab.data import prepare
from paddle_lab.tasks import get_task
task = get_task("classify")
def work(path):
    prepared = prepare(task, path)
    return len(prepared.train) + len(prepared.dev)
"""
FORMATS: Final = ("tsv", "quoted csv", "jsonl")
ARMS: Final = {"pandas": _PANDAS, "read": _READ, "prepare": _PREPARE}
MEASURE: Final = """
import json, resource, sys, time
unit = 1 if sys.platform == "darwin" else 1024
start, clock = time.process_time(), time.perf_counter()
rows = work(sys.argv[1])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": time.process_time() - start, "clock_s": time.perf_counter() - clock,
                  "rows": rows, "peak_mb": peak * unit / 2**20}))
"""


def write(folder: Path, rows: int) -> dict[str, Path]:
    """The same rows in each format."""
    chance = random.Random(1)
    texts = ["".join(chance.choices(CHARACTERS, k=chance.randint(20, 80))) for _ in range(rows)]
    lines = {
        "tsv": (f"{text}\t{n % 5}" for n, text in enumerate(texts)),
        "quoted csv": (f'"{text},他说""好""",{n % 5}' for n, text in enumerate(texts)),
        "jsonl": (
            json.dumps({"text": text, "label": n % 5}, ensure_ascii=False)
            for n, text in enumerate(texts)
        ),
    }
    files = {}
    for name, made in lines.items():
        files[name] = folder / f"rows.{name.split()[-1]}"
        with files[name].open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in made)
    return files


def measure(arm: str, path: Path) -> dict[str, float]:
    """One arm in a process of its own."""
    command = [sys.executable, "-c", ARMS[arm] + MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), args.rows)
        for _ in range(args.rounds):
            for name in args.formats:
                for arm in args.arms:
                    one = measure(arm, files[name])
                    if one["rows"] != args.rows:
                        raise SystemExit(f"{arm} read {one['rows']} rows of {name}")
                    found.setdefault(name, {}).setdefault(arm, []).append(one)
        sizes = {name: path.stat().st_size / 2**20 for name, path in files.items()}
    for name, arms in found.items():
        for arm, measured in arms.items():
            seconds = [one["seconds"] for one in measured]
            print(
                f"{name:<10} {sizes[name]:6.0f} MB  {arm:<8} {statistics.median(seconds):6.1f} s "
                f"({min(seconds):.1f} to {max(seconds):.1f})  "
                f"peak {max(one['peak_mb'] for one in measured):,.0f} MB{_beside(arms, arm)}"
            )
    if args.json:
        args.json.write_text(json.dumps({"rows": args.rows, "measured": found}, indent=2))


def _beside(arms: dict[str, list[dict[str, float]]], arm: str) -> str:
    """How an arm stands beside pandas, round by round."""
    if arm == "pandas" or "pandas" not in arms:
        return ""
    pairs = list(zip(arms[arm], arms["pandas"], strict=True))
    times = statistics.median(own["seconds"] / other["seconds"] for own, other in pairs)
    memory = statistics.median(own["peak_mb"] / other["peak_mb"] for own, other in pairs)
    return f"  {times:.2f} x the time, {memory:.2f} x the memory of pandas"


if __name__ == "__main__":
    main()
