"""Mutated data files: no traceback, none over 20 s, and no silent wrong reading.

    python benchmarks/fuzz_data.py
    python benchmarks/fuzz_data.py --count 5000 --known 0 --seed 7
    python benchmarks/fuzz_data.py --count 0 --known 2000 --no-large

Three parts. ``--count`` files of odd content are written, prepared as a run does and reported on,
under a watchdog (``tests/odd_data.py``). Of ``--known`` files the right reading is known
(``tests/known_readings.py``): rows are made first, then written in some form; two in three keep all
rows and must be read as these, one in three had rows destroyed (cut, other bytes, lost characters,
saved twice, a lost line end), which must be refused, told, or leave the other rows right. What is
neither is listed as a silent wrong reading. Then files that are large in one way each are timed.
Prints one JSON line. Exit code 1 when one fell through, or more than 1 % of these are read wrong.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from known_readings import judge, known_files
from odd_data import File, files, read


def large() -> dict[str, File]:
    """Files that are large in one way."""
    labels = "".join(f"评论{n}\t{n}\n" for n in range(1_000_000))
    classes = "".join(f"评论{n}\t{n // 3}\n" for n in range(300_000))
    line = "很好\t1\n" + "好" * 33_000_000 + "\t0\n"
    wide = ",".join(f"c{n}" for n in range(100_000)) + "\n" + ",".join("1" * 100_000) + "\n"
    deep = "[" * 5_000_000
    marks = 'x",",z\n' * 200_000
    quoted = ('"很好","1"\n' * 300_000)[:-2]
    digits = '{"text": ' + "9" * 10_000_000 + "}\n"
    contents = {
        "a million labels": ("a.tsv", labels),
        "100,000 classes": ("a.tsv", classes),
        "a line of 100 MB": ("a.tsv", line),
        "100,000 columns": ("a.csv", wide),
        "nested 5,000,000 deep": ("a.json", deep),
        "nested objects a line": ("a.jsonl", '{"a":' * 1_000_000),
        "marks never closed": ("a.csv", marks),
        "the last mark not closed": ("a.csv", quoted),
        "a number of 10,000,000 digits": ("a.jsonl", digits),
    }
    return {
        kind: File(name, text.encode(), {"skip_bad": False}, kind)
        for kind, (name, text) in contents.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--known", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args()
    kinds: Counter[str] = Counter()
    wrong, slowest = 0, (0.0, "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files(args.seed, args.count):
            ending = read(file, folder)
            kinds[ending.kind] += 1
            slowest = max(slowest, (round(ending.seconds, 2), file.made))
            if ending.kind not in ("result", "error"):
                wrong += 1
                print(
                    f"{ending.kind}: {file.made} {file.options}\n{ending.detail}", file=sys.stderr
                )
        readings: Counter[str] = Counter()
        for known in known_files(args.seed, args.known):
            how, detail = judge(known, folder)
            readings[f"{'whole' if known.whole else 'damaged'} {how}"] += 1
            if how == "wrong":
                print(f"silent: {known.name} {known.made}: {detail}", file=sys.stderr)
        silent = readings["whole wrong"] + readings["damaged wrong"]
        took = {}
        for kind, file in large().items() if args.large else ():
            ending = read(file, folder)
            took[kind] = f"{ending.kind}, {ending.seconds:.1f} s"
            wrong += ending.kind not in ("result", "error")
            print(f"{kind}: {ending.kind} {ending.seconds:.1f} s {ending.detail}", file=sys.stderr)
    print(
        json.dumps(
            {
                "files": args.count,
                "seed": args.seed,
                "endings": dict(kinds),
                "tracebacks": kinds["traceback"],
                "hangs": kinds["hang"],
                "slowest_s": slowest[0],
                "slowest": slowest[1],
                "known": dict(sorted(readings.items())),
                "silent_wrong": silent,
                "large": took,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            ensure_ascii=False,
        )
    )
    return 1 if wrong or silent > 0.01 * args.known else 0


if __name__ == "__main__":
    sys.exit(main())
