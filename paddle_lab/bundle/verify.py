"""``python -m paddle_lab.bundle.verify BUNDLE``: check a bundle in this fresh process.

Loads the bundle as anyone would, through one of its runtimes, and compares its tokens, answers and
logits with those of the trained model: the ones in ``--expect``, or the neutral sentences that
every bundle carries. Exit code 0: passed; 1: not; 2: could not be tried.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.bundle.manifest import FIRST_RUNTIME, Manifest, load_manifest
from paddle_lab.bundle.predictor import Predictor, open_bundle
from paddle_lab.bundle.problems import damaged
from paddle_lab.bundle.proof import TOLERANCE, Expected, ExportProof, compare
from paddle_lab.bundle.runtimes import RUNTIMES
from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import IntArray, Outputs, Rows
from paddle_lab.untrusted import MEGABYTE, read_object
from paddle_lab.versions import versions

_LARGEST_ROWS: Final = 64 * MEGABYTE
#: What is timed: batches of these numbers of rows, of so many tokens and of the longest; each so
#: often, or for so many seconds.
SHORT: Final = 32
BATCHES: Final = (1, 32)
TIMED_S: Final = 2.0
TIMED_RUNS: Final = 30


def check_bundle(
    folder: Path,
    expected: Expected | None = None,
    *,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    threads: int | None = None,
    allow_unproven: bool = False,
    runtime: str = FIRST_RUNTIME,
) -> ExportProof:
    """Load and compare in this process. ``expected`` None: the bundle's own neutral sentences.

    Raises BundleError for a bundle that cannot be loaded.
    """
    started = time.monotonic()
    manifest = load_manifest(folder, allow_unproven=allow_unproven)
    expected = expected if expected is not None else stored_rows(folder, manifest)
    threads = threads or usable_cores()
    predictor = open_bundle(folder, manifest, device=device, threads=threads, runtime=runtime)
    codec, rows = predictor.codec, expected.rows
    windows = codec.encode(rows, get_task(manifest.task).long_text)
    ids = windows.ids
    batched = predictor.run(windows)
    alone = _one_by_one(predictor, rows, get_task(manifest.task).long_text)
    together = compare(codec, rows, windows, expected.outputs, batched, tolerance)
    single = compare(codec, rows, windows, expected.outputs, alone, tolerance)
    padding = compare(codec, rows, windows, alone, batched, tolerance).largest
    worst = max(together.largest, single.largest)
    equal = together.equal and single.equal
    tokens_equal = expected.token_ids is None or [i.tolist() for i in ids] == expected.token_ids
    exact = RUNTIMES.get(runtime).exact
    within = equal and worst <= tolerance and padding <= tolerance
    paddlenlp = any(name.split(".")[0] == "paddlenlp" for name in sys.modules)
    timed = _latency(predictor, ids)
    return ExportProof(
        ok=tokens_equal and not paddlenlp and (within if exact else bool(np.isfinite(worst))),
        rows=len(windows.empty),
        answers_equal=equal,
        tokens_equal=tokens_equal,
        max_abs_diff=worst,
        padding_max_abs_diff=padding,
        tolerance=tolerance,
        paddlenlp_in_fresh_process=paddlenlp,
        exact=exact,
        ties=together.ties,
        latency_ms={name: milliseconds for name, (milliseconds, _) in timed.items()},
        latency_runs={name: runs for name, (_, runs) in timed.items()},
        longest_tokens=max(len(row) for row in ids),
        truncated_rows=sum(windows.truncated),
        seconds=round(time.monotonic() - started, 2),
        device=predictor.device,
        threads=threads,
        versions=versions(),
    )


def _one_by_one(predictor: Predictor, rows: Rows, long_text: str) -> Outputs:
    """The outputs of every row in a batch of its own windows' own, without padding."""
    parts: dict[str, list[Any]] = {spec.name: [] for spec in predictor.codec.signature.outputs}
    for index in range(len(next(iter(rows.values())))):
        row = {role: [values[index]] for role, values in rows.items()}
        found = predictor.run(predictor.codec.encode(row, long_text), batch_size=1)
        for name, values in found.items():
            parts[name] += list(values)
    return {
        spec.name: parts[spec.name] if spec.per_token else np.stack(parts[spec.name])
        for spec in predictor.codec.signature.outputs
    }


def stored_rows(folder: Path, manifest: Manifest) -> Expected:
    """The neutral rows of the bundle, with the trained model's outputs."""
    try:
        content = read_object(folder / manifest.proof_rows, _LARGEST_ROWS)
        return Expected.from_json(content, manifest.signature)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, manifest.proof_rows, str(error)) from error


def _latency(predictor: Predictor, ids: Sequence[IntArray]) -> dict[str, tuple[float, int]]:
    """Median milliseconds and number of timed runs by batch and length in tokens."""
    stream = np.concatenate(list(ids))
    found = {}
    for length in sorted({min(SHORT, predictor.max_len), predictor.max_len}):
        for rows in BATCHES:
            times = _timed(predictor, np.resize(stream, (rows, length)))
            found[f"b{rows}_len{length}"] = (round(float(np.median(times)) * 1e3, 3), len(times))
    return found


def _timed(predictor: Predictor, batch: IntArray) -> list[float]:
    """Seconds of repeated runs; the first warms up, and counts only when it takes all the time."""
    inputs = {"input_ids": batch, "token_type_ids": np.zeros_like(batch)}
    times: list[float] = []
    while len(times) <= TIMED_RUNS and sum(times) < TIMED_S:
        begun = time.perf_counter()
        predictor.run_batch(inputs)
        times.append(time.perf_counter() - begun)
    return times[1:] or times


def main(words: Sequence[str] | None = None) -> int:
    """The command line; prints the proof as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m paddle_lab.bundle.verify", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("bundle", type=Path, help="the bundle's folder")
    parser.add_argument(
        "--expect",
        type=Path,
        help='JSON with "rows" (columns by role) and the trained model\'s "outputs" by name; '
        'optionally "token_ids" (default: the neutral rows in the bundle)',
    )
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="e.g. 1e-4")
    parser.add_argument("--device", default="cpu", help="cpu, gpu or auto")
    parser.add_argument("--threads", type=int, help="CPU threads (default: the usable cores)")
    parser.add_argument("--runtime", default=FIRST_RUNTIME, help="one that the bundle was made for")
    parser.add_argument("--result", type=Path, help="also write the JSON to this file")
    parser.add_argument("--unproven", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    try:
        proof = check_bundle(
            args.bundle.absolute(),
            _expected(args.expect, args.bundle),
            tolerance=args.tolerance,
            device=args.device,
            threads=args.threads,
            allow_unproven=args.unproven,
            runtime=args.runtime,
        )
        content = {"proof": proof.to_json()}
        code = 0 if proof.ok else 1
    except PaddleLabError as error:
        content, code = {"error": error.to_json()}, 2
    text = json.dumps(content, ensure_ascii=False, indent=2)
    if args.result is not None:
        args.result.write_text(text, encoding="utf-8")
    print(text)
    return code


def _expected(path: Path | None, bundle: Path) -> Expected | None:
    if path is None:
        return None
    signature = load_manifest(bundle, check_hashes=False, allow_unproven=True).signature
    try:
        return Expected.from_json(read_object(path, _LARGEST_ROWS), signature)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path.parent, path.name, str(error)) from error


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Paddle's threads may crash while the interpreter winds down; all is said and written.
    os._exit(code)
