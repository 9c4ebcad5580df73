"""What each runtime of a bundle costs and gains: size, outputs, answers, metric, processor time.

    python benchmarks/runtimes.py                 # ernie-lab-mini, 2,000 reviews
    python benchmarks/runtimes.py --model m3e-small --rounds 3
    python benchmarks/runtimes.py --run last                       # a run that there is

Trains (unless a run is named), adds every runtime as ``%ernie_export RUN --runtime auto`` does,
makes the small bundle of ``--small``, and starts a fresh process for each of them and each round,
in turn. Such a process says what loading took, what it holds in memory, and the processor's
milliseconds a text, one by one and in batches of 8 of like length, tokenising included, on
``--threads`` threads. Medians with the range over the rounds; the factor is Paddle's median by this
one's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ONE = """
import json, re, sys, time
begun = time.process_time()
from pathlib import Path
from paddle_lab.bundle import load_bundle
folder, runtime, threads, texts = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
texts = json.loads(Path(texts).read_text(encoding="utf-8"))
predictor = load_bundle(folder, runtime=runtime, device="cpu", threads=threads)
predictor.predict(texts[:1])
cold = time.process_time() - begun
# Not ru_maxrss: that of a child begins with what its parent held.
held = int(re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024
found = {"cold_s": cold, "resident_mb": held}
for name, size in (("alone_ms", 1), ("batched_ms", 8)):
    predictor.predict(texts[:32], batch_size=size)
    begun = time.process_time()
    if size == 1:
        for text in texts:
            predictor.predict([text])
    else:
        predictor.predict(texts, batch_size=size)
    found[name] = 1e3 * (time.process_time() - begun) / len(texts)
print("FOUND " + json.dumps(found))
"""


def main() -> None:
    """Train, add, measure, print."""
    given = parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("PADDLE_LAB_DATA_DIR", folder)
        command = [sys.executable, "-m", "paddle_lab.cli"]
        if given.run is None:
            options = ["--model", given.model, "--epochs", "2", "--no-baseline", "--out", folder]
            train = [*command, "finetune", "reviews", "--limit", str(given.rows), *options]
            subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
        add = [*command, "export", given.run or "last", "--runtime", "auto"]
        add += ["--max-drop", "100", "--json"]  # judged by whoever reads the table
        added = json.loads(subprocess.run(add, check=True, capture_output=True, text=True).stdout)
        small = [*command, "export", given.run or "last", "--small", "--out", f"{folder}/small"]
        small += ["--max-drop", "100", "--json"]
        steps = json.loads(subprocess.run(small, check=True, capture_output=True, text=True).stdout)
        proofs = [*added["runtimes"], *steps["steps"][2:]]  # what comes with the small one alone
        texts = Path(folder, "texts.json")
        texts.write_text(json.dumps(reviews(given.texts), ensure_ascii=False), encoding="utf-8")
        rounds = [
            {
                name: one(bundle, runtime, given.threads, texts)
                for name, bundle, runtime in (
                    *((name, added["bundle"], name) for name in kept(added["runtimes"])),
                    (steps["steps"][-1]["runtime"], steps["bundle"], "onnx-int8"),
                )
            }
            for _ in range(given.rounds)
        ]
    print(table(proofs, rounds))
    before, after = steps["words"]
    then, now = steps["unknown"]
    print(f"words {before} -> {after}; unknown tokens {then:.2%} -> {now:.2%}")


def kept(proofs: list[dict[str, Any]]) -> list[str]:
    """The runtimes that are in the bundle."""
    return [proof["runtime"] for proof in proofs if proof["why_not"] is None]


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--model", default="ernie-lab-mini", help="a model's name or folder")
    made.add_argument("--rows", type=int, default=2000, help="reviews to train on")
    made.add_argument("--run", help="a finished run, in place of a training")
    made.add_argument("--texts", type=int, default=300, help="reviews that are timed")
    made.add_argument("--rounds", type=int, default=5, help="processes for each runtime")
    made.add_argument("--threads", type=int, default=1, help="threads of each")
    return made


def reviews(count: int) -> list[str]:
    """Texts of the sample's test part."""
    from paddle_lab.data import prepare
    from paddle_lab.tasks import get_task

    test = prepare(get_task("classify"), "reviews", limit=100).test
    assert test is not None
    return list(test.texts[:count])


def one(bundle: str, runtime: str, threads: int, texts: Path) -> dict[str, float]:
    """What a fresh process found."""
    command = [sys.executable, "-c", ONE, bundle, runtime, str(threads), str(texts)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("FOUND "))
    return dict(json.loads(line.removeprefix("FOUND ")))


def table(proofs: list[dict[str, Any]], rounds: list[dict[str, dict[str, float]]]) -> str:
    """The figures as Markdown."""
    names = ("cold_s", "resident_mb", "alone_ms", "batched_ms")
    lines = [
        "| runtime | MB | largest difference | same answers | metric | cold start, CPU s | resident"
        " MB | CPU ms a text, alone | in batches of 8 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for proof in proofs:
        cells = [proof["runtime"], f"{proof['size_mb']:.1f}"]
        if proof["why_not"] is not None:
            lines.append("| " + " | ".join([*cells, f"not kept: {proof['why_not']['en']}"]) + " |")
            continue
        difference = proof["max_abs_diff"]
        cells += [
            "-" if difference is None else f"{difference:.1e}",
            "-" if proof["answers_equal"] is None else f"{100 * proof['answers_equal']:.1f} %",
            f"{100 * proof['after']:.2f}",
        ]
        for name in names if proof["runtime"] in rounds[0] else ():  # one step alone is no bundle
            found = [each[proof["runtime"]][name] for each in rounds]
            paddle = statistics.median(each["paddle"][name] for each in rounds)
            middle = statistics.median(found)
            cells.append(
                f"{middle:.2f} ({min(found):.2f} to {max(found):.2f}; {paddle / middle:.1f} x)"
            )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
