"""Whether the C++ program of ``%ernie_kit cpp`` answers as the predictor does, and what it takes.

    python benchmarks/cpp_kit.py                                 # ernie-lab-mini, 2,000 reviews
    python benchmarks/cpp_kit.py --run last --library FOLDER --library OTHER_FOLDER
    python benchmarks/cpp_kit.py --arm FOLDER      # with the library of the wheel for aarch64
    python benchmarks/cpp_kit.py --paddle-alone    # the program that is built with Paddle's package

Trains (unless a run is named), adds ``onnx`` and ``onnx-int8``, makes the small bundle, writes a
kit of each and builds the program once. Texts: the test part of the reviews, the hard lines of
tests/kits, and lines drawn from all of Unicode. With every library (by default that of this
environment's wheel) it compares tokens, labels and logits with the predictor on the same runtime,
row by row, and for ``onnx`` also with Paddle's program; the time is the processor's, for all texts
one by one, loading included. ``--arm`` builds with aarch64-linux-gnu-g++ and runs under
qemu-aarch64, a tenth of the lines: such times mean nothing. ``--paddle-alone`` needs no ONNX.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

HERE: Final = Path(__file__).parents[1]
sys.path[:0] = [str(HERE), str(HERE / "tests"), str(Path(__file__).parent)]

from kits.cpp_program import build, wheel_library
from kits.hard_texts import HARD, drawn
from runtimes import reviews

from paddle_lab.bundle import load_bundle
from paddle_lab.tasks.codec import FloatArray

LAB: Final = [sys.executable, "-m", "paddle_lab.cli"]
ARM_COMPILER: Final = "-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++"
#: Every so many lines are asked where instructions are emulated.
ARM_STEP: Final = 10
ARM_RUN: Final = ["qemu-aarch64", "-cpu", "cortex-a57", "-L", "/usr/aarch64-linux-gnu"]


def main() -> None:
    """Train, write, build, compare, print."""
    given = parser().parse_args()
    with tempfile.TemporaryDirectory() as work:
        os.environ.setdefault("PADDLE_LAB_DATA_DIR", work)
        folder = Path(work)
        arms = (
            [(trained(given, folder), "paddle")] if given.paddle_alone else bundles(given, folder)
        )
        texts = [*reviews(given.texts), *HARD, *drawn(given.drawn, "质量很好物流快太差推荐的了 ")]
        lines = [text.replace("\n", " ").rstrip("\r") for text in texts]
        kits = {arm: kit_of(arm, folder / f"kit-{n}") for n, arm in enumerate(arms)}
        first = next(iter(kits.values()))
        header = [f"-DONNXRUNTIME_INCLUDE_DIR={given.header}"] if given.header else []
        if given.paddle_alone:
            header = ["-DRUNTIME=paddle", f"-DPYTHON={sys.executable}"]
        here = [str(build(first, folder / "build", *header))]
        arm = list(ARM_RUN)
        if given.arm:
            arm.append(str(build(first, folder / "arm", ARM_COMPILER, *header)))
        print(f"{len(lines):,} lines, the longest {max(map(len, lines)):,} characters")
        print("| bundle | runtime | library | same tokens | same labels | logits differ by "
              "| from Paddle's by | ms a text |")  # fmt: skip
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for (bundle, runtime), kit in kits.items():
            expected = Expected.of(bundle, runtime, lines, folder / "texts.txt")
            own = [""] if given.paddle_alone else [wheel_library()]
            for library in given.library or own:
                print(compared(expected, here, library, kit), flush=True)
            if given.arm:
                some = lines[::ARM_STEP]
                expected = Expected.of(bundle, runtime, some, folder / "some.txt")
            for library in given.arm:
                print(compared(expected, arm, library, kit), flush=True)


@dataclass
class Expected:
    """What the predictor says of the lines of a file."""

    name: str
    runtime: str
    file: Path
    ids: list[list[int]]
    labels: list[str]
    logits: FloatArray
    paddles: FloatArray | None

    @classmethod
    def of(cls, bundle: str, runtime: str, lines: list[str], file: Path) -> Expected:
        """What it says row by row, on the runtime and, where there is one, on Paddle's program."""
        predictor = load_bundle(bundle, runtime=runtime, device="cpu", threads=1)
        paddles = None
        if runtime == "onnx":
            paddle = load_bundle(bundle, runtime="paddle", device="cpu", threads=1)
            paddles = paddle.logits(lines, batch_size=1)
        return cls(
            Path(bundle).name,
            runtime,
            written(file, lines),
            [ids.tolist() for ids in predictor.encode(lines).ids],
            [answer.label for answer in predictor.predict(lines, batch_size=1)],
            predictor.logits(lines, batch_size=1),
            paddles,
        )


