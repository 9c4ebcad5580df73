"""How fast the doctor's page is, and how often it is right: ``python benchmarks/doctor.py``.

Speed: the page in a fresh process and warm, the key of the state, what is remembered of the
imports, the trial of the imports and the full check, interleaved with what the page avoids,
`import paddle` in a fresh process; medians with the spread, and the processor's seconds, which a
busy machine changes less. Rightness: the reported failures, the rules' own examples,
ordinary errors that are none of its business, and the healthy sheets; and how many rules there are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "environment"
# Neither this folder nor the checkout comes before the packages: they would hide some.
sys.path[0] = ""
sys.path.append(str(ROOT))

from paddle_lab.environment import (
    all_findings,
    collect,
    explain,
    read_facts,
    run_check,
    try_imports,
)
from paddle_lab.environment.imports.cache import recall
from paddle_lab.environment.imports.state import state_key
from paddle_lab.environment.imports.verdict import imports_work
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
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def command(cache: str | None = None) -> None:
    """What a person types; ``cache``: an empty folder, as on the first day."""
    environ = {**os.environ, **({"PADDLE_LAB_CACHE_DIR": cache} if cache else {})}
    code = "import sys; from paddle_lab.cli import main; sys.exit(main(['env']))"
    subprocess.run([sys.executable, "-c", code], capture_output=True, env=environ)


def first_command() -> None:
    with tempfile.TemporaryDirectory() as cache:
        command(cache)


def key() -> None:
    state_key()


def trial() -> None:
    assert imports_work({"imports": try_imports()})


def full_check() -> None:
    assert run_check()["ok"]


def remembered() -> None:
    assert recall(state_key())


def used() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def seconds(action: Callable[[], None]) -> tuple[float, float]:
    """By the clock, and of the processor."""
    started, before = time.perf_counter(), used()
    action()
    return time.perf_counter() - started, used() - before


def speed(rounds: int) -> None:
    actions: dict[str, Callable[[], None]] = {
        "trial of the imports": trial,
        "full check: imports, a training step, an inference": full_check,
        "key of the state": key,
        "what is remembered of the imports": remembered,
        "page, warm": warm_page,
        "page, fresh process": lambda: fresh(FRESH_PAGE),
        "paddle-lab env": command,
        "paddle-lab env, the first in an environment": first_command,
        "import paddle, fresh process": lambda: fresh("import paddle"),
    }
    warm_page()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(seconds(action))
    print(f"| what | median s | min - max s | processor s |  ({rounds} rounds, interleaved)")
    print("| --- | --- | --- | --- |")
    for name, values in times.items():
        clock, processor = ([value[part] for value in values] for part in (0, 1))
        spread = f"{min(clock):.2f} - {max(clock):.2f}"
        middle, busy = statistics.median(clock), statistics.median(processor)
        print(f"| {name} | {middle:.2f} | {spread} | {busy:.2f} |")


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
    parser.add_argument("--speed", action="store_true", help="speed alone")
    options = parser.parse_args()
    if not options.speed:
        rightness()
    with tempfile.TemporaryDirectory() as folder:  # as a person's
        os.chdir(folder)
        for name in ("train.py", "model.py"):  # nor does any of these
            Path(name).touch()
        speed(options.rounds)
        os.chdir(ROOT)


if __name__ == "__main__":
    main()
