"""The program of the C++ kit: built once, asked with any kit's model."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest


def build(kit: Path, build: Path, *options: str) -> Path:
    """Build it with warnings as errors; skips, with the reason, where something is missing."""
    for program in ("cmake", "c++"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    configured = _run("cmake", "-S", kit, "-B", build, "-DCMAKE_CXX_FLAGS=-Werror", *options)
    if "onnxruntime_c_api.h was not found" in configured.stderr:
        pytest.skip("there is no header of ONNX Runtime: see .ci/run")
    if "no shared library of its own" in configured.stderr:
        pytest.skip("this Python has no shared library")
    assert configured.returncode == 0, configured.stderr
    built = _run("cmake", "--build", build, "--parallel", "2")
    assert built.returncode == 0, built.stdout + built.stderr
    return build / "answer"


def ask(
    program: Path, kit: Path, lines: Sequence[str], *options: str, paddle: bool = False
) -> list[dict[str, Any]]:
    """What it says of each line."""
    told = ("--model", str(kit / "model"), *options)
    done = say(program, "\n".join(lines) + "\n", *told, paddle=paddle)
    assert done.returncode == 0, done.stderr
    # Lines are counted by \n alone: JSON may hold what Python takes for the end of one.
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def say(
    program: Path, text: str, *options: str, paddle: bool = False
) -> subprocess.CompletedProcess[str]:
    """Give it a text, with the library of this environment's ONNX Runtime unless it has Paddle."""
    library = () if paddle else ("--library", wheel_library())
    return _run(program, *library, *options, text=text)


def wheel_library() -> str:
    """The folder with the library of ONNX Runtime's wheel."""
    spec = importlib.util.find_spec("onnxruntime")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).with_name("capi"))


def _run(*command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", errors="surrogateescape",
        timeout=250,
    )  # fmt: skip