def written(file: Path, lines: list[str]) -> Path:
    """The file, with the lines in it."""
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def compared(expected: Expected, command: list[str], library: str, kit: Path) -> str:
    """One row of the table."""
    named = ["--library", library] if library else []
    ask = [*command, *named, "--model", str(kit / "model"), str(expected.file)]
    ids = [one["input_ids"] for one in said([*ask, "--ids"])]
    before = used()
    answers = said(ask)
    took = 1e3 * (used() - before) / len(answers)
    logits = np.array([one["logits"] for one in said([*ask, "--logits"])])
    tokens = sum(one == other for one, other in zip(ids, expected.ids, strict=True))
    labels = sum(a["label"] == b for a, b in zip(answers, expected.labels, strict=True))
    paddles = "" if expected.paddles is None else f"{abs(logits - expected.paddles).max():.1e}"
    where = f"{'ARM64, ' if len(command) > 1 else ''}{version(library)}" if library else "Paddle"
    return (
        f"| {expected.name} | {expected.runtime} | {where} | {tokens:,} of {len(expected.ids):,} "
        f"| {labels:,} | {abs(logits - expected.logits).max():.1e} | {paddles} | {took:.2f} |"
    )


def said(command: list[str]) -> list[dict[str, Any]]:
    """The lines of JSON that a program prints."""
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def used() -> float:
    """Seconds of the processor that ended children took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def trained(given: argparse.Namespace, folder: Path) -> str:
    """The run, trained now unless one is named."""
    if given.run is None:
        options = ["--epochs", "2", "--no-baseline", "--out", str(folder)]
        call("finetune", "reviews", "--limit", "2000", "--model", "ernie-lab-mini", *options)
    return given.run or "last"


def bundles(given: argparse.Namespace, folder: Path) -> list[tuple[str, str]]:
    """Bundles with the runtimes to be tried of each."""
    run = trained(given, folder)
    judged = ["--max-drop", "100"]
    bundle = call("export", run, "--runtime", "onnx,onnx-int8", *judged)["bundle"]
    small = call("export", run, "--small", "--out", str(folder / "small"), *judged)["bundle"]
    return [(bundle, "onnx"), (bundle, "onnx-int8"), (small, "onnx-int8")]


def call(*words: str) -> dict[str, Any]:
    """What a command says as JSON."""
    done = subprocess.run([*LAB, *words, "--json"], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout) if words[0] != "finetune" else {}
    return found


def kit_of(arm: tuple[str, str], out: Path) -> Path:
    """The kit of a bundle and a runtime."""
    call("kit", "cpp", arm[0], "--runtime", arm[1], "--out", str(out))
    return out


def version(library: str) -> str:
    """The version of a library, from the name of its file."""
    names = sorted(path.name for path in Path(library).glob("libonnxruntime.so*"))
    return names[-1].removeprefix("libonnxruntime.so.") if names else library


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--run", help="a finished run of a classifier, in place of a training")
    made.add_argument("--library", action="append", help="folder of a libonnxruntime, repeated")
    made.add_argument("--arm", action="append", default=[], help="the same, for aarch64")
    made.add_argument("--header", help="folder of onnxruntime_c_api.h, where CMake finds none")
    made.add_argument("--paddle-alone", action="store_true", help="with Paddle in place of ONNX")
    made.add_argument("--texts", type=int, default=1650, help="reviews of the test part")
    made.add_argument("--drawn", type=int, default=1000, help="lines drawn from all of Unicode")
    return made


if __name__ == "__main__":
    main()
