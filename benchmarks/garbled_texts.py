"""Whether garbled texts are suspected, and whole ones are not: rows of each kind, by file.

    python benchmarks/garbled_texts.py reviews people shared/data/*/*

Reads each file or sample line by line as texts, counts the rows that are told as garbled, and then
damages the same rows in each way and counts how many of them are found. Rows of fewer than four
Chinese characters are not damaged. Prints one line for each file and a JSON line.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from paddle_lab.data import Dataset
from paddle_lab.data.garbled import garbled
from paddle_lab.data.samples import read_sample, sample_names, sample_task
from paddle_lab.tasks import get_task

KINDS = ("U+FFFD", "UTF-8 read as latin-1", "UTF-8 read as GBK", "GBK read as latin-1",
         "question marks", "uXXXX", "HTML entities", "Big5 read as GB18030")  # fmt: skip
DAMAGE: dict[str, Callable[[str], str]] = {
    "U+FFFD": lambda text: text.encode("gb18030").decode("utf-8", "replace"),
    "UTF-8 read as latin-1": lambda text: text.encode().decode("latin-1"),
    "UTF-8 read as GBK": lambda text: text.encode().decode("gbk", "replace"),
    "GBK read as latin-1": lambda text: text.encode("gbk", "ignore").decode("latin-1"),
    "question marks": lambda text: text.encode("ascii", "replace").decode(),
    "uXXXX": lambda text: json.dumps(text)[1:-1],
    "HTML entities": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
}
CHINESE = re.compile("[\u4e00-\u9fff]")


def found(texts: list[str]) -> dict[str, int]:
    """Rows told as garbled, by kind."""
    part = Dataset.of_texts("x", texts, ["0"] * len(texts), [*range(1, len(texts) + 1)])
    told = [text.in_language("en") for text in garbled(get_task("classify"), {"train": part})]
    return {
        kind: int(text.split()[0]) for text in told for kind in KINDS if kind in text.split(":")[0]
    }


def texts_of(source: str) -> list[str]:
    """All rows of a sample, or lines of a file."""
    if source in sample_names():
        parts = read_sample(source, get_task(sample_task(source) or "classify"))
        return [str(v) for part in parts.values() for vs in part.given.values() for v in vs]
    return Path(source).read_text(encoding="utf-8", errors="replace").split("\n")


def sources(given: list[str]) -> Iterator[str]:
    for one in given:
        if Path(one).is_dir():
            yield from (str(path) for path in sorted(Path(one).rglob("*")) if path.is_file())
        else:
            yield one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="+")
    args = parser.parse_args()
    rows, told = 0, dict.fromkeys(KINDS, 0)
    damaged, seen = dict.fromkeys(DAMAGE, 0), dict.fromkeys(DAMAGE, 0)
    for source in sources(args.source):
        texts = texts_of(source)
        counts = found(texts)
        rows += len(texts)
        for kind, count in counts.items():
            told[kind] += count
        print(f"{source[-60:]:60} {len(texts):7} rows  {counts or ''}")
        whole = [text for text in texts if len(CHINESE.findall(text)) >= 4][:2000]
        for kind, damage in DAMAGE.items():
            broken = [damage(text) for text in whole]
            damaged[kind] += len(broken)
            seen[kind] += found(broken).get(kind, 0) if broken else 0
    shares = {kind: round(seen[kind] / max(1, damaged[kind]), 4) for kind in DAMAGE}
    print(json.dumps({"rows": rows, "told": told, "damaged_found": shares}, ensure_ascii=False))


if __name__ == "__main__":
    main()
