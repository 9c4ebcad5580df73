"""How fast the doctor's page is, and how often it is right: ``python benchmarks/doctor.py``.

Speed: the page in a fresh process and warm, interleaved with what it avoids, `import paddle` in a
fresh process; medians with the spread. Rightness: the reported failures, the rules' own examples,
ordinary errors that are none of its business, and the healthy sheets; and how many rules there are.
"""

from __future__ import annotations

import argparse
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
from paddle_lab.environment.rules import load_rules
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


def rightness() -> None:
    healthy = read_facts(TESTS / "sheets" / "cpu-linux.json")
    expected = tomllib.loads((TESTS / "known_failures.toml").read_text("utf-8"))
    right = sum(top(case["text"], healthy) in _rules(case) for case in expected.values())
    print(f"reported failures: {right} of {len(expected)}")
    rules = load_rules()
    judged = sum(not rule.no_fact for rule in rules)
    print(f"rules: {len(rules)}, of which facts confirm or refute {judged}")
    texts = [(rule.id, text) for rule in rules for text in rule.examples]
    right = sum(top(text, healthy) == name for name, text in texts)
    print(f"examples of the rules: {right} of {len(texts)}")
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
