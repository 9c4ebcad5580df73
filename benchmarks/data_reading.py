"""What reading, splitting and checking cost: processor seconds and memory for many rows.

    python benchmarks/data_reading.py
    python benchmarks/data_reading.py --rows 100000 --json data_reading.json

The rows are made up, 20 to 80 Chinese characters each, five classes. Each format is read in a
process of its own, so that its peak of memory is its own; rounds go through the formats in turn.
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

CHARACTERS = "这家酒店的位置很好离地铁站只有五分钟早餐也不错但是房间太小了隔音差服务态度一般"
MEASURE = """
import json, resource, sys, time
from paddle_lab.data import prepare
from paddle_lab.tasks import get_task
unit = 1 if sys.platform == "darwin" else 1024
start = time.process_time()
rows = len(prepare(get_task("classify"), sys.argv[1]).train)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": time.process_time() - start, "rows": rows,
                  "peak_mb": peak * unit / 2**20}))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), args.rows)
        for _ in range(args.rounds):
            for name, path in files.items():
                command = [sys.executable, "-c", MEASURE, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found.setdefault(name, []).append(json.loads(done.stdout))
        sizes = {name: path.stat().st_size / 2**20 for name, path in files.items()}
    for name, measured in found.items():
        seconds = [one["seconds"] for one in measured]
        print(
            f"{name:<10} {sizes[name]:6.0f} MB  {statistics.median(seconds):6.1f} s of one core "
            f"({min(seconds):.1f} to {max(seconds):.1f})  "
            f"peak {max(one['peak_mb'] for one in measured):,.0f} MB"
        )
    if args.json:
        args.json.write_text(json.dumps({"rows": args.rows, "measured": found}, indent=2))


if __name__ == "__main__":
    main()
