"""How fast the doctor's page is, and how often it is right: ``python benchmarks/doctor.py``.

Speed: the page in a fresh process and warm, interleaved with what it avoids, `import paddle` in a
fresh process; medians with the spread. Rightness: the reported failures, the variants, the threads
of public trackers, the fresh batches (first finding, and the cause and fix it must name), ordinary
errors that are none of its business, and the healthy sheets.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "environment"
sys.path.insert(0, str(ROOT))

from paddle_lab.environment import all_findings, collect, explain, read_facts
from paddle_lab.environment.page import html_page
from paddle_lab.environment.tables import tomllib

FRESH_PAGE = (
    "from paddle_lab.environment import collect, all_findings;"
    "from paddle_lab.environment.page import html_page;"
    "f = collect(); html_page(f, all_findings(f));"
    "import sys; assert 'paddle' not in sys.modules"
)


def warm_page() -> None:
    facts = collect()
    html_page(facts, all_findings(facts))


def fresh(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def seconds(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def speed(rounds: int) -> None:
    actions: dict[str, Callable[[], None]] = {
        "page, warm": warm_page,
        "page, fresh process": lambda: fresh(FRESH_PAGE),
        "import paddle, fresh process": lambda: fresh("import paddle"),
    }
    warm_page()
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(seconds(action))
    base = statistics.median(times["import paddle, fresh process"])
    print(f"| what | median s | min - max s | x import paddle |  ({rounds} rounds, interleaved)")
    print("| --- | --- | --- | --- |")
    for name, values in times.items():
        middle = statistics.median(values)
        spread = f"{min(values):.2f} - {max(values):.2f}"
        print(f"| {name} | {middle:.2f} | {spread} | {middle / base:.2f} |")


def top(text: str, facts: dict[str, Any]) -> str | None:
    found = explain(text, facts).findings
    return found[0].id if found else None


def names_cause_and_fix(case: dict[str, Any], facts: dict[str, Any]) -> bool:
    found = explain(case["text"], facts).findings
    if not found or found[0].id not in case["expect"]:
        return False
    first = found[0]
    fix = "\n".join((first.cause.in_language("en"), first.fix.in_language("en"), *first.commands))
    cause = first.title.in_language("en") + "\n" + fix
    flags = re.IGNORECASE | re.DOTALL
    return bool(re.search(case["cause"], cause, flags) and re.search(case["fix"], fix, flags))


def rightness() -> None:
    healthy = read_facts(TESTS / "sheets" / "cpu-linux.json")
    expected = tomllib.loads((TESTS / "known_failures.toml").read_text("utf-8"))
    right = sum(top(case["text"], healthy) in _rules(case) for case in expected.values())
    print(f"reported failures: {right} of {len(expected)}")
    for name in ("variants", "issues", "complaints"):
        cases = tomllib.loads((TESTS / f"{name}.toml").read_text("utf-8"))["case"]
        right = sum(top(case["text"], healthy) in case["expect"] for case in cases)
        print(f"{name}: {right} of {len(cases)}")
    fresh_cases = tomllib.loads((TESTS / "fresh.toml").read_text("utf-8"))["case"]
    for batch in sorted({case["batch"] for case in fresh_cases}):
        cases = [case for case in fresh_cases if case["batch"] == batch]
        right = sum(names_cause_and_fix(case, healthy) for case in cases)
        print(f"fresh batch {batch}: {right} of {len(cases)}")
    unrelated = tomllib.loads((TESTS / "unrelated.toml").read_text("utf-8"))["texts"]
    answered = [found for text in unrelated if (found := top(text, healthy))]
    print(f"unrelated texts answered: {len(answered)} of {len(unrelated)} {answered}")
    sheets = sorted((TESTS / "sheets").glob("*.json"))
    false = [
        (sheet.stem, finding.id)
        for sheet in sheets
        for finding in all_findings(read_facts(sheet))
        if finding.severity == "error"
    ]
    print(f"false findings of severity error on {len(sheets)} healthy sheets: {len(false)} {false}")


def _rules(expectation: dict[str, Any]) -> list[str]:
    rule = expectation["rule"]
    return [rule] if isinstance(rule, str) else list(rule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    rightness()
    speed(rounds)


if __name__ == "__main__":
    main()
