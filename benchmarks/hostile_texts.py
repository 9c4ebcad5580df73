"""What the doctor spends on texts made against its patterns: processor seconds.

    python benchmarks/hostile_texts.py
    python benchmarks/hostile_texts.py --every 10

Each pattern of the rules is tried on texts of 80,000 characters made for it, alone; then whole
explanations of such texts, of repeated units and of 5 MB are timed. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from hostile_texts import SIZE, UNITS, attacks, rule_patterns

from paddle_lab.environment import explain
from paddle_lab.environment.matching import Searcher, TooCostly


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take each n-th pattern only")
    args = parser.parse_args()
    patterns = rule_patterns()[:: args.every]
    explain("warm", {})
    alone, given_up, tried = (0.0, ""), set(), 0
    hardest: list[tuple[float, str]] = []
    for pattern in patterns:
        for text in attacks(pattern):
            tried += 1
            searcher = Searcher(text)
            started = time.thread_time()
            try:
                searcher.search(pattern)
            except TooCostly:
                given_up.add(pattern.pattern)
            spent = time.thread_time() - started
            alone = max(alone, (spent, pattern.pattern))
            hardest = sorted([*hardest, (spent, text)], reverse=True)[:40]
    whole = max(timed(text) for _, text in hardest)
    mixed = timed("\n".join(text[: SIZE // 40] for _, text in hardest))
    units = max(timed((unit * SIZE)[:SIZE]) for unit in UNITS)
    large = max(timed((unit * 5_000_000)[:5_000_000]) for unit in UNITS)
    print(
        json.dumps(
            {
                "patterns": len(patterns),
                "texts": tried,
                "patterns_given_up": len(given_up),
                "one_pattern_s": round(alone[0], 3),
                "hardest_pattern": alone[1][:120],
                "explain_hardest_s": round(whole, 2),
                "explain_mixed_s": round(mixed, 2),
                "explain_units_s": round(units, 2),
                "explain_5_mb_s": round(large, 2),
            },
            ensure_ascii=False,
        )
    )


def timed(text: str) -> float:
    started = time.thread_time()
    explain(text, {})
    return time.thread_time() - started


if __name__ == "__main__":
    main()
