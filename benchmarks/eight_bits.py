"""Which 8-bit weights are right on this processor: answers, accuracy and time of each kind.

    python benchmarks/eight_bits.py --run last         # a run on `reviews` whose bundle has onnx
    python benchmarks/eight_bits.py --run m3e --rounds 5

Quantises the bundle's ONNX model in four ways and answers the test reviews with each: share of
answers that are those in float32, accuracy, largest difference of logits, milliseconds a text on
one thread, in batches of 1, 4 and 8 of like length, in turn (best of the rounds). Signed weights of
eight bits overflow where the processor has AVX2 without VNNI; the product takes seven.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic

from paddle_lab.bundle import load_manifest
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.onnx_session import FLOAT32_FILE
from paddle_lab.bundle.predictor import codec_of
from paddle_lab.data import prepare
from paddle_lab.tasks import get_task
from paddle_lab.tasks.batching import inputs_of

KINDS: dict[str, dict[str, Any]] = {
    "float32": {},
    "signed, 8 bits": {"per_channel": True, "weight_type": QuantType.QInt8},
    "signed, 7 bits (the product)": {
        "per_channel": True, "weight_type": QuantType.QInt8, "reduce_range": True,
    },
    "unsigned, 8 bits": {"per_channel": True, "weight_type": QuantType.QUInt8},
}  # fmt: skip
SIZES = (1, 4, 8)


def main() -> None:
    """Quantise, answer, measure, print."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--run", default="last", help="a run on reviews, or its bundle")
    made.add_argument("--rounds", type=int, default=3)
    given = made.parse_args()
    bundle = find_bundle(given.run)
    manifest = load_manifest(bundle)
    codec = codec_of(bundle, manifest)
    test = prepare(get_task("classify"), "reviews", limit=100).test
    assert test is not None
    windows = codec.encode(codec.rows_of(list(test.texts)), "truncate")
    gold = np.array([manifest.labels.index(str(label)) for label in test.labels])
    order = [int(index) for index in np.argsort(windows.lengths(), kind="stable")]

    def run(session: Any, rows: Sequence[int]) -> npt.NDArray[Any]:
        inputs = inputs_of(windows, rows, manifest.pad_id)
        return np.asarray(
            session.run(["logits"], {name: inputs[name] for name in manifest.inputs})[0]
        )

    with tempfile.TemporaryDirectory() as folder:
        sessions = {name: session_of(bundle, Path(folder), how) for name, how in KINDS.items()}
        logits = {}
        for name, session in sessions.items():
            found = np.zeros((len(order), len(manifest.labels)))
            for start in range(0, len(order), 8):
                found[order[start : start + 8]] = run(session, order[start : start + 8])
            logits[name] = found
        times: dict[tuple[str, int], float] = {}
        some = order[::8]
        for _ in range(given.rounds):
            for name, session in sessions.items():
                for size in SIZES:
                    began = time.process_time()
                    for start in range(0, len(some), size):
                        run(session, some[start : start + size])
                    took = 1e3 * (time.process_time() - began) / len(some)
                    times[name, size] = min(took, times.get((name, size), took))
    print("| weights | same answers | accuracy | largest difference | ms, 1 | ms, 4 | ms, 8 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    whole = logits["float32"]
    for name, found in logits.items():
        same = np.mean(found.argmax(1) == whole.argmax(1))
        right = np.mean(found.argmax(1) == gold)
        speeds = " | ".join(f"{times[name, size]:.2f}" for size in SIZES)
        print(f"| {name} | {same:.2%} | {right:.2%} | {abs(found - whole).max():.3f} | {speeds} |")


def session_of(bundle: Path, folder: Path, how: dict[str, Any]) -> Any:
    """The bundle's ONNX model with weights of one kind, on one thread."""
    file = bundle / FLOAT32_FILE
    if how:
        file = folder / f"{len(list(folder.iterdir()))}.onnx"
        quantize_dynamic(bundle / FLOAT32_FILE, file, **how)
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
